// The files of one folder as the directories show them: new/ and cur/ merged in order of base names.
//
// A directory read while another program renames in it may miss a file or show it twice; callers treat "not seen" as a
// hint only (reconcile.ts). Names that are not UTF-8 cannot be served and are left out with a warning.

import { isAscii } from 'node:buffer';
import { join } from 'node:path';
import { type MaildirScan, scanDirectory } from '../../native/maildir-names.ts';
import { arrivalOf, pathText } from './file-name.ts';
import { Place } from './message-table.ts';
import { nextTurn } from './options.ts';

/** One message file. Sizes are what the name says, -1 when it says nothing. */
export interface FileEntry {
  readonly place: number;
  readonly base: string;
  readonly info: string;
  readonly flags: number;
  readonly nameSize: number;
  readonly nameVirtualSize: number;
}

/** Rows of one directory's scan. */
class DirectoryRows {
  readonly #scan: MaildirScan;
  readonly #allAscii: boolean;
  readonly place: number;

  constructor(scan: MaildirScan, place: number) {
    this.#scan = scan;
    this.#allAscii = isAscii(scan.names);
    this.place = place;
  }

  /** False for a name that cannot be given to the system as text. */
  isText(row: number): boolean {
    if (this.#allAscii) return true;
    const { names, nameOffsets } = this.#scan;
    return pathText(names.toString('latin1', nameOffsets[row] ?? 0, nameOffsets[row + 1] ?? 0)) !== undefined;
  }

  get count(): number {
    return this.#scan.count;
  }

  base(row: number): string {
    const start = this.#scan.nameOffsets[row] ?? 0;
    return this.#scan.names.toString('latin1', start, start + (this.#scan.baseLengths[row] ?? 0));
  }

  entry(row: number): FileEntry {
    const start = this.#scan.nameOffsets[row] ?? 0;
    const split = start + (this.#scan.baseLengths[row] ?? 0);
    return {
      place: this.place,
      base: this.#scan.names.toString('latin1', start, split),
      info: this.#scan.names.toString('latin1', split, this.#scan.nameOffsets[row + 1] ?? split),
      flags: this.#scan.flags[row] ?? 0,
      nameSize: this.#scan.sizes[row] ?? -1,
      nameVirtualSize: this.#scan.virtualSizes[row] ?? -1,
    };
  }
}

/** A merged scan; entries are addressed by a small number so that a large folder needs no object a file. */
export class FolderScan {
  readonly newMtime: bigint;
  readonly curMtime: bigint | undefined;
  readonly #directories: readonly DirectoryRows[];
  /** Names left out because they are not UTF-8. */
  unreadableNames = 0;
  /** Files left out because another file has the same base. */
  duplicateNames = 0;

  constructor(fresh: MaildirScan, cur: MaildirScan | undefined) {
    this.newMtime = fresh.mtimeNs;
    this.curMtime = cur?.mtimeNs;
    this.#directories = [
      new DirectoryRows(fresh, Place.new),
      ...(cur ? [new DirectoryRows(cur, Place.cur)] : []),
    ];
  }

  /** Scans new/ and, when `withCur`, cur/ after it: a file that moves meanwhile is then seen at least once. */
  static async read(folder: string, withCur: boolean): Promise<FolderScan> {
    const fresh = await scanDirectory(join(folder, 'new'));
    return new FolderScan(fresh, withCur ? await scanDirectory(join(folder, 'cur')) : undefined);
  }

  get count(): number {
    return this.#directories.reduce((sum, directory) => sum + directory.count, 0);
  }

  /** The entry that `next` numbered. */
  entry(key: number): FileEntry {
    const place = key % 2;
    const directory = this.#directories[place] as DirectoryRows;
    return directory.entry((key - place) / 2);
  }

  /** Numbers of all entries in octet order of their bases; of several files with one base only one, cur/ first. */
  *keys(): Generator<{ readonly key: number; readonly base: string }> {
    const [fresh, cur] = this.#directories as [DirectoryRows, DirectoryRows?];
    let freshRow = 0;
    let curRow = 0;
    let last = '';
    while (freshRow < fresh.count || (cur !== undefined && curRow < cur.count)) {
      const freshBase = freshRow < fresh.count ? fresh.base(freshRow) : undefined;
      const curBase = cur !== undefined && curRow < cur.count ? cur.base(curRow) : undefined;
      const takeCur = curBase !== undefined && (freshBase === undefined || curBase <= freshBase);
      const base = (takeCur ? curBase : freshBase) as string;
      const isText = takeCur ? (cur as DirectoryRows).isText(curRow) : fresh.isText(freshRow);
      const key = takeCur ? curRow++ * 2 + 1 : freshRow++ * 2;
      if (!isText) {
        this.unreadableNames++;
        continue;
      }
      if (base === last) this.duplicateNames++;
      else yield { key, base };
      last = base;
    }
  }

  /** The base name of the entry that `keys` numbered. */
  #base(key: number): string {
    const place = key % 2;
    return (this.#directories[place] as DirectoryRows).base((key - place) / 2);
  }

  /**
   * Puts entry numbers that are in order of names into order of arrival (then name). Names of one second differ in the
   * number of digits, so the input is almost sorted; computing the times takes turns of `perTurn`.
   */
  async sortByArrival(keys: readonly number[], perTurn: number): Promise<number[]> {
    const arrivals = new Float64Array(keys.length);
    let isSorted = true;
    for (const [at, key] of keys.entries()) {
      arrivals[at] = arrivalOf(this.#base(key));
      if (at > 0 && (arrivals[at] ?? 0) < (arrivals[at - 1] ?? 0)) isSorted = false;
      if (at % perTurn === perTurn - 1) await nextTurn();
    }
    if (isSorted) return [...keys];
    const order = Array.from(keys.keys());
    order.sort((left, right) => (arrivals[left] ?? 0) - (arrivals[right] ?? 0) || left - right);
    return order.map((at) => keys[at] ?? 0);
  }
}
