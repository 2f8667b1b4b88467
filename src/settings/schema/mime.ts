// Parameters of the MIME parser: how much structure of one message is looked at. What exceeds a bound is stored and
// served unchanged, only described as one opaque part.

import { parameters } from '../parameter.ts';

export const mimeParameters = parameters({
  'mime.maxParts': {
    type: 'count',
    default: 1000,
    unit: 'parts',
    min: 10,
    max: 100_000,
    since: '0.1',
    apply: 'live',
    doc: 'Parts of one message that are described one by one; the rest is kept as one opaque part. Real mail stays below 200.',
    docRu:
      'Сколько частей одного сообщения описывается по отдельности; остальное остаётся одной непрозрачной частью. В обычной почте меньше 200.',
  },
  'mime.maxDepth': {
    type: 'count',
    default: 60,
    unit: 'levels',
    min: 5,
    max: 500,
    since: '0.1',
    apply: 'live',
    doc: 'Nesting levels of multiparts and attached messages that are followed; deeper content is one opaque part.',
    docRu:
      'Сколько уровней вложенности частей и вложенных сообщений разбирается; глубже — одна непрозрачная часть.',
  },
  'mime.maxHeaderBytes': {
    type: 'size',
    default: 1_048_576,
    unit: 'bytes',
    min: 16_384,
    max: 16_777_216,
    since: '0.1',
    apply: 'live',
    doc: 'Header octets of one part that are parsed and kept for ENVELOPE and header search; more is served but not parsed.',
    docRu:
      'Сколько октетов заголовка одной части разбирается для ENVELOPE и поиска; остальное отдаётся, но не разбирается.',
  },
});
