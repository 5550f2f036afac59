/**
 * What several collectors need to know before they can begin, each found out once: the daemon's status, the configuration on disk,
 * the folder of the daemon, its process. Made by the runner for one collection; keeps nothing beyond it.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Reply } from '../../admin/client/client.ts';
import { type EndpointId, type EndpointShapes, endpoints } from '../../admin/contract/endpoints.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import { instanceFolder, stateFolders } from '../../base/state-folder.ts';
import { type LoadResult, loadConfigFile } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';
import type { Surroundings } from '../../diagnosis/probe.ts';
import { stateDirOf } from '../../history/boot.ts';
import { readRunRecord, type RunRecord } from '../../history/run-record.ts';
import { processFacts } from '../../machine/process-table.ts';
import { CollectFault } from './fault.ts';

/** A daemon that is well answers in milliseconds. */
const silenceMs = 4_000;

export type Askable = Exclude<EndpointId, 'stream'>;

export interface DiskConfig {
  /** Absolute. */
  readonly path: string;
  readonly loaded: LoadResult;
}

export class Lookups {
  readonly #surroundings: Surroundings;
  readonly #signal: AbortSignal;
  #status: Promise<Reply<StatusReply>> | null = null;
  #disk: Promise<DiskConfig | null> | null = null;

  /** @param signal Of the whole collection. */
  constructor(surroundings: Surroundings, signal: AbortSignal) {
    this.#surroundings = surroundings;
    this.#signal = signal;
  }

  /** The whole reply of one endpoint. @throws CollectFault with the reason */
  async ask<K extends Askable>(
    id: K,
    query?: EndpointShapes[K]['query'],
    params?: Readonly<Record<string, string>>,
    signal: AbortSignal = this.#signal,
  ): Promise<Reply<EndpointShapes[K]['reply']>> {
    const call = {
      timeoutMs: silenceMs,
      signal,
      ...(query === undefined ? {} : { query }),
      ...(params === undefined ? {} : { params }),
    };
    try {
      return await this.#surroundings.client.call(id, call as object);
    } catch (error) {
      throw new CollectFault(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  status(): Promise<Reply<StatusReply>> {
    this.#status ??= this.ask('status');
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

  /** What the file says, as far as it can be read. */
  async config(): Promise<Config | null> {
    const loaded = (await this.disk())?.loaded;
    if (loaded === undefined || loaded.kind === 'unreadable') return null;
    return loaded.kind === 'ok' ? loaded.config : loaded.unservable;
  }

  /** Where the daemon keeps what belongs to its configuration; null = nowhere. */
  async instance(): Promise<string | null> {
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
    const { run, local, configPath, directory, clock } = this.#surroundings;
    if (!local) throw new CollectFault('the daemon is on another machine, and so are its files');
    const status = await this.known();
    const named = status === null ? configPath : status.config.path;
    if (named === null) return null;
    const path = resolve(directory, named);
    return { path, loaded: loadConfigFile(path, run.environment, undefined, clock) };
  }
}

/** `GET /admin/upstreams` */
export function sourceOf(id: Askable): string {
  const { method, path } = endpoints[id];
  return `${method} ${path}`;
}
