// The settings of a running worker: the newest revision of the store, replaced as a whole when there is another one.
//
// A bus event asks for a reload at once, a slow poll finds what the bus lost. A revision that cannot be read or is wrong
// is reported and the running one stays. Whoever opens with a wrong revision is refused: running with half of the domains
// would bounce the mail of the others.

import type { Bus } from '../cluster/bus.ts';
import { checkDocument, InvalidSettings } from './document-check.ts';
import type { ParameterName, SettingValue } from './schema/index.ts';
import type { Settings, SettingsSnapshot } from './settings.ts';
import type { SettingsStore } from './settings-store.ts';
import { createSnapshot } from './snapshot.ts';

/** What the owner wants to hear; nothing here knows a log. */
export interface LiveSettingsEvents {
  /** A new revision is in force. */
  changed?(revision: number): void;
  /** The store did not answer or the revision is wrong; the running one stays. */
  failed?(error: unknown): void;
  /** Parameters of the revision that this version does not know and ignores. */
  unknown?(names: readonly string[]): void;
}

export class LiveSettings implements Settings {
  readonly #store: SettingsStore;
  readonly #events: LiveSettingsEvents;
  readonly #handlers = new Set<(current: SettingsSnapshot) => void>();
  #current: SettingsSnapshot;
  /** Revision that was refused, so that it is reported once and not at every poll. */
  #refused: number | undefined;
  #reloading: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  private constructor(store: SettingsStore, events: LiveSettingsEvents, current: SettingsSnapshot) {
    this.#store = store;
    this.#events = events;
    this.#current = current;
  }

  /** Loads the newest revision; rejects with what the store says or with InvalidSettings. */
  static async open(store: SettingsStore, bus?: Bus, events: LiveSettingsEvents = {}): Promise<LiveSettings> {
    const settings = new LiveSettings(store, events, await loadSnapshot(store, events));
    settings.#unsubscribe = bus?.subscribe('settings.changed', () => void settings.reload());
    settings.#schedule();
    return settings;
  }

  get current(): SettingsSnapshot {
    return this.#current;
  }

  get<K extends ParameterName>(name: K): SettingValue<K> {
    return this.#current.get(name);
  }

  onChange(handler: (current: SettingsSnapshot) => void): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** Looks for another revision now; resolves when it is in force. Never rejects. */
  async reload(): Promise<void> {
    if (this.#reloading !== undefined) {
      // The look that is under way may have come before the change that this call is about.
      this.#again = true;
      return this.#reloading;
    }
    this.#reloading = this.#reloadOnce().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Ends polling and notifications; the last revision stays readable. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unsubscribe?.();
    this.#handlers.clear();
    await this.#reloading;
  }

  async #reloadOnce(): Promise<void> {
    do {
      this.#again = false;
      try {
        const [newest] = await this.#store.history(1);
        const revision = newest?.revision ?? 0;
        // Not "newer": a store restored from a backup goes back.
        if (revision === this.#current.revision || revision === this.#refused) continue;
        this.#refused = revision;
        const snapshot = await loadSnapshot(this.#store, this.#events);
        this.#refused = undefined;
        this.#replace(snapshot);
      } catch (error) {
        this.#events.failed?.(error);
      }
    } while (this.#again);
  }

  #replace(snapshot: SettingsSnapshot): void {
    this.#current = snapshot;
    this.#events.changed?.(snapshot.revision);
    for (const handler of this.#handlers) {
      try {
        handler(snapshot);
      } catch (error) {
        // One handler's fault must not keep the others on old settings.
        this.#events.failed?.(error);
      }
    }
  }

  #schedule(): void {
    const pollMs = this.#current.get('server.settingsPollSeconds') * 1000;
    this.#timer = setTimeout(() => {
      void this.reload().then(() => {
        if (this.#timer !== undefined) this.#schedule();
      });
    }, pollMs);
    this.#timer.unref();
  }
}

async function loadSnapshot(store: SettingsStore, events: LiveSettingsEvents): Promise<SettingsSnapshot> {
  const { info, document: raw } = await store.load();
  const { document, issues, unknown } = checkDocument(raw);
  if (issues.length > 0) throw new InvalidSettings(issues);
  if (unknown.length > 0) events.unknown?.(unknown);
  return createSnapshot(info.revision, document);
}
