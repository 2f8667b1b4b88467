// Rows of the index table `intents`: what an operation over several files is about to do, written and synced before it
// starts, removed in the transaction that makes its result visible. Whoever next holds the account lock and finds a row
// knows that its writer died and finishes or undoes the work (intents.ts).

import type { Database, Statement } from 'better-sqlite3';
import type { MailboxName } from '../../base/brands.ts';

/** Files of a COPY or MULTIAPPEND that must become visible together or not at all. */
export interface FilesIntent {
  readonly kind: 'files';
  readonly mailbox: number;
  /** File names in cur/ of the mailbox. */
  readonly names: readonly string[];
}

/** One directory on its way to another name. */
export interface FolderMove {
  readonly fromName: MailboxName;
  readonly fromDir: string;
  readonly toName: MailboxName;
  readonly toDir: string;
}

/** Directories of a RENAME, with the names that go with them. */
export interface FoldersIntent {
  readonly kind: 'folders';
  readonly from: MailboxName;
  readonly to: MailboxName;
  readonly moves: readonly FolderMove[];
}

/** Rows of a removed mailbox, and deleted folders in the trash directory, that wait for being cleared in slices. */
export interface DropIntent {
  readonly kind: 'drop';
  readonly mailbox: number;
}

export type Intent = FilesIntent | FoldersIntent | DropIntent;

/** Typed statements over intents. */
export class IntentTable {
  readonly #all: Statement<[], { id: number; kind: string; payload: string }>;
  readonly #add: Statement<[string, string]>;
  readonly #remove: Statement<[number]>;

  constructor(db: Database) {
    this.#all = db.prepare('SELECT id, kind, payload FROM intents ORDER BY id');
    this.#add = db.prepare('INSERT INTO intents (kind, payload) VALUES (?, ?)');
    this.#remove = db.prepare('DELETE FROM intents WHERE id = ?');
  }

  all(): { readonly id: number; readonly intent: Intent }[] {
    return this.#all.all().map(({ id, payload }) => ({ id, intent: JSON.parse(payload) as Intent }));
  }

  add(intent: Intent): number {
    return Number(this.#add.run(intent.kind, JSON.stringify(intent)).lastInsertRowid);
  }

  remove(id: number): void {
    this.#remove.run(id);
  }
}
