/**
 * What several collectors need to know before they can begin, each found out once: the daemon's status, the configuration on disk,
 * the folder of the daemon, its process. Made by the runner for one collection; keeps nothing beyond it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Reply } from '../../admin/client/client.ts';
import type { ReplyRoom } from '../../admin/client/exchange.ts';
import { type EndpointId, type EndpointShapes, endpoints } from '../../admin/contract/endpoints.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import type { Environment } from '../../base/environment.ts';
import { instanceFolder, stateFolders } from '../../base/state-folder.ts';
import { type LoadResult, loadConfigFile } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import type { Surroundings } from '../../diagnosis/probe.ts';
import { stateDirOf } from '../../history/boot.ts';
import { readRunRecord, type RunRecord } from '../../history/run-record.ts';
import { processFacts } from '../../machine/process-table.ts';
import { CollectFault } from './fault.ts';

/** A daemon that is well answers in milliseconds; whatever else waits for its status is not to miss its own time over one that hangs. */
const silenceMs = { usual: 4_000, fast: 2_000 } as const;
const statusMs = { usual: 2_000, fast: 1_000 } as const;

/** What all replies may come to: a daemon that says more, of all that it is asked, is none of ours. */
const REPLY_BYTES = 64 << 20;

export type Askable = Exclude<EndpointId, 'stream'>;

export interface DiskConfig {
  /** Absolute. */
  readonly path: string;
  readonly loaded: LoadResult;
}

export class Lookups {
  readonly #surroundings: Surroundings;
  readonly #signal: AbortSignal;
  readonly #pace: 'usual' | 'fast';
  readonly #room = { bytes: REPLY_BYTES };
  #status: Promise<Reply<StatusReply>> | null = null;
  #disk: Promise<DiskConfig | null> | null = null;
  #instance: Promise<string | null> | null = null;

  /** @param signal Of the whole collection. */
  constructor(surroundings: Surroundings, signal: AbortSignal, fast: boolean) {
    this.#surroundings = surroundings;
    this.#signal = signal;
    this.#pace = fast ? 'fast' : 'usual';
  }

  /** The whole reply of one endpoint. @throws CollectFault with the reason */
  async ask<K extends Askable>(
    id: K,
    query?: EndpointShapes[K]['query'],
    params?: Readonly<Record<string, string>>,
    signal: AbortSignal = this.#signal,
    timeoutMs: number = silenceMs[this.#pace],
  ): Promise<Reply<EndpointShapes[K]['reply']>> {
    const call = {
      ...(query === undefined ? {} : { query }),
      ...(params === undefined ? {} : { params }),
    };
    return this.#whole(timeoutMs, signal, (patience) =>
      this.#surroundings.client.call(id, { ...call, ...patience } as object),
    );
  }

  /** Text of a path outside the table of the admin API. @throws CollectFault with the reason */
  async text(path: string, signal: AbortSignal = this.#signal): Promise<{ status: number; text: string }> {
    return this.#whole(silenceMs[this.#pace], signal, (patience) => this.#surroundings.client.text(path, patience));
  }

  /** A reply has to be there by then, all of it: who says a little now and then would never be done. */
  async #whole<T>(
    timeoutMs: number,
    signal: AbortSignal,
    send: (patience: { timeoutMs: number; signal: AbortSignal; room: ReplyRoom }) => Promise<T>,
  ): Promise<T> {
    const late = new AbortController();
    // Whoever says nothing at all is told apart by the client.
    const limit = this.#surroundings.clock.after(timeoutMs + 200, () => late.abort());
    try {
      return await send({ timeoutMs, signal: AbortSignal.any([signal, late.signal]), room: this.#room });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CollectFault(late.signal.aborted ? `no whole answer within ${timeoutMs / 1000} s` : why, {
        cause: error,
      });
    } finally {
      limit.stop();
    }
  }

  status(): Promise<Reply<StatusReply>> {
    this.#status ??= this.ask('status', undefined, undefined, this.#signal, statusMs[this.#pace]);
    return this.#status;
  }

  /** The status, or null where no daemon gives one. */
  async known(): Promise<StatusReply | null> {
    try {
      return (await this.status()).data;
    } catch {
      return null;
    }
  }

  /** The file that the daemon runs, else the one that is meant; null = no file is. Only on this machine. */
  disk(): Promise<DiskConfig | null> {
    this.#disk ??= this.#readDisk();
    return this.#disk;
  }

  /** What `${…}` in the file means is what it means to the daemon, where this user may see it; also what secrets there are. */
  async environment(): Promise<Environment> {
    const { run, roots } = this.#surroundings;
    const told = (await this.known())?.pid;
    return { ...run.environment, ...(told === undefined ? {} : environmentOf(told, roots.proc)) };
  }

  /** What the file says, as far as it can be read. */
  async config(): Promise<Config | null> {
    const loaded = (await this.disk())?.loaded;
    if (loaded === undefined || loaded.kind === 'unreadable') return null;
    return loaded.kind === 'ok' ? loaded.config : loaded.unservable;
  }

  /** Where the daemon keeps what belongs to its configuration; null = nowhere. */
  instance(): Promise<string | null> {
    this.#instance ??= this.#findInstance();
    return this.#instance;
  }

  async #findInstance(): Promise<string | null> {
    const { run, local, configPath, directory } = this.#surroundings;
    if (!local) return null;
    const disk = await this.disk();
    const path = disk?.path ?? (configPath === null ? null : resolve(directory, configPath));
    const stateDir = disk === null ? null : stateDirOf(disk.loaded, disk.path);
    const folders = [...(stateDir === null ? [] : [stateDir]), ...stateFolders(run, null)];
    const found = [...new Set(folders)].map((folder) => instanceFolder(folder, path ?? 'built-in'));
    return found.find((folder) => existsSync(folder)) ?? null;
  }

  async runRecord(): Promise<RunRecord | null> {
    const instance = await this.instance();
    return instance === null ? null : readRunRecord(instance).value;
  }

  /** The daemon's process on this machine; null = there is none, or nobody knows it. */
  async pid(): Promise<number | null> {
    const { local, roots } = this.#surroundings;
    if (!local) return null;
    const told = (await this.known())?.pid;
    if (told !== undefined) return told;
    const run = await this.runRecord();
    if (run === null || run.ended !== null) return null;
    return processFacts(run.pid, roots.proc) === null ? null : run.pid;
  }

  async #readDisk(): Promise<DiskConfig | null> {
    const { local, configPath, directory, clock } = this.#surroundings;
    if (!local) throw new CollectFault('the daemon is on another machine, and so are its files');
    const status = await this.known();
    const named = status === null ? configPath : status.config.path;
    if (named === null) return null;
    const path = resolve(directory, named);
    return { path, loaded: loadConfigFile(path, await this.environment(), undefined, clock) };
  }
}

/** Of a process; empty where this user may not see it. */
export function environmentOf(pid: number, proc: string): Readonly<Record<string, string>> {
  try {
    const entries = readFileSync(join(proc, String(pid), 'environ'), 'utf8').split('\0');
    return Object.fromEntries(
      entries.flatMap((entry) => {
        const at = entry.indexOf('=');
        return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const];
      }),
    );
  } catch {
    return {};
  }
}

/** `GET /admin/upstreams` */
export function sourceOf(id: Askable): string {
  const { method, path } = endpoints[id];
  return `${method} ${path}`;
}
