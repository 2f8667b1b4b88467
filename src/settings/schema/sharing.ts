// Parameters of shared and public mailboxes and of annotations.

import { parameters } from '../parameter.ts';

export const sharingParameters = parameters({
  'sharing.othersName': {
    type: 'text',
    default: 'Other Users',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Folder under which users see mailboxes that others share with them, for example "Other Users/bob@example.org/Team". Empty: mailboxes are not shared between users.',
    docRu:
      'Папка, под которой пользователи видят ящики, открытые им другими, например «Общие/bob@example.org/Отдел». Пусто: пользователи не открывают ящики друг другу.',
  },
  'sharing.publicName': {
    type: 'text',
    default: 'Shared',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Folder under which users see the public folders of their domain (tegu shared). Empty: none are shown.',
    docRu: 'Папка, под которой видны публичные папки домена (tegu shared). Пусто: они не показываются.',
  },
  'sharing.anyone': {
    type: 'boolean',
    default: false,
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Users may share their own mailboxes with everybody ("anyone", "authenticated"). Off: only administrators may, since every such mailbox stands in everybody\'s list.',
    docRu:
      'Пользователи могут открывать свои ящики сразу всем («anyone», «authenticated»). Выключено: только администраторы, ведь каждый такой ящик появляется в списке у всех.',
  },
  'sharing.rightsCacheMs': {
    type: 'duration',
    default: 1000,
    unit: 'ms',
    min: 0,
    max: 60_000,
    since: '0.1',
    apply: 'live',
    doc: 'How long reading from a shared mailbox relies on rights that were looked up; changes, and every look for news, always ask the access list.',
    docRu:
      'Как долго чтение из общего ящика полагается на проверенные права; изменения и каждый поиск новостей всегда спрашивают список прав.',
  },
  'sharing.maxMailboxes': {
    type: 'count',
    default: 0,
    unit: 'mailboxes',
    min: 0,
    max: 1_000_000,
    since: '0.1',
    apply: 'live',
    doc: 'Most mailboxes of one account, INBOX included, where neither the user nor the domain has a limit of their own (RFC 9208 5.3); 0 = no limit.',
    docRu:
      'Сколько ящиков (папок) может быть в одной учётной записи, считая INBOX, если предел не задан пользователю или домену (RFC 9208 5.3); 0 — без ограничения.',
  },
  'sharing.maxAnnotationBytes': {
    type: 'size',
    default: 16_384,
    unit: 'bytes',
    min: 1024,
    max: 65_536,
    since: '0.1',
    apply: 'live',
    doc: 'Largest value of one annotation (METADATA, RFC 5464 4.1: at least 1024).',
    docRu: 'Наибольшее значение одной аннотации (METADATA, RFC 5464 4.1: не меньше 1024).',
  },
  'sharing.maxAnnotations': {
    type: 'count',
    default: 200,
    unit: 'entries',
    min: 10,
    max: 10_000,
    since: '0.1',
    apply: 'live',
    doc: 'Most annotations of one mailbox, those of all users together, and of one account; together they take at most 1 MiB.',
    docRu:
      'Сколько аннотаций может быть у одного ящика (всех пользователей вместе) и у одной учётной записи; все вместе не больше 1 МиБ.',
  },
  'sharing.serverComment': {
    type: 'text',
    default: '',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'What clients show as the comment about this server (METADATA entry /shared/comment).',
    docRu: 'Что клиенты показывают как пояснение о сервере (запись METADATA /shared/comment).',
  },
  'sharing.serverAdmin': {
    type: 'text',
    default: '',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'How to reach the administrator, as a URI such as mailto:postmaster@example.org (METADATA entry /shared/admin).',
    docRu:
      'Как связаться с администратором, в виде URI, например mailto:postmaster@example.org (запись METADATA /shared/admin).',
  },
});
