// Parameters of the area `directory`.

import { parameters } from '../parameter.ts';

export const directoryParameters = parameters({});
