/** A shell in which the commands of the runbooks run as printed: ports and paths put in, and a journal where there is none. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileCache } from '../helpers/compile-cache.ts';
import type { DaemonProcess } from '../helpers/daemon.ts';

const execute = promisify(execFile);
const incident = 'INC-20261121-001';

export interface RunbookShell {
  /** Runs the command and gives back its standard output. What follows a log for ever is ended after a second. */
  run(command: string, environment?: Readonly<Record<string, string>>): Promise<string>;
  /** `INC-20261121-001`, as the runbooks make it. */
  readonly incident: string;
}

/**
 * Prints what the daemon has written to its standard output as journald would show it: the priority taken off the line,
 * host and process before it, or whole entries with `-o json`. `-u` and `--since` select the only unit and its last hour.
 */
const journalctl = `#!/usr/bin/env node
const { readFileSync } = require('node:fs');
const json = process.argv.includes('json');
for (const line of readFileSync(process.env.RUNBOOK_JOURNAL, 'utf8').split('\\n')) {
  if (line === '') continue;
  const [, priority = '6', message] = /^(?:<(\\d)>)?(.*)$/.exec(line);
  if (json) console.log(JSON.stringify({ PRIORITY: priority, _SYSTEMD_UNIT: 'sentinel.service', MESSAGE: message }));
  else console.log('Nov 21 03:00:00 host sentinel[' + process.env.RUNBOOK_PID + ']: ' + message);
}
`;

/** `watch` never ends: it shows what its command prints, again and again. Once is enough here. */
const watch = '#!/bin/sh\nshift 2\nexec sh -c "$1"\n';

/** A program of the sources. */
const programOf = (name: string): string =>
  `#!/bin/sh\nexec node ${join(import.meta.dirname, `../../src/cli/${name}.ts`)} "$@"\n`;

/** @param logs What stands for `/var/log/sentinel`. */
export function runbookShell(daemon: DaemonProcess, logs: string): RunbookShell {
  const bin = join(daemon.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const [name, text] of [
    ['journalctl', journalctl],
    ['watch', watch],
    ['sentinel', programOf('sentinel')],
    ['sentinel-proxy', programOf('sentinel-proxy')],
  ] as const) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const journal = join(daemon.folder, 'journal.txt');
  const put = (command: string): string =>
    command
      .replaceAll('localhost:9090', `localhost:${new URL(daemon.adminUrl()).port}`)
      .replaceAll('localhost:8080', `localhost:${new URL(daemon.url()).port}`)
      .replaceAll('/var/log/sentinel', logs)
      .replaceAll('/etc/sentinel/config.kdl', daemon.configFile)
      .replaceAll('/var/run/sentinel.pid', join(daemon.folder, 'sentinel.pid'))
      .replaceAll('/tmp/emergency', join(daemon.folder, 'emergency'));
  const environment = {
    PATH: `${bin}:${join(process.execPath, '..')}:${process.env['PATH']}`,
    INCIDENT_ID: incident,
    SENTINEL_DAEMON: daemon.socket,
    HOME: daemon.folder,
    TERM: 'dumb',
    ...compileCache(),
    RUNBOOK_JOURNAL: journal,
    RUNBOOK_PID: String(daemon.pid),
  };
  return {
    incident,
    async run(command, more = {}) {
      writeFileSync(journal, daemon.output());
      // `script` gives what follows a file for ever the terminal on which it does not hold lines back.
      const endless = command.startsWith('tail -f');
      const [program, words] = endless
        ? ['script', ['-qec', `timeout 1 bash -c ${quoted(put(command))}`, '/dev/null']]
        : ['bash', ['-c', put(command)]];
      const { stdout } = await execute(program as string, words as string[], {
        env: { ...environment, ...more },
        // They are typed as `./sentinel` too.
        cwd: bin,
      }).catch(
        (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
      );
      return stdout;
    },
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
