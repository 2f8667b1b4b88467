// Parameters of the area `host`.

import { parameters } from '../parameter.ts';

export const hostParameters = parameters({});
