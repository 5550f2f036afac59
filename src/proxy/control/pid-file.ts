/**
 * The pid file: refuses a second daemon, sees through what a killed one left behind, and falls back to the run-time files
 * where the configured place cannot be written. Holds the pid of the daemon and nothing else, for `kill $(cat …)`.
 */
import { accessSync, constants, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { processFacts } from '../../machine/process-table.ts';

/** How exactly start times and file times can be compared: clock ticks, rounding of the boot time. */
const SLACK_MS = 2_000;

export interface PidFileOptions {
  readonly path: string;
  readonly pid: number;
  /** The folder of the run-time files: where the file goes when `path` cannot be written. */
  readonly fallbackFolder: string;
  /** Of the process that hands over to this one: its file may be written over. */
  readonly predecessor?: number;
}

export class PidFile {
  /** Where it was written. */
  readonly path: string;
  /** What to tell the operator when that is not the configured path. */
  readonly remark: string | null;
  readonly #pid: number;

  private constructor(path: string, remark: string | null, pid: number) {
    this.path = path;
    this.remark = remark;
    this.#pid = pid;
  }

  /**
   * @throws SNT-P002 when a live daemon holds either place · SNT-P005 when neither can be written
   */
  static claim({ path, pid, fallbackFolder, predecessor = pid }: PidFileOptions): PidFile {
    const fallback = join(fallbackFolder, basename(path));
    const problem = tryClaim(path, pid, predecessor);
    if (problem === null) return new PidFile(path, null, pid);
    const second = tryClaim(fallback, pid, predecessor);
    if (second === null) {
      // A link that the package has put there leads to it.
      if (sameFile(path, fallback)) return new PidFile(fallback, null, pid);
      return new PidFile(fallback, `the pid file is ${fallback}, because ${path} cannot be written (${problem})`, pid);
    }
    const tried = fallback === path ? [`${path}: ${problem}`] : [`${path}: ${problem}`, `${fallback}: ${second}`];
    throw new SentinelError('SNT-P005', `cannot write the pid file: ${tried.join('; ')}`, {
      hint: 'name a writable path with `server { pid-file "…" }`',
    });
  }

  /**
   * Claims this place and no other.
   * @throws SNT-P002 when a live daemon holds it · SNT-P005 when it cannot be written
   */
  static claimExactly(path: string, pid: number): PidFile {
    const problem = tryClaim(path, pid, pid);
    if (problem === null) return new PidFile(path, null, pid);
    throw new SentinelError('SNT-P005', `cannot write the pid file ${path}: ${problem}`, {
      hint: 'name a writable path with `server { pid-file "…" }`',
    });
  }

  /** Writes it anew: another process had taken it over and is gone. @throws the system error */
  reclaim(): void {
    writeFileAtomically(this.path, `${this.#pid}\n`);
  }

  /** Removes the file if it is still this daemon's. */
  release(): void {
    if (readPid(this.path) === this.#pid) rmSync(this.path, { force: true });
  }
}

/** Writes the file unless a live daemon holds it; says why it cannot be written, or `null`. */
function tryClaim(path: string, self: number, predecessor: number): string | null {
  try {
    // A file that this user could not write belongs to somebody else's daemon, which is none of our business.
    accessSync(dirname(path), constants.W_OK);
    const pid = readPid(path);
    if (pid !== null && pid !== self && pid !== predecessor && isDaemon(pid, path)) throw alreadyRunning(pid, path);
    writeFileAtomically(path, `${self}\n`);
    return null;
  } catch (error) {
    if (error instanceof SentinelError) throw error;
    return errnoOf(error) ?? String(error);
  }
}

function sameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function alreadyRunning(pid: number, path: string): SentinelError {
  return new SentinelError('SNT-P002', `sentinel is already running as pid ${pid} (pid file ${path})`, {
    hint: `see it with \`sentinel status\`, or stop it with \`kill -TERM ${pid}\``,
  });
}

/** True when the process of this pid lives and is the one that wrote the file, not a later one with a reused number. */
function isDaemon(pid: number, path: string): boolean {
  const facts = processFacts(pid);
  if (facts === null || facts.zombie) return false;
  return facts.name.startsWith('sentinel') && facts.startedAtMs <= statSync(path).mtimeMs + SLACK_MS;
}

function readPid(path: string): number | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}
