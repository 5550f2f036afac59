/**
 * One run under way: where it is, what it knows, what it has left for people, and how it writes down, asks and stops. The kinds of
 * parts (`questions.ts`, `steps.ts`, `people.ts` …) work on it; `engine.ts` moves it on.
 */
import { createHash } from 'node:crypto';
import type { ErrorCode } from '../../base/codes.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import { isSecretName, type KnownSecrets, redacted } from '../../base/redaction.ts';
import { rfc3339 } from '../../base/units.ts';
import type { Goto, Runbook } from '../model.ts';
import { isPlaceholder, placeholders } from '../placeholders.ts';
import { Discretion, filled, filledText, namesIn } from './argument-list.ts';
import type { EndedEntry, Entry, Happening, Outcome, Place } from './entry.ts';
import { type Part, partsOf } from './parts.ts';
import type { Choice, World } from './world.ts';

export interface RunPlan {
  /** Identifier of the run. */
  readonly run: string;
  readonly runbook: Runbook;
  readonly dryRun: boolean;
  /** Just this one, by number or name. */
  readonly only: { readonly kind: 'step' | 'bash' | 'rollback'; readonly reference: string } | null;
  /** Step to begin with. */
  readonly from: string | null;
  /** Changes are agreed to. */
  readonly yes: boolean;
  /** Names that were typed ahead, for what cannot be taken back. */
  readonly confirms: ReadonlySet<string>;
  /** Answers to questions that are for people. */
  readonly answers: ReadonlyMap<string, 'yes' | 'no'>;
  /** Names that `--set` gave a value. */
  readonly named: ReadonlySet<string>;
  readonly known: KnownSecrets;
  readonly resume: ResumePoint | null;
  readonly actor: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
}

/** Where a run that stopped is gone on with. */
export interface ResumePoint {
  /** The last part that was done; null = none was. */
  readonly after: Place | null;
  /** What was asserted and held: has to hold again. */
  readonly asserts: readonly { readonly question: string; readonly expected: 'yes' | 'no' }[];
  /** Values that were given before. */
  readonly values: ReadonlyMap<string, string>;
  /** What was begun and of whose end nothing is known. */
  readonly unclear: string | null;
}

/** The run ends here. */
export class Stop extends Error {
  readonly outcome: Outcome;
  readonly code: ErrorCode | null;
  readonly next: readonly string[];

  constructor(outcome: Outcome, code: ErrorCode | null, words: string, next: readonly string[] = []) {
    super(words);
    this.outcome = outcome;
    this.code = code;
    this.next = next;
  }
}

export const exitOf: Readonly<Record<Outcome, ExitCode>> = {
  finished: exitCodes.ok,
  failed: exitCodes.problems,
  declined: exitCodes.problems,
  unknown: exitCodes.unknown,
  usage: exitCodes.usage,
  deadline: exitCodes.deadline,
  interrupted: exitCodes.interrupted,
};

/** What comes after a part. */
export type Next = Goto | null;

export class Walk {
  readonly world: World;
  readonly plan: RunPlan;
  readonly discretion: Discretion;
  runbook: Runbook;
  parts: readonly Part[];
  /** A dry run came past a change: what is asserted from there on may be otherwise then. */
  changed = false;
  /** Steps that failed and were not made good. */
  readonly failures = new Map<string, string>();
  /** Left for people. */
  readonly open: string[] = [];
  readonly #values: Map<string, string>;
  readonly #passing = new Set<string>();

  constructor(world: World, plan: RunPlan) {
    this.world = world;
    this.plan = plan;
    this.discretion = new Discretion(plan.known);
    this.runbook = plan.runbook;
    this.parts = partsOf(plan.runbook);
    this.#values = new Map(plan.resume?.values);
  }

  enter(runbook: Runbook): void {
    this.runbook = runbook;
    this.parts = partsOf(runbook);
  }

  emit(happening: Happening): void {
    const entry: Entry = { at: rfc3339(this.world.clock.wallMs()), ...happening };
    this.world.sink.append(entry);
    this.world.screen.show(entry);
  }

  placeOf(part: Part): Place {
    return { runbook: this.runbook.id, part: part.index, line: part.line };
  }

  /** Somebody can be asked. */
  get asks(): boolean {
    return this.world.operator.present;
  }

  /** @throws Stop where no answer will come */
  async choose(words: string, choices: readonly Choice[], enter: string | null): Promise<string> {
    this.#goOn();
    return this.#said(await this.world.operator.choose(words, choices, enter));
  }

  /** @throws Stop where no answer will come */
  async type(words: string): Promise<string> {
    this.#goOn();
    return this.#said(await this.world.operator.type(words));
  }

  #said(answer: string | null): string {
    this.#goOn();
    if (answer === null)
      throw new Stop('declined', 'SNT-R033', 'there was no more input to answer with', this.resumeWith());
    return answer;
  }

  /** @throws Stop somebody has ended the run */
  #goOn(): void {
    if (this.world.signal.aborted) throw this.interrupted();
  }

  interrupted(): Stop {
    return new Stop('interrupted', null, 'ended by you', this.resumeWith());
  }

  declined(words: string): Stop {
    return new Stop('declined', 'SNT-R033', words, this.resumeWith());
  }

  /** How the run is gone on with. */
  resumeWith(): readonly string[] {
    const { runbook, run, dryRun, only } = this.plan;
    return dryRun || only !== null ? [] : [`sentinel runbook run ${runbook.id} --resume ${run}`];
  }

  /**
   * The argument list with its placeholders filled in: from facts, from `--set`, or by the operator.
   * @param what `step "restart"`
   * @throws Stop a value is missing and nobody can be asked · SNT-R032
   */
  async fill(argv: readonly string[], what: string): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const name of namesIn(argv, this.plan.named)) {
      if (!(await this.#valueOf(name))) missing.push(name);
    }
    if (missing.length > 0 && !this.plan.dryRun) {
      const flags = missing.map((name) => `--set ${name}=VALUE`).join(' ');
      const names = missing.map((name) => `{${name}}`).join(' and ');
      throw new Stop('usage', 'SNT-R021', `${what} needs ${names}, and nothing says what that is: give ${flags}`, [
        this.againWith(flags),
      ]);
    }
    return filled(argv, this.#values);
  }

  /** The command that comes to this place again, with a flag more. */
  againWith(flag: string): string {
    const { only, run, runbook, dryRun } = this.plan;
    const back = only?.kind === 'rollback' ? '--rollback' : '--step';
    const how = only !== null ? `${back} ${only.reference}` : dryRun ? '--dry-run' : `--resume ${run}`;
    const fence = only?.kind === 'bash' ? ['--bash'] : [];
    return [`sentinel runbook run ${runbook.id}`, how, ...fence, flag].join(' ');
  }

  /** The same as far as values are known: of what is not run now. */
  async fillLoosely(argv: readonly string[]): Promise<readonly string[]> {
    return await Promise.all(argv.map((argument) => this.fillText(argument)));
  }

  /** A sentence or a condition, filled in as far as values are known. */
  async fillText(text: string): Promise<string> {
    for (const name of namesIn([text], this.plan.named)) await this.#valueOf(name, false);
    return filledText(text, this.#values);
  }

  async #valueOf(name: string, mayAsk = true): Promise<boolean> {
    if (this.#values.has(name) && !this.#passing.has(name)) return true;
    const found = await this.world.values.value(name);
    if (found?.passing === true) this.#passing.add(name);
    const value = found ?? (mayAsk ? await this.#askedValue(name) : null);
    if (value === null) return false;
    if (this.#values.get(name) === value.value) return true;
    this.#values.set(name, value.value);
    const shown = isSecretName(name) ? redacted : this.discretion.text(value.value);
    this.emit({ kind: 'value', name, value: shown, by: value.by });
    return true;
  }

  async #askedValue(name: string): Promise<{ readonly value: string; readonly by: 'operator' } | null> {
    if (!this.asks || this.plan.dryRun) return null;
    const meaning = isPlaceholder(name) ? `, ${placeholders[name]}` : '';
    const value = (await this.type(`{${name}}${meaning}:`)).trim();
    return value === '' ? null : { value, by: 'operator' };
  }

  ended(stop: Stop): EndedEntry {
    return {
      kind: 'ended',
      outcome: stop.outcome,
      exit_code: exitOf[stop.outcome],
      code: stop.code,
      words: this.discretion.text(stop.message),
      next: stop.next,
      open: this.open,
    };
  }
}

/** Of a runbook's text: positions in it hold as long as this is the same. */
export function digestOf(runbook: Runbook): string {
  return createHash('sha256').update(runbook.text).digest('hex');
}

/** As a goto is written. */
export function gotoText({ runbook, anchor }: Goto): string {
  return `${runbook ?? ''}${anchor === null ? '' : `#${anchor}`}`;
}
