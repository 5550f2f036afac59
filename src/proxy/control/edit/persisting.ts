/**
 * Carries an edit out: the running configuration with one thing changed becomes the one in force, as a change like any other,
 * and then its file is replaced. Refuses where the files on disk are not what runs. Drains, targets and the admin API call it.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../../../base/environment.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { FileEdit } from '../../../config/edit/file-edit.ts';
import { textsOver } from '../../../config/files.ts';
import { loadConfigFile, type LoadedConfig, type LoadResult } from '../../../config/load.ts';
import type { Generation, GenerationFile } from '../../../history/generation.ts';
import type { Change, ChangeListener } from '../change.ts';
import type { ConfigLoader, ConfigSource } from '../config-source.ts';
import type { Applied, DaemonState } from '../daemon-state.ts';
import type { Log } from '../logging.ts';
import type { Reloader } from '../reload.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { EditRefused, type Persist, type Persisted, type PersistOrder } from './persist.ts';

export interface PersistingOptions {
  readonly source: ConfigSource;
  readonly environment: Environment;
  /** Reads what is on disk. */
  readonly load: ConfigLoader;
  readonly state: DaemonState;
  readonly reloader: Pick<Reloader, 'change'>;
  readonly warnings: StandingWarnings;
  readonly log: Log;
  /** Replaces the files on disk by all those of a generation, whole or not at all. @throws SNT-P020 */
  readonly replace: (generation: Pick<Generation, 'number' | 'digest' | 'files'>) => void;
}

const subject = 'persist';

/** One edit under way. */
interface Order {
  readonly edit: FileEdit;
  failure: SentinelError | null;
}

/** Also a listener of changes, after whoever keeps them: files are replaced in the turn of the change that they belong to. */
export class Persisting implements Persist, ChangeListener {
  readonly #options: PersistingOptions;
  readonly #orders = new Map<Change, Order>();
  /** The digest that is in force and not written. */
  #unwritten: string | null = null;

  constructor(options: PersistingOptions) {
    this.#options = options;
  }

  async carryOut(order: PersistOrder): Promise<Persisted> {
    const { state, reloader } = this.#options;
    const now = this.#edited(order);
    if (now.before === now.after)
      return { generation: state.generation, digest: state.digest, edit: now, changed: false };
    const change: Change = {
      origin: 'edit',
      actor: order.actor,
      reason: order.reason,
      // Once more, in its turn: somebody else may have changed the files while this one waited.
      load: () => {
        const edit = this.#edited(order);
        this.#orders.set(change, { edit, failure: null });
        return this.#candidate(edit);
      },
    };
    const outcome = await reloader.change(change);
    const carried = this.#orders.get(change);
    this.#orders.delete(change);
    if (outcome.result !== 'completed' || carried === undefined) throw refusal(outcome);
    if (carried.failure !== null) throw carried.failure;
    return { generation: outcome.generation, digest: outcome.digest, edit: carried.edit, changed: true };
  }

  applied({ generation, digest, loaded }: Applied, _before: Applied | null, change: Change): void {
    const order = this.#orders.get(change);
    if (order === undefined) {
      // Whatever is in force now came from elsewhere: what was not written is history.
      if (digest !== this.#unwritten) this.#settle(null);
      return;
    }
    const { edit } = order;
    try {
      this.#options.replace({ number: generation, digest, files: filesWith(edit, loaded) });
      this.#options.log.info('Configuration file edited', {
        event: 'config_edit',
        actor: change.actor,
        file: edit.path,
        generation,
        lines: edit.diff,
      });
      this.#settle(null);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      order.failure = new SentinelError(
        'SNT-A031',
        `generation ${generation} is in force, but ${edit.file} could not be written: ${why}`,
        { hint: 'sentinel config diff running disk', cause: error },
      );
      this.#settle(digest, `${order.failure.message}; the next start would read the file as it was`);
    }
  }

  #settle(unwritten: string | null, words: string | null = null): void {
    this.#unwritten = unwritten;
    this.#options.warnings.set(subject, words);
  }

  /** @throws SNT-A030 · what the edit throws */
  #edited({ edit }: PersistOrder): FileEdit {
    const loaded = this.#sameOnDisk();
    const made = edit(loaded);
    // Texts are without the mark; what is written would be too, and that is more than was asked for.
    if (
      readFileSync(made.path)
        .subarray(0, 3)
        .equals(Buffer.from([0xef, 0xbb, 0xbf]))
    ) {
      throw new SentinelError('SNT-P058', `cannot edit ${made.file}: it begins with a byte order mark`, {
        hint: `sentinel config fmt ${made.path}`,
      });
    }
    return made;
  }

  /** What runs, if that is what is on disk. */
  #sameOnDisk(): LoadedConfig {
    const { source, load, state } = this.#options;
    if (source.kind !== 'file') {
      throw new SentinelError('SNT-P056', 'the daemon runs without a configuration file, so nothing can be written', {
        hint: 'sentinel init sentinel.kdl',
      });
    }
    const onDisk = load();
    const digest = onDisk.kind === 'unreadable' ? null : onDisk.digest;
    if (digest === state.digest) return state.applied.loaded;
    throw new SentinelError('SNT-A030', `${source.path} is not what runs${whyNot(onDisk)}; nothing was changed`, {
      hint: 'sentinel config diff running disk',
    });
  }

  #candidate(edit: FileEdit): LoadResult {
    const { source, environment } = this.#options;
    if (source.kind !== 'file') throw new Error('an edit without a file');
    return loadConfigFile(source.path, environment, textsOver(new Map([[edit.path, edit.after]]), false));
  }
}

/** All files of the configuration: one that is not among them would no longer be part of it. */
function filesWith(edit: FileEdit, { sources }: LoadedConfig): readonly GenerationFile[] {
  return sources.map(({ path }) => ({ path, text: path === edit.path ? edit.after : readFileSync(path, 'utf8') }));
}

function whyNot(onDisk: LoadResult): string {
  if (onDisk.kind === 'unreadable') return `: ${onDisk.error.message}`;
  return onDisk.digest === null ? ', and has mistakes' : '';
}

function refusal(outcome: Awaited<ReturnType<Reloader['change']>>): SentinelError {
  const { code, problems, hint } = outcome;
  const [only] = problems;
  const detail =
    problems.length === 1 && only !== undefined ? only : `the edited configuration has ${problems.length} mistakes`;
  return new EditRefused(code ?? 'SNT-P011', detail, problems, hint);
}
