// The Maildir store for tests of this folder. A service names no adapter; its tests may.

import type { Bus } from '../cluster/bus.ts';
import { silentLog } from '../host/log.ts';
import type { FixtureSettings } from '../routing/fixture.ts';
import type { MailStore } from '../store/mail-store.ts';
import { openMaildirStore } from '../store/maildir/store.ts';

export function openTestStore(root: string, bus: Bus, settings: FixtureSettings): MailStore {
  return openMaildirStore({
    name: 'main',
    address: `maildir:${root}`,
    settings: { get: settings.get.bind(settings) as never },
    bus,
    log: silentLog,
  });
}
