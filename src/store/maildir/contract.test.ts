// The Maildir adapter passes the MailStore contract, on the I/O backend that the machine offers or TEGU_IO names.

import { mailStoreContract } from '../contract.ts';
import { openTemporaryStore } from './fixture.ts';

mailStoreContract('maildir', (t) => openTemporaryStore(t));
