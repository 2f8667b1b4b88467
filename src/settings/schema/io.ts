// Parameters of the I/O engine: how much disk work one worker has under way. Durable writes, reads and scans never run on
// the event loop; these bound what runs beside it.

import { parameters } from '../parameter.ts';

export const ioParameters = parameters({
  'io.maxInFlight': {
    type: 'count',
    default: 64,
    unit: 'files',
    min: 1,
    max: 1024,
    since: '0.1',
    apply: 'live',
    doc: 'Files that one worker makes durable at the same time; more wait in order. The file system commits those under way together, so a disk with slow syncs gains from more.',
    docRu:
      'Сколько файлов один рабочий процесс одновременно записывает на диск с подтверждением; остальные ждут в очереди. Файловая система подтверждает их вместе, поэтому диску с медленной синхронизацией помогает большее число.',
  },
  'io.maxReaders': {
    type: 'count',
    default: 16,
    unit: 'threads',
    min: 1,
    max: 256,
    since: '0.1',
    apply: 'live',
    doc: 'Threads of one worker for reading messages, scanning folders and renaming; started when they are needed. Disks that answer many requests at once gain from more.',
    docRu:
      'Сколько потоков одного рабочего процесса читает сообщения, просматривает папки и переименовывает файлы; запускаются по мере надобности. Дискам, отвечающим на много запросов сразу, помогает большее число.',
  },
});
