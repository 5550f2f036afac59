/** Where this daemon keeps incidents, by the configuration in force. Asked by the admin API, the record of the run and alerts. */
import { ensureIncidentsFolder, findIncidentsFolder, type IncidentsPlace } from '../../../base/incidents-folder.ts';
import type { RunContext } from '../../../base/run-files.ts';
import type { DaemonState } from '../daemon-state.ts';

export class IncidentPlace {
  readonly #context: RunContext;
  readonly #stateDir: string | null;
  readonly #state: Pick<DaemonState, 'generation' | 'applied'>;

  /** @param stateDir `state-dir` as it was when the process started. */
  constructor(context: RunContext, stateDir: string | null, state: Pick<DaemonState, 'generation' | 'applied'>) {
    this.#context = context;
    this.#stateDir = stateDir;
    this.#state = state;
  }

  /** The folder that would be used; null = none can be. Makes nothing. */
  find(): string | null {
    return findIncidentsFolder(this.#context, this.#place());
  }

  /**
   * The folder, made where it was not there.
   * @throws SNT-I020, SNT-P014
   */
  ensure(): string {
    return ensureIncidentsFolder(this.#context, this.#place());
  }

  /** What it all is about, as the file says; null = it does not. */
  get service(): string | null {
    return this.#state.generation === 0 ? null : this.#state.applied.config.incidents.service;
  }

  #place(): IncidentsPlace {
    const dir = this.#state.generation === 0 ? null : this.#state.applied.config.incidents.dir;
    return { dir, stateDir: this.#stateDir };
  }
}
