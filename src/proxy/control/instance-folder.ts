/** Where this daemon keeps what belongs to its configuration (history, drains, overrides). Made when it is first wanted. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import type { RunContext } from '../../base/run-files.ts';
import { ensureStateFolder, findStateFolder, instanceFolder } from '../../base/state-folder.ts';
import type { ConfigSource } from './config-source.ts';

/** What the folder is named for. */
export function identityOf(source: ConfigSource): string {
  switch (source.kind) {
    case 'file':
      return resolve(source.path);
    case 'embedded':
      return 'built-in';
    case 'forward':
      return `to ${source.to}`;
  }
}

export class InstanceFolder {
  readonly #context: RunContext;
  readonly #stateDir: string | null;
  readonly #identity: string;
  /** The process that it belongs to now, where that is not this one. */
  #heir: number | null = null;

  /** @param stateDir `state-dir` as it was when the process started. */
  constructor(context: RunContext, stateDir: string | null, source: ConfigSource) {
    this.#context = context;
    this.#stateDir = stateDir;
    this.#identity = identityOf(source);
  }

  /** To read from: where it would be; null when there is no state folder that can be used. */
  find(): string | null {
    const folder = findStateFolder(this.#context, this.#stateDir);
    return folder === null ? null : instanceFolder(folder, this.#identity);
  }

  /** Another process is in charge of what is in it: nothing may be written there. @param heir null = this one is again */
  relinquish(heir: number | null): void {
    this.#heir = heir;
  }

  /** Whether it belongs to another process now. */
  get relinquished(): boolean {
    return this.#heir !== null;
  }

  /**
   * To write to, what does not belong to one configuration: the state folder around it.
   * @throws SNT-P014
   */
  ensureShared(): string {
    if (this.#heir !== null) {
      throw new SentinelError('SNT-P014', `the state is that of the process that took over (pid ${this.#heir})`);
    }
    return ensureStateFolder(this.#context, this.#stateDir);
  }

  /**
   * To write to: made with mode 0700.
   * @throws SNT-P014
   */
  ensure(): string {
    const folder = instanceFolder(this.ensureShared(), this.#identity);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    } catch (error) {
      throw new SentinelError('SNT-P014', `cannot make the folder ${folder}: ${errnoOf(error) ?? String(error)}`);
    }
  }
}
