// tegu explain rcpt: where mail for an address would go, with every step of the decision.

import { resolveRoute } from '../../routing/resolve.ts';
import type { Route } from '../../routing/route.ts';
import { tableText } from '../table-text.ts';
import { addressArgument } from './alias.ts';
import { argument, type Command, exitCodes } from './command.ts';

export const explainRcpt: Command = {
  words: 'explain rcpt',
  usage: 'ADDRESS',
  summary: 'show where mail for an address goes, step by step',
  help: ['Exit code 0: delivered here; 3: not; 5: a user source does not answer.'],
  options: {},
  arguments: [1, 1],
  async run(line, site) {
    const mailbox = addressArgument(argument(line, 0));
    const input = { settings: await site.snapshot(), directory: await site.directory() };
    const { route, steps } = await resolveRoute(input, mailbox);
    const result = describe(route);
    const json = {
      address: argument(line, 0),
      route:
        route.kind === 'local' ? { ...route, accounts: route.accounts.map((one) => one.address) } : route,
      steps,
    };
    const rows = [...steps.map(({ step, result: what }) => [step, what]), ['result', result]];
    return { json, text: tableText(rows), exitCode: exitCodeOf(route) };
  },
};

function describe(route: Route): string {
  switch (route.kind) {
    case 'local': {
      const tag = route.tag === '' ? '' : ` with tag ${route.tag}`;
      return `delivered to ${route.accounts.map((one) => one.address).join(', ')}${tag} in store ${route.store}`;
    }
    case 'unknown':
      return 'refused: 550 5.1.1, no such user';
    case 'remote':
      return 'not ours: refused to strangers and, until there is a queue, to users (550 5.7.1)';
    case 'unavailable':
      return `try again later: 451 4.3.0, the source ${route.source} does not answer`;
    case 'loop':
      return 'refused: 550 5.4.6, aliases lead in a circle or too far';
  }
}

function exitCodeOf(route: Route): number {
  if (route.kind === 'local') return exitCodes.ok;
  return route.kind === 'unavailable' ? exitCodes.temporary : exitCodes.notFound;
}
