// SettingsStore in one SQLite file (`configuration.db`): one row a revision, the document as JSON.
//
// Several processes may write; a save with a stale base is refused inside the transaction. The oldest revisions beyond
// `server.keepRevisions` are dropped by the save that makes them too many; the newest never is.

import { Fault, Permanent } from '../../base/outcome.ts';
import { type DurableDatabase, openDurableDatabase, type SyncFunctions } from '../../host/sqlite.ts';
import { schema as parameters } from '../schema/index.ts';
import type { SettingsDocument } from '../settings.ts';
import type { RevisionInfo, SettingsStore } from '../settings-store.ts';

const migrations: readonly string[] = [
  `
  CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY,
    author TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  `,
];

interface Row extends RevisionInfo {
  readonly json: string;
}

const infoColumns = 'revision, author, created_ms AS createdMs, note';
const emptyRevision: RevisionInfo = { revision: 0, author: '', createdMs: 0, note: '' };

/** Opens or creates the file; rejects as `openDurableDatabase` does. */
export async function openSettingsDatabase(path: string, sync: SyncFunctions): Promise<SettingsStore> {
  const database = await openDurableDatabase(path, sync, { schema: migrations });
  return new SettingsDatabase(path, database);
}

class SettingsDatabase implements SettingsStore {
  readonly #path: string;
  readonly #database: DurableDatabase;

  constructor(path: string, database: DurableDatabase) {
    this.#path = path;
    this.#database = database;
  }

  async load(): Promise<{ readonly info: RevisionInfo; readonly document: SettingsDocument }> {
    const row = this.#database.read(
      (db) =>
        db
          .prepare(`SELECT ${infoColumns}, document AS json FROM revisions ORDER BY revision DESC LIMIT 1`)
          .get() as Row | undefined,
    );
    if (row === undefined) return { info: emptyRevision, document: { values: {}, domains: [], stores: [] } };
    return this.#parse(row);
  }

  async loadRevision(
    revision: number,
  ): Promise<{ readonly info: RevisionInfo; readonly document: SettingsDocument }> {
    const row = this.#database.read(
      (db) =>
        db
          .prepare(`SELECT ${infoColumns}, document AS json FROM revisions WHERE revision = ?`)
          .get(revision) as Row | undefined,
    );
    if (row === undefined)
      throw new Permanent('settings.no_revision', `there is no revision ${revision} (any more)`);
    return this.#parse(row);
  }

  async save(
    base: number,
    document: SettingsDocument,
    by: { readonly author: string; readonly note: string },
  ): Promise<number> {
    const json = JSON.stringify(document);
    const keep = (document.values['server.keepRevisions'] ??
      parameters['server.keepRevisions'].default) as number;
    return this.#database.write((db) => {
      const newest = db.prepare('SELECT coalesce(max(revision), 0) FROM revisions').pluck().get() as number;
      if (newest !== base) {
        throw new Fault('settings.conflict', `revision ${newest} was saved meanwhile`, {
          detail: { base, newest },
        });
      }
      db.prepare('INSERT INTO revisions VALUES (?, ?, ?, ?, ?)').run(
        base + 1,
        by.author,
        Date.now(),
        by.note,
        json,
      );
      db.prepare('DELETE FROM revisions WHERE revision <= ?').run(base + 1 - keep);
      return base + 1;
    });
  }

  async history(limit: number): Promise<readonly RevisionInfo[]> {
    return this.#database.read(
      (db) =>
        db
          .prepare(`SELECT ${infoColumns} FROM revisions ORDER BY revision DESC LIMIT ?`)
          .all(limit) as RevisionInfo[],
    );
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #parse({ json, ...info }: Row): { readonly info: RevisionInfo; readonly document: SettingsDocument } {
    try {
      return { info, document: JSON.parse(json) as SettingsDocument };
    } catch (cause) {
      const detail = { path: this.#path, revision: info.revision };
      throw new Permanent('settings.damaged', `revision ${info.revision} is no JSON`, { cause, detail });
    }
  }
}
