/**
 * A machine on which sentinel is installed as a service, as far as the commands of the runbooks see it: its paths are in a folder
 * of the test, `systemctl` does what the unit that ships says, and nothing runs at the beginning.
 */
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { compileCache } from '../helpers/compile-cache.ts';
import { testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

const execute = promisify(execFile);
const unit = join(import.meta.dirname, '../../deploy/systemd/sentinel.service');

/** Starts, ends and shows the one service; where the unit says how, by its words. */
const systemctl = `#!/usr/bin/env node
const { spawn } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { setTimeout: wait } = require('node:timers/promises');
const { MACHINE, UNIT, JOURNAL } = process.env;
const record = MACHINE + '/unit.pid';
const pid = () => { try { return Number(readFileSync(record, 'utf8')); } catch { return 0; } };
const alive = () => { try { return pid() > 0 && process.kill(pid(), 0); } catch { return false; } };
const readies = () => readFileSync(JOURNAL, 'utf8').split('"message":"Ready"').length;
const verbs = {
  async start() {
    if (alive()) return 0;
    const [, line] = /^ExecStart=(.*)$/m.exec(readFileSync(UNIT, 'utf8'));
    const command = line.replaceAll('/usr/bin/', MACHINE + '/bin/').replaceAll('/etc/sentinel/', MACHINE + '/');
    const before = readies();
    const child = spawn('sh', ['-c', 'exec ' + command + ' >>"$JOURNAL" 2>&1'], { detached: true, stdio: 'ignore' });
    child.unref();
    writeFileSync(record, String(child.pid));
    while (readies() === before) { if (!alive()) return 1; await wait(20); }
    return 0;
  },
  async stop() {
    if (!alive()) return 0;
    process.kill(pid(), 'SIGTERM');
    while (alive()) await wait(20);
    return 0;
  },
  async restart() { await verbs.stop(); return verbs.start(); },
  async status() {
    console.log('sentinel.service - sentinel reverse proxy');
    console.log('   Active: ' + (alive() ? 'active (running)' : 'inactive (dead)'));
    if (alive()) console.log(' Main PID: ' + pid());
    return alive() ? 0 : 3;
  },
};
verbs[process.argv[2]]().then((code) => process.exit(code));
`;

/** Of this machine alone: daemons of other tests may have the same name. */
const pidof = `#!/bin/sh
PATH="\${PATH#*:}"
for pid in $(pidof "$@"); do grep -qx "$pid" "$MACHINE/sentinel.pid" && echo "$pid"; done
`;

export interface Said {
  readonly code: number;
  readonly out: string;
}

export class ServiceScene {
  readonly folder: string;
  readonly #journal: string;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(t: TestContext) {
    this.folder = testFolder(t);
    this.#journal = this.file('journal.txt');
    const bin = this.file('bin');
    mkdirSync(bin);
    for (const [name, text] of [
      ['systemctl', systemctl],
      ['pidof', pidof],
      // `systemctl` here comes back when the daemon is there; there is nothing to wait for.
      ['sleep', '#!/bin/sh\n'],
      ['sentinel', programOf('sentinel')],
      ['sentinel-proxy', programOf('sentinel-proxy')],
    ] as const) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    writeFileSync(this.#journal, '');
    this.#environment = {
      PATH: `${bin}:${join(process.execPath, '..')}:${process.env['PATH']}`,
      HOME: this.folder,
      TERM: 'dumb',
      ...compileCache(),
      SENTINEL_ADMIN_SOCKET: this.file('admin.sock'),
      SENTINEL_METRICS_ADDR: '127.0.0.1:0',
      SENTINEL_DAEMON: this.file('admin.sock'),
      MACHINE: this.folder,
      UNIT: unit,
      JOURNAL: this.#journal,
    };
    this.configure('one');
    t.after(() => this.#end('sentinel.pid'));
    t.after(() => this.#end('unit.pid'));
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a configuration that answers so, where the runbooks and the programs look for it. */
  configure(answer: string): void {
    const text = `
state-dir "${this.file('state')}"
server { pid-file "${this.file('sentinel.pid')}"; graceful-shutdown-timeout-secs 2; drain-idle-secs 0; worker-threads 1 }
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "${answer}" } }
`;
    mkdirSync(this.file('bin/config'), { recursive: true });
    writeFileSync(this.file('config.kdl'), text);
    // Of the folder that the commands are typed in.
    writeFileSync(this.file('bin/config/sentinel.kdl'), text);
  }

  /** Runs a command as printed, then the line behind it in the same shell. */
  async run(command: string, behind = ''): Promise<Said> {
    const text = behind === '' ? this.#put(command) : `${this.#put(command)}\n${behind}`;
    const endless = command.startsWith('top ');
    // `top` wants a terminal and goes on for ever.
    const [program, words] = endless
      ? ['script', ['-qec', `stty rows 50 cols 200; timeout --foreground 1 bash -c '${text.replaceAll("'", `'\\''`)}'`, '/dev/null']]
      : ['bash', ['-c', text]];
    const environment = endless ? { ...this.#environment, TERM: 'xterm' } : this.#environment;
    return execute(program as string, words as string[], { env: environment, cwd: this.file('bin') }).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, out: error.stdout }),
    );
  }

  /** Types a command that goes on until it is ended; comes back when the daemon says that it is ready. */
  async begin(command: string): Promise<void> {
    const before = this.said('Ready');
    spawn('bash', ['-c', `${this.#put(command)} >>"$JOURNAL" 2>&1`], {
      env: this.#environment,
      cwd: this.file('bin'),
      stdio: 'ignore',
    });
    await this.until('Ready', before + 1);
  }

  /** The daemon's own, by its pid file. */
  pid(): number {
    return Number(readFileSync(this.file('sentinel.pid'), 'utf8'));
  }

  gone(pid: number): Promise<void> {
    return eventually(() => {
      if (alive(pid)) throw new Error(`${pid} lives`);
    });
  }

  /** How often the daemons have said so. */
  said(message: string): number {
    return readFileSync(this.#journal, 'utf8').split(`"message":"${message}"`).length - 1;
  }

  until(message: string, count: number): Promise<void> {
    return eventually(() => {
      const seen = this.said(message);
      if (seen < count) throw new Error(`${message} ${seen} of ${count}: ${readFileSync(this.#journal, 'utf8').slice(-2000)}`);
    });
  }

  /** Of the listener, as the last daemon said. */
  port(): number {
    const [last = ''] = readFileSync(this.#journal, 'utf8').split('\n').filter((line) => line.includes('"message":"Ready"')).slice(-1);
    return Number(/"http":"127\.0\.0\.1:(\d+)"/.exec(last)?.[1]);
  }

  async answer(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port()}/`)).text();
  }

  #put(command: string): string {
    return command
      .replaceAll('/path/to/new', this.file('new'))
      .replaceAll('/etc/sentinel', this.folder)
      .replaceAll('/var/run/sentinel.pid', this.file('sentinel.pid'))
      .replaceAll('/tmp/emergency', this.file('emergency'));
  }

  #end(record: string): void {
    try {
      process.kill(Number(readFileSync(this.file(record), 'utf8')), 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A program of the sources. */
function programOf(name: string): string {
  return `#!/bin/sh\nexec node ${join(import.meta.dirname, `../../src/cli/${name}.ts`)} "$@"\n`;
}
