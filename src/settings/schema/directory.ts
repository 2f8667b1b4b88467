// Parameters of user sources and passwords.

import { parameters } from '../parameter.ts';

export const directoryParameters = parameters({
  'directory.defaultDomain': {
    type: 'text',
    default: '',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Domain added to a log-in name without @; empty = such names are refused.',
    docRu: 'Домен, который добавляется к имени входа без @; пусто — такие имена отвергаются.',
  },
  'directory.pollSeconds': {
    type: 'duration',
    default: 3,
    unit: 's',
    min: 1,
    max: 3_600,
    since: '0.1',
    apply: 'live',
    doc: 'How often the user file is looked at for a change made by another program.',
    docRu: 'Как часто проверяется, не изменила ли файл пользователей другая программа.',
  },
  'directory.argon2MemoryKib': {
    type: 'size',
    default: 19_456,
    unit: 'KiB',
    min: 8_192,
    max: 1_048_576,
    since: '0.1',
    apply: 'live',
    doc: 'Memory of one new argon2id hash. The default with two passes takes about 30 ms; more slows down guessing and log-ins alike.',
    docRu:
      'Память на один новый хеш argon2id. По умолчанию с двумя проходами около 30 мс; больше — медленнее и подбор, и вход.',
  },
  'directory.argon2Passes': {
    type: 'count',
    default: 2,
    unit: 'passes',
    min: 1,
    max: 20,
    since: '0.1',
    apply: 'live',
    doc: 'Passes of one new argon2id hash.',
    docRu: 'Число проходов нового хеша argon2id.',
  },
  'directory.hashConcurrency': {
    type: 'count',
    default: 2,
    unit: 'hashes',
    min: 1,
    max: 64,
    since: '0.1',
    apply: 'live',
    doc: 'Password hashes computed at once in one worker; each needs its memory and a pool thread.',
    docRu:
      'Сколько хешей паролей одновременно вычисляет один рабочий процесс; на каждый нужны память и поток пула.',
  },
  'directory.maxWaitingLogins': {
    type: 'count',
    default: 1_000,
    unit: 'log-ins',
    min: 10,
    max: 100_000,
    since: '0.1',
    apply: 'live',
    doc: 'Log-ins that may wait for their password hash in one worker; more get a temporary failure.',
    docRu:
      'Сколько попыток входа может ждать проверки пароля в одном рабочем процессе; остальные получают временный отказ.',
  },
  'directory.loginMemorySeconds': {
    type: 'duration',
    default: 120,
    unit: 's',
    min: 0,
    max: 3_600,
    since: '0.1',
    apply: 'live',
    doc: 'A password that was right is accepted again for this long without computing its hash; 0 = never. A changed password counts at once.',
    docRu:
      'Столько времени верный пароль принимается повторно без вычисления хеша; 0 — никогда. Смена пароля действует сразу.',
  },
});
