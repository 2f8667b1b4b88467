// Parameters of the area `store`.

import { parameters } from '../parameter.ts';

export const storeParameters = parameters({});
