/**
 * A machine with nothing on it: a Debian of essential packages and the two libraries that the binary needs, entered by chroot with a
 * `/proc` and a `/dev` that are gone with the process. Made once by debootstrap, and kept in `.tmp` of the checkout.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { root } from './built.ts';

const folder = join(root, '.tmp/minbase');
const mirror = 'http://deb.debian.org/debian';
/** Where the program is in there. */
export const installed = '/opt/sentinel/sentinel';
const runTime = [
  'run/sentinel',
  'run/sentinel.pid',
  'var/lib/sentinel',
  'var/log/sentinel',
  'opt',
  'root',
  'etc/sentinel',
];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

export class Minbase {
  /** A path in there, as it is seen from here. */
  path(inside: string): string {
    return join(folder, inside);
  }

  /** Program and arguments that run a command in there. */
  command(command: readonly string[], term = 'dumb'): readonly [string, ...string[]] {
    const enter =
      'mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" /usr/bin/env -i "$@"';
    const environment = ['PATH=/opt/sentinel:/usr/bin:/bin', 'HOME=/root', 'LANG=C.UTF-8', `TERM=${term}`];
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', enter, folder, ...environment, ...command];
    return ['unshare', ...args];
  }

  async run(...command: readonly string[]): Promise<Ended> {
    const [program, ...args] = this.command(command);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  }

  start(t: TestContext, ...command: readonly string[]): Running {
    const [program, ...args] = this.command(command);
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (output += text));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    t.after(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    return { child, output: () => output, ended };
  }
}

/** With the binary in it and no other trace, or `undefined` after having skipped the test. */
export function enterMinbase(t: TestContext, binary: string): Minbase | undefined {
  if (process.getuid?.() !== 0) {
    t.skip('only root can change its root');
    return undefined;
  }
  const debootstrap = requireComponent(t, 'debootstrap');
  if (debootstrap === undefined || requireComponent(t, 'unshare') === undefined) return undefined;
  if (!existsSync(folder)) {
    const fresh = `${folder}-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    const args = ['--variant=minbase', '--include=libstdc++6,libatomic1', 'bookworm', fresh, mirror];
    execFileSync(debootstrap, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: 900_000 });
    renameSync(fresh, folder);
  }
  const clean = (): void => {
    for (const name of runTime) rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, 'root'), { mode: 0o700 });
  };
  clean();
  t.after(clean);
  mkdirSync(join(folder, 'opt/sentinel'), { recursive: true });
  copyFileSync(binary, join(folder, installed));
  return new Minbase();
}
