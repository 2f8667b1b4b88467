// The contract of MailStore as a test suite: every adapter passes it unchanged. Call it from an adapter's test file.
//
// The suite speaks only the port. What an adapter adds (its files, other programs, crashes) has tests beside the adapter.

import { describe } from 'node:test';
import { appendCases } from './contract/append-cases.ts';
import { changeCases } from './contract/change-cases.ts';
import { contentCases } from './contract/content-cases.ts';
import { deliveryCases } from './contract/delivery-cases.ts';
import { type OpenStore, registerCase } from './contract/fixture.ts';
import { flagCases } from './contract/flag-cases.ts';
import { headerCases } from './contract/header-cases.ts';
import { mailboxCases } from './contract/mailbox-cases.ts';
import { quotaCases } from './contract/quota-cases.ts';
import { sharingCases } from './contract/sharing-cases.ts';
import { transferCases } from './contract/transfer-cases.ts';
import { workerCases } from './contract/worker-cases.ts';

export type { OpenedStore, OpenStore } from './contract/fixture.ts';

const cases = [
  ...mailboxCases,
  ...deliveryCases,
  ...appendCases,
  ...flagCases,
  ...changeCases,
  ...transferCases,
  ...contentCases,
  ...headerCases,
  ...quotaCases,
  ...sharingCases,
  ...workerCases,
];

/** Registers all cases under `name`. `openStore` gives each case an empty store of its own. */
export function mailStoreContract(name: string, openStore: OpenStore): void {
  describe(name, () => {
    for (const row of cases) registerCase(row, openStore);
  });
}
