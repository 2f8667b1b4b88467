// Façade of native/password: the system's crypt(3), off the event loop.

import { addon } from './addon.ts';

interface Native {
  passwordCrypt(phrase: string, setting: string): Promise<string>;
}
const native = addon as unknown as Native;

/**
 * Hash of `phrase` under `setting` (a stored `$6$…`, `$2y$…`, `$y$…` hash). Rejects with code EINVAL when libcrypt does not
 * know the setting and ENOSYS when there is no libcrypt.
 */
export const cryptHash = (phrase: string, setting: string): Promise<string> =>
  native.passwordCrypt(phrase, setting);
