/** Real daemons for tests: a process of its own, with its run-time files in a folder of its own, gone when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AdminClient } from '../../src/admin/client/client.ts';
import type { ConfigSource } from '../../src/proxy/control/config-source.ts';
import { eventually } from './eventually.ts';
import { compileCache } from './compile-cache.ts';
import { builtProgram, programCommand, withFolders } from './program.ts';

export interface DaemonPlan {
  /** Text of the configuration file; default one listener with a static answer. */
  readonly config?: string;
  /** Instead of a file. */
  readonly source?: ConfigSource;
  /** Where the run-time files are; default a new folder. A second daemon in the same folder is a rival of the first. */
  readonly folder?: string;
  /** Default 2; `of the file` = as the configuration says. */
  readonly workers?: number | 'of the file';
  /** No setting by flag or environment: the file decides, and has to name socket and metrics address. */
  readonly bare?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly title?: string;
  /** How long an upgrade can be taken back; default a tenth of a second. */
  readonly settleMs?: number;
  readonly workerEntry?: URL;
  /** Is killed instead of taking this step of writing files, counted from when the file is there. */
  readonly dies?: { readonly at: number; readonly armedBy: string };
  /** As under systemd: standard output is what `JOURNAL_STREAM` names. */
  readonly journal?: boolean;
  /** Bound on open files. */
  readonly openFiles?: number;
  /** A program, with its arguments, that becomes the daemon: `setpriv --reuid=…`. */
  readonly through?: readonly string[];
  /** Flags of the Node that runs it; default `usualFlags`. */
  readonly nodeFlags?: readonly string[];
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface DaemonProcess {
  readonly folder: string;
  readonly configFile: string;
  readonly socket: string;
  readonly child: ChildProcess;
  readonly pid: number;
  readonly client: AdminClient;
  /** Everything that was said on standard output so far. */
  output(): string;
  errors(): string;
  lines(): readonly LogLine[];
  /** The first log line with this message, waited for. */
  line(message: string, count?: number): Promise<LogLine>;
  /** `http://127.0.0.1:PORT` of a listener, of the configuration that it started with. */
  url(listener?: string): string;
  /** `http://127.0.0.1:PORT` of the metrics address. */
  adminUrl(): string;
  writeConfig(text: string): void;
  /** Waits for the end. */
  ended(): Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/**
 * One listener `http` on a free port, and one route to a static upstream.
 * @param idleSecs `drain-idle-secs`: with 0 a daemon stops quickly, and closes what has just connected and said nothing yet.
 */
export function staticConfig(body = 'hello', more = '', idleSecs = 0): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "fixed" }
upstream "fixed" { static { status 200; body "${body}" } }
server { graceful-shutdown-timeout-secs 5; drain-idle-secs ${idleSecs} }
${more}
`;
}

export function testFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  // Its daemon may still live, and put a file there between two looks.
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  return folder;
}

/**
 * The launcher's flag that keeps inspectors away, and room in the main thread for what a start throws away: hundreds of
 * daemons start in a run, each an eighth faster. Of the launcher's own sizes of heaps nothing here can tell.
 */
const usualFlags = ['--inspect-port=no..inspector:9229', '--min-semi-space-size=16'];

/** Starts a daemon without waiting for it. */
export function launchDaemon(t: TestContext, plan: DaemonPlan = {}): DaemonProcess {
  const folder = plan.folder ?? testFolder(t);
  const configFile = join(folder, 'sentinel.kdl');
  const socket = join(folder, 'admin.sock');
  if (plan.config !== undefined || plan.folder === undefined) writeFileSync(configFile, plan.config ?? staticConfig());
  const options = {
    source: plan.source ?? { kind: 'file', path: configFile },
    title: plan.title ?? 'sentinel-test',
    // What outlives a process must not outlive the test.
    roots: { varLib: folder, varLog: folder, ...(plan.bare === true ? { run: folder } : {}) },
    settleMs: plan.settleMs ?? 100,
    ...(plan.bare === true || plan.workers === 'of the file' ? {} : { overrides: { workers: plan.workers ?? 2 } }),
    ...(plan.workerEntry === undefined ? {} : { workerEntry: plan.workerEntry.href }),
    ...(plan.dies === undefined ? {} : { dies: plan.dies }),
  };
  const entry = new URL('./daemon-entry.ts', import.meta.url).pathname;
  const flags = plan.nodeFlags ?? usualFlags;
  const bound = plan.openFiles === undefined ? '' : `ulimit -n ${plan.openFiles};`;
  const journal = plan.journal === true ? 'export JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1);' : '';
  const command =
    builtProgram === undefined
      ? [...(plan.through ?? []), process.execPath, ...flags, entry, JSON.stringify(options)]
      : [...(plan.through ?? []), ...builtDaemon(plan, folder, configFile)];
  const child = spawn('sh', ['-c', `${bound} ${journal} exec "$@"`, 'sh', ...command], {
    env: {
      PATH: process.env['PATH'],
      ...compileCache(),
      ...(plan.bare === true ? {} : { SENTINEL_ADMIN_SOCKET: socket, SENTINEL_METRICS_ADDR: '127.0.0.1:0' }),
      ...plan.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  // Read once: a daemon under load writes thousands of lines, and tests ask for them again and again.
  const read: LogLine[] = [];
  let begun = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const whole = (begun + text).split('\n');
    begun = whole.pop() ?? '';
    for (const line of whole) read.push(parseLine(line));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const exit = once(child, 'close') as Promise<[number | null, string | null]>;
  t.after(async () => {
    child.kill('SIGKILL');
    // Those that took over, or were to: they hold the same pipes.
    for (const heir of heirsOf(lines())) endProcess(heir);
    await exit;
  });
  const lines = () => [...read];
  const ready = () => read.find(({ message }) => message === 'Ready');
  return {
    folder,
    configFile,
    socket,
    child,
    pid: child.pid as number,
    client: new AdminClient({
      target: { name: 'test', addresses: [{ kind: 'socket', path: socket }] },
      version: '0.0.0-test',
    }),
    output: () => output,
    errors: () => errors,
    lines,
    line: (message, count = 1) =>
      eventually(() => {
        const found = read.filter((line) => line.message === message)[count - 1];
        if (found === undefined) throw new Error(`no ${JSON.stringify(message)} in the log:\n${output}${errors}`);
        return found;
      }),
    url: (listener = 'http') => `http://${(ready()?.['listeners'] as Record<string, string> | undefined)?.[listener]}`,
    adminUrl: () => `http://${ready()?.['admin_address']}`,
    writeConfig: (text) => writeFileSync(configFile, text),
    async ended() {
      const [code, signal] = await exit;
      return { code, signal };
    },
  };
}

/** The daemon of a built program, as an operator starts it. @throws where the plan asks for what only the sources can do */
function builtDaemon(plan: DaemonPlan, folder: string, configFile: string): readonly string[] {
  const { source, workerEntry, dies, nodeFlags, title, workers = 2, bare } = plan;
  if (
    [workerEntry, dies, nodeFlags].some((asked) => asked !== undefined) ||
    (source ?? { kind: 'file' }).kind !== 'file'
  )
    throw new Error('a built program cannot be started so: leave this test out of those that run against it');
  const own = bare === true || workers === 'of the file' ? [] : ['--workers', String(workers)];
  const name = title === 'sentinel-proxy' ? 'sentinel-proxy' : 'sentinel';
  const verb = name === 'sentinel' ? ['run'] : [];
  const around = withFolders({ lib: folder, log: folder });
  const file = source?.kind === 'file' ? source.path : configFile;
  return [...around, ...programCommand(name), ...verb, '-c', file, ...own];
}

/** Starts a daemon and waits until it carries traffic. */
export async function startDaemonProcess(t: TestContext, plan: DaemonPlan = {}): Promise<DaemonProcess> {
  const daemon = launchDaemon(t, plan);
  await daemon.line('Ready');
  return daemon;
}

function heirsOf(lines: readonly LogLine[]): readonly number[] {
  return lines.flatMap(({ event, heir }) => (event === 'upgrade_started' && typeof heir === 'number' ? [heir] : []));
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function parseLine(line: string): LogLine {
  try {
    // The priority that the journal takes off.
    return JSON.parse(line.replace(/^<\d>/, '')) as LogLine;
  } catch {
    return { level: '', message: line };
  }
}
