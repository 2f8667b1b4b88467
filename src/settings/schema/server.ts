// Parameters of the area `server`.

import { parameters } from '../parameter.ts';

export const serverParameters = parameters({});
