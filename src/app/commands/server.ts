// tegu serve, quickstart, status, reload, version: the server itself.

import { callControl } from '../../admin/control-client.ts';
import { Permanent } from '../../base/outcome.ts';
import { createLog } from '../../host/log.ts';
import { ioBackend } from '../../native/file-io.ts';
import { notices, type ServerStatus } from '../control-handlers.ts';
import { logDestination } from '../log-destination.ts';
import { findReloadProblems } from '../reload-check.ts';
import { tableText } from '../table-text.ts';
import { productVersion } from '../version.ts';
import { type Command, type CommandLine, exitCodes, textOption, UsageError } from './command.ts';

const serveOptions = {
  'port-offset': { type: 'string' },
  listen: { type: 'string' },
  workers: { type: 'string' },
} as const;
const serveHelp = [
  '--port-offset N      add N to every port',
  '--listen ADDRESS     listen there instead of listen.address',
  '--workers N          worker processes instead of server.workers',
];
/** Done is done: these commands print by themselves. */
const silent = { json: undefined, text: '' };

export const serve: Command = {
  words: 'serve',
  usage: '[options]',
  summary: 'run the server in the foreground',
  help: [...serveHelp, 'With --json one line with the ports is printed when connections are accepted.'],
  options: serveOptions,
  arguments: [0, 0],
  async run(line, site) {
    const { file } = await site.configuration();
    const level = (await site.snapshot()).get('server.logLevel');
    const log = createLog(level, { pid: process.pid }, logDestination());
    await site.close();
    const { runServe } = await import('../supervisor.ts');
    await runServe(
      { configurationFile: file, ...runOptions(line), listen: textOption(line, 'listen') ?? '', log },
      (ports) => {
        if (line.json)
          line.terminal.stdout.write(`${JSON.stringify({ ready: true, ports, pid: process.pid })}\n`);
      },
    );
    return silent;
  },
};

export const quickstart: Command = {
  words: 'quickstart',
  usage: '[options]',
  summary: 'run a server with nothing configured, with trial users, on high ports of this machine',
  help: [
    '--data DIR           everything lies there (default: data)',
    ...serveHelp.slice(0, 1),
    '--listen ADDRESS     default: 127.0.0.1',
    ...serveHelp.slice(2),
    'With --json one line with ports and passwords is printed when connections are accepted.',
  ],
  options: serveOptions,
  arguments: [0, 0],
  async run(line) {
    const { runQuickstart } = await import('../quickstart.ts');
    await runQuickstart({
      data: textOption(line, 'data') ?? 'data',
      ...runOptions(line),
      listen: textOption(line, 'listen') ?? '127.0.0.1',
      json: line.json,
      log: createLog('warn', { pid: process.pid }, logDestination()),
    });
    return silent;
  },
};

export const status: Command = {
  words: 'status',
  usage: '',
  summary: 'show whether a server runs on the data directory; exit code 1 when none does',
  help: [],
  options: {},
  arguments: [0, 0],
  async run(_line, site) {
    const answer = await callControl((await site.paths()).control, 'status', {});
    if (!answer.running) throw notRunning();
    const found = answer.result as ServerStatus;
    const rows = [
      ['version', found.version],
      ['process', String(found.pid)],
      ['workers', found.workers.join(' ')],
      ['settings', `revision ${found.revision}`],
    ];
    return { json: found, text: tableText(rows) };
  },
};

export const reload: Command = {
  words: 'reload',
  usage: '',
  summary: 'have the running server read settings, users and certificates again',
  help: ['Exit code 1 when something cannot be used; the server keeps what it had of that.'],
  options: {},
  arguments: [0, 0],
  async run(_line, site) {
    for (const about of notices) if (!(await site.notify(about))) throw notRunning();
    const problems = await findReloadProblems(site);
    return {
      json: { reloaded: notices, problems },
      text: ['asked the server to read everything again', ...problems].join('\n'),
      exitCode: problems.length === 0 ? exitCodes.ok : exitCodes.failed,
    };
  },
};

export const version: Command = {
  words: 'version',
  usage: '',
  summary: 'show versions',
  help: [],
  options: {},
  arguments: [0, 0],
  async run() {
    const json = {
      version: productVersion(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      io: ioBackend(),
    };
    return { json, text: `tegu ${json.version} (Node ${json.node}, ${json.platform}, I/O ${json.io})` };
  },
};

function notRunning(): Permanent {
  return new Permanent('admin.not_running', 'no server runs on this data directory');
}

function runOptions(line: CommandLine): { portOffset: number; workers: number } {
  return {
    portOffset: numberOption(line, 'port-offset', 0, 60_000),
    workers: numberOption(line, 'workers', 0, 256),
  };
}

/** An integer option; 0 when it is absent. */
function numberOption(line: CommandLine, name: string, min: number, max: number): number {
  const text = textOption(line, name);
  if (text === undefined) return 0;
  const value = /^[0-9]{1,6}$/.test(text) ? Number(text) : -1;
  if (value < min || value > max)
    throw new UsageError(`--${name}: expected a number from ${min} to ${max}, got ${text}`);
  return value;
}
