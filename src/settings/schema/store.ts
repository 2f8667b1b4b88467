// Parameters of the area `store`: mail stores on Maildir++ and their indexes.

import { parameters } from '../parameter.ts';

export const storeParameters = parameters({
  'store.defaultFolders': {
    type: 'list',
    default: ['Drafts:drafts', 'Sent:sent', 'Archive:archive', 'Junk:junk', 'Trash:trash'],
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Folders that a new account gets, each as Name:use with a use of RFC 6154 (all, archive, drafts, flagged, junk, sent, trash) or without. Clients that find them do not make folders of their own.',
    docRu:
      'Папки, которые получает новая учётная запись: Имя:назначение с назначением из RFC 6154 (all, archive, drafts, flagged, junk, sent, trash) или без него. Найдя их, почтовые программы не создают собственных.',
  },
  'store.openIndexes': {
    type: 'count',
    default: 1000,
    unit: 'accounts',
    min: 10,
    max: 100_000,
    since: '0.1',
    apply: 'live',
    doc: 'Account indexes that one worker keeps open; less recently used ones are closed and opened again when needed. Each takes four descriptors and up to 512 KiB.',
    docRu:
      'Сколько индексов учётных записей держит открытыми один рабочий процесс; давно не нужные закрываются и открываются снова. Каждый занимает четыре дескриптора и до 512 КиБ.',
  },
  'store.rowCacheBytes': {
    type: 'size',
    default: 268_435_456,
    unit: 'bytes',
    min: 1_048_576,
    max: 68_719_476_736,
    since: '0.1',
    apply: 'live',
    doc: 'Memory of one worker for UIDs, flags, sizes and dates of open mailboxes, 32 octets a message; the rest is read again from the index.',
    docRu:
      'Память одного рабочего процесса для UID, флагов, размеров и дат открытых ящиков, 32 октета на сообщение; остальное читается из индекса заново.',
  },
  'store.sliceRows': {
    type: 'count',
    default: 250,
    unit: 'messages',
    min: 10,
    max: 10_000,
    since: '0.1',
    apply: 'live',
    doc: 'Messages changed in one uninterrupted step (four times as many are read); 250 take two to four milliseconds, after which other sessions get their turn.',
    docRu:
      'Сколько сообщений изменяется за один непрерывный шаг (читается вчетверо больше); 250 занимают от двух до четырёх миллисекунд, после чего очередь переходит к другим сеансам.',
  },
  'store.rescanMinMs': {
    type: 'duration',
    default: 1000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    since: '0.1',
    apply: 'live',
    doc: 'Shortest time between two scans of a folder’s cur/ by one worker; changes that other programs make to flags show after this time. New mail is not affected.',
    docRu:
      'Наименьшее время между двумя просмотрами cur/ одной папки одним рабочим процессом; столько ждут изменения флагов, сделанные другими программами. На новую почту не влияет.',
  },
  'store.rescanCostFactor': {
    type: 'count',
    default: 20,
    unit: '',
    min: 0,
    max: 1000,
    since: '0.1',
    apply: 'live',
    doc: 'A folder’s cur/ is scanned again no sooner than after this many times the duration of its last scan: with 20, scans of even the largest folder take less than a twentieth of the time.',
    docRu:
      'Повторный просмотр cur/ папки — не раньше, чем через столько длительностей предыдущего: при 20 просмотры даже самой большой папки занимают менее двадцатой части времени.',
  },
  'store.racyMtimeMs': {
    type: 'duration',
    default: 1000,
    unit: 'ms',
    min: 0,
    max: 60_000,
    since: '0.1',
    apply: 'live',
    doc: 'A directory that changed less than this before its scan is scanned once more, because a further change may leave its time stamp as it is. File systems with coarse time stamps need 2000.',
    docRu:
      'Каталог, изменённый меньше чем за это время до просмотра, просматривается ещё раз: следующее изменение может не сдвинуть отметку времени. Файловым системам с грубыми отметками нужно 2000.',
  },
  'store.expungeLogRows': {
    type: 'count',
    default: 20_000,
    unit: 'messages',
    min: 100,
    max: 10_000_000,
    since: '0.1',
    apply: 'live',
    doc: 'Removed messages that a mailbox remembers for clients which come back and ask what is gone; older ones are answered with every missing UID.',
    docRu:
      'О скольких удалённых сообщениях помнит ящик для клиентов, которые вернулись и спрашивают, что исчезло; на более старые запросы даются все отсутствующие UID.',
  },
  'store.fileConcurrency': {
    type: 'count',
    default: 16,
    unit: 'files',
    min: 1,
    max: 256,
    since: '0.1',
    apply: 'live',
    doc: 'Message files that one operation (text search, parsing, first scan) reads at a time.',
    docRu:
      'Сколько файлов сообщений одновременно читает одна операция (поиск по тексту, разбор, первый просмотр).',
  },
  'store.lockWaitMs': {
    type: 'duration',
    default: 30_000,
    unit: 'ms',
    min: 100,
    max: 600_000,
    since: '0.1',
    apply: 'live',
    doc: 'How long an operation waits while another worker changes the same account, before it fails with a temporary error.',
    docRu:
      'Сколько операция ждёт, пока другой рабочий процесс меняет ту же учётную запись, прежде чем закончится временной ошибкой.',
  },
  'store.tmpMaxAgeSeconds': {
    type: 'duration',
    default: 129_600,
    unit: 's',
    min: 3600,
    max: 31_536_000,
    since: '0.1',
    apply: 'live',
    doc: 'Files in tmp/ that nobody touched for so long are remains of a crash and are removed; 36 hours is the Maildir rule.',
    docRu:
      'Файлы в tmp/, которых столько времени никто не трогал, — следы сбоя и удаляются; 36 часов — правило Maildir.',
  },
  'store.minFreeBytes': {
    type: 'size',
    default: 67_108_864,
    unit: 'bytes',
    min: 0,
    max: 1_099_511_627_776,
    since: '0.1',
    apply: 'live',
    doc: 'Free space below which the check of a store reports it as full.',
    docRu: 'Свободное место, при меньшем количестве которого проверка хранилища сообщает, что оно заполнено.',
  },
});
