// The Debian packages that the tests need: real clients, real servers, sanitizers. As root missing ones are installed;
// otherwise they are named and the tests fail: nothing is skipped in silence.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

/** Package → a file that proves it is there. */
const packages: Readonly<Record<string, string>> = {
  'g++': '/usr/bin/g++',
  make: '/usr/bin/make',
  git: '/usr/bin/git',
  python3: '/usr/bin/python3',
  curl: '/usr/bin/curl',
  openssl: '/usr/bin/openssl',
  'xz-utils': '/usr/bin/xz',
  'clang-format': '/usr/bin/clang-format',
  swaks: '/usr/bin/swaks',
  // swaks speaks TLS through it.
  'libnet-ssleay-perl': '/usr/share/doc/libnet-ssleay-perl/copyright',
  isync: '/usr/bin/mbsync',
  offlineimap3: '/usr/bin/offlineimap',
  // SCRAM from another author.
  gsasl: '/usr/bin/gsasl',
  fetchmail: '/usr/bin/fetchmail',
  mutt: '/usr/bin/mutt',
  // PLAIN for mbsync.
  'libsasl2-modules': '/usr/share/doc/libsasl2-modules/copyright',
  'dovecot-imapd': '/usr/lib/dovecot/imap',
  'dovecot-lmtpd': '/usr/lib/dovecot/lmtp',
  'dovecot-pop3d': '/usr/lib/dovecot/pop3',
  postfix: '/usr/sbin/postfix',
  whois: '/usr/bin/mkpasswd',
};

const exists = (path: string): boolean => {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
};

/** Names of packages that are not installed. */
export const missingPackages = (): string[] =>
  Object.entries(packages).flatMap(([name, proof]) => (exists(proof) ? [] : [name]));

/** Installs what is missing when allowed; returns an error text, or '' when everything is there. */
export function ensurePackages(): string {
  const missing = missingPackages();
  if (missing.length === 0) return '';
  const install = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid?.() !== 0 || !exists('/usr/bin/apt-get')) {
    return `these Debian packages are needed by the tests and missing; run as root: ${install}`;
  }
  console.log(`installing ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, encoding: 'utf8', timeout: 600_000 } as const;
  spawnSync('apt-get', ['update', '-qq'], options);
  const result = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
    options,
  );
  const still = missingPackages();
  if (still.length === 0) return '';
  return `apt-get could not install ${still.join(' ')}:\n${result.stdout}\n${result.stderr}`;
}
