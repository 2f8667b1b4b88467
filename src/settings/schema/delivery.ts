// Parameters of local delivery.

import { parameters } from '../parameter.ts';

export const deliveryParameters = parameters({
  'delivery.parallel': {
    type: 'count',
    default: 50,
    unit: 'mailboxes',
    min: 1,
    max: 1000,
    since: '0.1',
    apply: 'live',
    doc: 'Mailboxes one message is written to at the same time.',
    docRu: 'Во сколько ящиков одно сообщение пишется одновременно.',
  },
  'delivery.timeoutSeconds': {
    type: 'duration',
    default: 240,
    unit: 's',
    min: 5,
    max: 540,
    since: '0.1',
    apply: 'live',
    doc: 'Time the store has for one message before the client is told 451 4.3.0. Must stay well below the ten minutes that clients wait (RFC 5321 4.5.3.2.6).',
    docRu:
      'Сколько времени даётся хранилищу на одно сообщение, прежде чем клиент получит 451 4.3.0. Должно быть заметно меньше десяти минут, которые ждут клиенты (RFC 5321 4.5.3.2.6).',
  },
  'delivery.partialHours': {
    type: 'duration',
    default: 120,
    unit: 'h',
    min: 1,
    max: 1000,
    since: '0.1',
    apply: 'live',
    doc: 'How long it is remembered who already has a message that others did not get, so that the next attempt of the sending server makes no second copy. Senders give up after five days.',
    docRu:
      'Сколько помнить, кто уже получил сообщение, не дошедшее до других, чтобы повтор от сервера отправителя не создал вторую копию. Отправители прекращают попытки через пять дней.',
  },
  'delivery.partialMessages': {
    type: 'count',
    default: 10_000,
    unit: 'messages',
    min: 10,
    max: 1_000_000,
    since: '0.1',
    apply: 'live',
    doc: 'Messages remembered for that; the oldest are forgotten first.',
    docRu: 'Сколько таких сообщений помнить; самые старые забываются первыми.',
  },
});
