// Parameters of the area `routing`: where special and expanded recipients go.

import { parameters } from '../parameter.ts';

export const routingParameters = parameters({
  'routing.postmaster': {
    type: 'text',
    default: 'admin',
    unit: '',
    since: '0.1',
    apply: 'live',
    doc: 'Who gets mail for postmaster and abuse of every domain that has no such user or alias: a full address, or a local part that is tried in the same domain first and in the first domain then. RFC 5321 requires that postmaster can be reached.',
    docRu:
      'Кому идёт почта на postmaster и abuse доменов, где нет такого пользователя или псевдонима: полный адрес или имя, которое ищется в том же домене, а затем в первом. RFC 5321 требует, чтобы postmaster был доступен.',
  },
  'routing.maxAliasDepth': {
    type: 'count',
    default: 20,
    unit: 'steps',
    min: 1,
    max: 100,
    since: '0.1',
    apply: 'live',
    doc: 'Longest chain of aliases that is followed; a longer one is answered 550 5.4.6 as a loop.',
    docRu: 'Самая длинная цепочка псевдонимов; более длинная считается петлёй (ответ 550 5.4.6).',
  },
  'routing.maxAliasTargets': {
    type: 'count',
    default: 1000,
    unit: 'addresses',
    min: 1,
    max: 100_000,
    since: '0.1',
    apply: 'live',
    doc: 'Addresses one recipient may expand to, intermediate ones included; more is answered 550 5.4.6. Large lists belong to a list manager.',
    docRu:
      'На сколько адресов может раскрыться один получатель, считая промежуточные; больше — ответ 550 5.4.6. Для больших рассылок нужен менеджер списков.',
  },
});
