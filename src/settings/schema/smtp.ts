// Parameters of the area `smtp`.

import { parameters } from '../parameter.ts';

export const smtpParameters = parameters({});
