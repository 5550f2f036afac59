/** What a rolling drain has done, a line each, in a file: so that it can be read afterwards and gone on with. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { RunContext } from '../../base/run-files.ts';
import { ensureStateFolder } from '../../base/state-folder.ts';
import { rfc3339 } from '../../base/units.ts';

const schema = 'sentinel.rolling/1';

export type Step = 'draining' | 'drained' | 'ran' | 'returned' | 'failed' | 'skipped';

export interface Entry {
  readonly at: string;
  readonly target: string;
  readonly step: Step;
  readonly detail: string;
}

export class Transcript {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** A new one. @throws SNT-P014, SNT-P048 it cannot be written */
  static begin(path: string | undefined, context: RunContext, directory: string, upstream: string, nowMs: number) {
    const transcript = new Transcript(
      path === undefined ? defaultPath(context, upstream, nowMs) : resolve(directory, path),
    );
    transcript.#line({ schema, upstream });
    return transcript;
  }

  /**
   * One that goes on.
   * @returns the targets that have come back already
   * @throws SNT-P040 it cannot be read, or is not of this upstream
   */
  static resume(
    path: string,
    directory: string,
    upstream: string,
  ): { readonly transcript: Transcript; readonly done: ReadonlySet<string> } {
    const file = resolve(directory, path);
    const [head, ...entries] = linesOf(file);
    const { schema: found, upstream: of } = (head ?? {}) as { schema?: unknown; upstream?: unknown };
    if (found !== schema || of !== upstream) {
      throw unreadable(file, found === schema ? `it is of upstream ${String(of)}` : 'it is no transcript');
    }
    const back = (entries as Partial<Entry>[]).filter(({ step }) => step === 'returned');
    return { transcript: new Transcript(file), done: new Set(back.map(({ target }) => String(target))) };
  }

  /** @throws SNT-P048 */
  note(nowMs: number, target: string, step: Step, detail: string): Entry {
    const entry = { at: rfc3339(nowMs), target, step, detail };
    this.#line(entry);
    return entry;
  }

  #line(value: unknown): void {
    try {
      appendFileSync(this.path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
    } catch (error) {
      throw new SentinelError('SNT-P048', `cannot write the transcript ${this.path}: ${errnoOf(error) ?? error}`, {
        hint: 'name another file with --transcript',
      });
    }
  }
}

function defaultPath(context: RunContext, upstream: string, nowMs: number): string {
  const folder = join(ensureStateFolder(context, null), 'rolling');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = upstream.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return join(folder, `${name}-${rfc3339(nowMs).replaceAll(/[:.]/g, '')}.ndjson`);
}

function linesOf(file: string): readonly unknown[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as unknown);
  } catch (error) {
    throw unreadable(file, errnoOf(error) ?? 'it is no transcript');
  }
}

function unreadable(file: string, why: string): SentinelError {
  return new SentinelError('SNT-P040', `cannot go on with ${file}: ${why}`, {
    hint: 'the command that stopped named its transcript',
  });
}
