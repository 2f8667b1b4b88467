// The whole settings table: one object of rows, assembled from one file per area.

import type { ValueOf } from '../parameter.ts';
import { authParameters } from './auth.ts';
import { deliveryParameters } from './delivery.ts';
import { directoryParameters } from './directory.ts';
import { hostParameters } from './host.ts';
import { imapParameters } from './imap.ts';
import { ioParameters } from './io.ts';
import { mimeParameters } from './mime.ts';
import { pop3Parameters } from './pop3.ts';
import { routingParameters } from './routing.ts';
import { serverParameters } from './server.ts';
import { sharingParameters } from './sharing.ts';
import { smtpParameters } from './smtp.ts';
import { storeParameters } from './store.ts';

/** Every parameter by its dotted name. */
export const schema = {
  ...serverParameters,
  ...hostParameters,
  ...smtpParameters,
  ...routingParameters,
  ...deliveryParameters,
  ...imapParameters,
  ...pop3Parameters,
  ...sharingParameters,
  ...storeParameters,
  ...ioParameters,
  ...mimeParameters,
  ...directoryParameters,
  ...authParameters,
};

export type ParameterName = keyof typeof schema;
/** Value type of one parameter. */
export type SettingValue<K extends ParameterName> = ValueOf<(typeof schema)[K]>;
