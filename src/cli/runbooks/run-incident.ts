/**
 * The incident that a run of a runbook is about: what `{incident}` stands for in its steps, and where the run is added when it ends.
 * The one of `--incident` or `--set incident=`, else the only one that is open – also one that a step of the run has opened.
 */
import { SentinelError } from '../../base/errors.ts';
import { checklistLine, checklistOf } from '../../incident/record/checklist.ts';
import type { Entry } from '../../runbook/run/entry.ts';
import type { Invocation } from '../command.ts';
import { openIncidents } from '../incident/chosen-incident.ts';
import { type Joined, incidentToJoin, type JoinedRun, joinRun } from '../incident/joining.ts';
import { incidentStore } from '../incident/place.ts';

export class RunIncident {
  readonly #invocation: Invocation;
  readonly #named: string | undefined;
  /** Null = none was open when the run began, or several. */
  readonly #first: Joined | null;

  private constructor(invocation: Invocation, named: string | undefined, first: Joined | null) {
    this.#invocation = invocation;
    this.#named = named;
    this.#first = first;
  }

  /**
   * @param named what `--set incident=` says
   * @throws SNT-I001, SNT-I002 `--incident` names none
   */
  static async of(invocation: Invocation, named: string | undefined): Promise<RunIncident> {
    if (named !== undefined) return new RunIncident(invocation, named, null);
    if (invocation.flag('dry-run')) return new RunIncident(invocation, invocation.option('incident'), null);
    return new RunIncident(invocation, undefined, await incidentToJoin(invocation));
  }

  /** What `{incident}` stands for now; null = nobody knows which one is meant. @param before entries of a run that is gone on with */
  async id(before: readonly Entry[]): Promise<string | null> {
    const meant = this.#named ?? this.#first?.id;
    if (meant !== undefined) return meant;
    // A step of it may have closed the one that it is about.
    const known = idIn(before);
    if (known !== null) return known;
    try {
      const [only, ...others] = openIncidents(await incidentStore(this.#invocation));
      return only === undefined || others.length > 0 ? null : only;
    } catch (error) {
      if (error instanceof SentinelError) return null;
      throw error;
    }
  }

  /** Whether a line of a checklist is one of the incident, and done there: said by somebody, or proved by a command. */
  async isDone(line: string, before: readonly Entry[]): Promise<boolean> {
    const item = checklistLine(line);
    const id = item === null ? null : await this.id(before);
    if (id === null) return false;
    try {
      const incident = (await incidentStore(this.#invocation)).read(id);
      return checklistOf(incident).some((one) => one.id === item && one.tick !== null);
    } catch (error) {
      if (error instanceof SentinelError) return false;
      throw error;
    }
  }

  /**
   * Adds the run, with what somebody has ticked in it. Never fails it.
   * @param before entries of the run that an earlier process has added
   */
  async join(run: Omit<JoinedRun, 'ticks'>, before: readonly Entry[], entries: readonly Entry[]): Promise<void> {
    const joined = this.#first ?? (await this.#meanwhile(entries));
    if (joined !== null)
      await joinRun(this.#invocation, joined, { ...run, ticks: ticksIn(entries.slice(before.length)) });
  }

  /** Named, or opened while it ran. */
  async #meanwhile(entries: readonly Entry[]): Promise<Joined | null> {
    const id = this.#named ?? idIn(entries);
    if (id === null) return null;
    try {
      const store = await incidentStore(this.#invocation);
      return { id: store.read(id).id, store };
    } catch (error) {
      if (error instanceof SentinelError) return null;
      throw error;
    }
  }
}

function idIn(entries: readonly Entry[]): string | null {
  const found = entries.findLast((entry) => entry.kind === 'value' && entry.name === 'incident');
  return found?.kind === 'value' ? found.value : null;
}

/** Lines of the checklists of an incident that somebody has said to be done. */
function ticksIn(entries: readonly Entry[]): readonly string[] {
  const ids = entries.flatMap((entry) => {
    const id = entry.kind === 'tick' && entry.state === 'done' ? checklistLine(entry.text) : null;
    return id === null ? [] : [id];
  });
  return [...new Set(ids)];
}
