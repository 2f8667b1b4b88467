// The command table: one row a command. A new command is one file and one line here.

import type { Command } from '../command.ts';
import { deleteAcl, getAcl, listRights, myRights, setAcl } from './acl.ts';
import { append } from './append.ts';
import { authenticate } from './authenticate.ts';
import { cancelUpdate } from './cancel-update.ts';
import { capability } from './capability.ts';
import { check } from './check.ts';
import { close, unselect } from './close.ts';
import { compress } from './compress.ts';
import { copy, uidCopy } from './copy.ts';
import { create } from './create.ts';
import { deleteMailbox } from './delete.ts';
import { enable } from './enable.ts';
import { esearch } from './esearch.ts';
import { expunge, uidExpunge } from './expunge.ts';
import { fetch, uidFetch } from './fetch.ts';
import { id } from './id.ts';
import { idle } from './idle.ts';
import { list, xlist } from './list.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { lsub } from './lsub.ts';
import { getMetadata, setMetadata } from './metadata.ts';
import { move, uidMove } from './move.ts';
import { namespace } from './namespace.ts';
import { noop } from './noop.ts';
import { notify } from './notify.ts';
import { getQuota, getQuotaRoot, setQuota } from './quota.ts';
import { rename } from './rename.ts';
import { replace, uidReplace } from './replace.ts';
import { search, uidSearch } from './search.ts';
import { examine, select } from './select.ts';
import { sort, uidSort } from './sort.ts';
import { starttls } from './starttls.ts';
import { status } from './status.ts';
import { store, uidStore } from './store.ts';
import { subscribe, unsubscribe } from './subscribe.ts';
import { thread, uidThread } from './thread.ts';
import { uidBatches } from './uid-batches.ts';
import { unauthenticate } from './unauthenticate.ts';
import { genUrlAuth, resetKey, urlFetch } from './urlauth.ts';

export const commands: readonly Command[] = [
  // any state
  capability,
  noop,
  logout,
  id,
  // before log-in
  starttls,
  login,
  authenticate,
  // after log-in
  compress,
  enable,
  unauthenticate,
  namespace,
  list,
  xlist,
  lsub,
  subscribe,
  unsubscribe,
  create,
  deleteMailbox,
  rename,
  status,
  select,
  examine,
  append,
  genUrlAuth,
  resetKey,
  urlFetch,
  getAcl,
  setAcl,
  deleteAcl,
  listRights,
  myRights,
  getMetadata,
  setMetadata,
  getQuota,
  getQuotaRoot,
  setQuota,
  idle,
  notify,
  esearch,
  // selected
  check,
  uidBatches,
  close,
  unselect,
  fetch,
  uidFetch,
  search,
  uidSearch,
  sort,
  uidSort,
  thread,
  uidThread,
  cancelUpdate,
  store,
  uidStore,
  copy,
  uidCopy,
  replace,
  uidReplace,
  move,
  uidMove,
  expunge,
  uidExpunge,
];

const byName: ReadonlyMap<string, Command> = new Map(commands.map((row) => [row.name, row]));

/** The row of a command by its name in capitals, `UID FETCH` for UID forms. */
export const findCommand = (name: string): Command | undefined => byName.get(name);
