// Port: the configuration store. Keeps whole revisions; a revision once written never changes.
//
// Writers name the revision they started from: `save` with a stale base throws Fault('settings.conflict'), so two
// administrators never overwrite each other. An adapter passes contract.ts unchanged.

import type { SettingsDocument } from './settings.ts';

/** Who wrote which revision when. */
export interface RevisionInfo {
  readonly revision: number;
  readonly author: string;
  /** Unix ms. */
  readonly createdMs: number;
  /** One line that says why. */
  readonly note: string;
}

export interface SettingsStore {
  /** The newest revision; revision 0 with an empty document when nothing was ever saved. */
  load(): Promise<{ readonly info: RevisionInfo; readonly document: SettingsDocument }>;
  /** One older revision; Permanent('settings.no_revision') when unknown. */
  loadRevision(
    revision: number,
  ): Promise<{ readonly info: RevisionInfo; readonly document: SettingsDocument }>;
  /** Durable when it resolves. Returns the new revision number (base + 1). */
  save(
    base: number,
    document: SettingsDocument,
    by: { readonly author: string; readonly note: string },
  ): Promise<number>;
  /** Newest first. */
  history(limit: number): Promise<readonly RevisionInfo[]>;
  close(): Promise<void>;
}
