// Parameters of the area `imap`.

import { parameters } from '../parameter.ts';

export const imapParameters = parameters({});
