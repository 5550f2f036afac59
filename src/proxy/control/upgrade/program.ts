/**
 * What an upgrade starts: the launcher that this daemon was started by, as it is on disk now, or another one that the operator
 * names. It is asked which Node and which entry it would run, and that program for its version, so that a broken
 * package fails here, with what it says, and not with descriptors in its hands.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { type Environment, ownVariables } from '../../../base/environment.ts';
import { errnoOf, SentinelError } from '../../../base/errors.ts';
import { HeirFailure } from './heir-failure.ts';

/** How this process was started: settled in `cli/process.ts`. */
export interface Origin {
  /** Absolute path of the launcher, as it was named; null when there was none. */
  readonly launcher: string | null;
  /** Path of the Node that runs, its flags, and the file that it was given; null where the program is its own Node. */
  readonly node: string;
  readonly flags: readonly string[];
  readonly entry: string | null;
  /** The command line after the program. */
  readonly args: readonly string[];
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
  /** What is set for it besides. */
  readonly environment: Readonly<Record<string, string>>;
}

const LIMIT_MS = 15_000;
const MOST_OUTPUT = 64 << 10;
/** Lines of what a failed program said that are passed on. */
const MOST_LINES = 40;

/** Not for children that are only asked something. */
const notInherited = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES'];

export interface ProgramOptions {
  readonly origin: Origin;
  /** What the operator names; null = the launcher of this daemon. */
  readonly binary: string | null;
  readonly environment: Environment;
  readonly uid: number;
  readonly pid: number;
}

/** @throws SNT-P031 what is there does not run, SNT-P032 there is nothing that can take over */
export async function findProgram(options: ProgramOptions): Promise<Program> {
  const { origin, binary, pid } = options;
  const environment: Record<string, string | undefined> = { ...options.environment };
  for (const name of notInherited) delete environment[name];
  if (binary !== null) holdTrusted(binary, options.uid);
  const launcher = binary ?? origin.launcher;
  if (launcher === null) {
    const version = await versionOf(origin.node, origin.entry, environment);
    return {
      command: origin.node,
      args: [...origin.flags, ...entryArgs(origin.entry), ...origin.args],
      version,
      environment: {},
    };
  }
  const { node, flags, entry } = await ask(launcher, origin, environment);
  const version = await versionOf(node, entry, environment);
  return {
    command: node,
    args: [...flags, ...entryArgs(entry), ...origin.args],
    version,
    // Of the process that the launcher would have been: this one starts it in its stead.
    environment: { [ownVariables.launcher]: `${pid} ${launcher}` },
  };
}

function entryArgs(entry: string | null): readonly string[] {
  return entry === null ? [] : [entry];
}

/** Whoever may change a file that the daemon runs may do what the daemon may. */
function holdTrusted(binary: string, uid: number): void {
  const refuse = (why: string): never => {
    throw new SentinelError('SNT-P032', `${binary} cannot take over: ${why}`, {
      hint: 'name the launcher of an installed sentinel, as `which sentinel` shows it',
    });
  };
  if (!isAbsolute(binary)) return refuse('its path is not absolute');
  try {
    const facts = statSync(binary);
    if (!facts.isFile()) return refuse('it is not a file');
    if (facts.uid !== 0 && facts.uid !== uid)
      return refuse(`it belongs to user ${facts.uid}, not to root or the daemon`);
    if ((facts.mode & 0o022) !== 0) return refuse('others may write to it');
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    return refuse(errnoOf(error) ?? String(error));
  }
}

async function ask(
  launcher: string,
  origin: Origin,
  environment: Environment,
): Promise<Pick<Origin, 'node' | 'flags' | 'entry'>> {
  const env = { ...environment, [ownVariables.launch]: 'describe' };
  const [command, args] = isExecutable(launcher) ? [launcher, origin.args] : [origin.node, [launcher, ...origin.args]];
  const answer = await run(command, args, env, `${launcher} does not run`);
  try {
    const { node, flags, entry } = JSON.parse(answer) as Record<string, unknown>;
    if (typeof node === 'string' && (typeof entry === 'string' || entry === null) && Array.isArray(flags)) {
      return { node, flags: flags.map(String), entry };
    }
  } catch {
    // Said below.
  }
  throw new SentinelError('SNT-P032', `${launcher} is not the launcher of a sentinel that can take over`, {
    hint: `stop and start the daemon to change to it, or name another one`,
  });
}

async function versionOf(node: string, entry: string | null, environment: Environment): Promise<string> {
  const said = await run(
    node,
    [...entryArgs(entry), '--version'],
    environment,
    `the new program ${entry ?? node} does not run`,
  );
  return /(\d+\.\d+\.\S+)/.exec(said)?.[1] ?? 'unknown';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @throws HeirFailure with the last it said */
function run(command: string, args: readonly string[], env: Environment, what: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: env as NodeJS.ProcessEnv, timeout: LIMIT_MS, maxBuffer: MOST_OUTPUT, shell: false };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const output = stderr
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .slice(-MOST_LINES);
      const why = output.length > 0 ? 'it says what is wrong below' : error.message;
      reject(
        new HeirFailure({
          detail: `${what}: ${why}`,
          hint: 'repair the package, then run `sentinel upgrade` again',
          output,
        }),
      );
    });
  });
}
