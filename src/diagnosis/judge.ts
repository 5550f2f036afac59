/**
 * Judges facts: answers the questions of the triage tree, weighs what rules suspect, names the cause, how bad it is, who is paged
 * and what to type. A pure function of facts, runbooks, thresholds and contacts; the same for live facts and a snapshot's.
 */
import type { ContactsState } from '../admin/contract/contact-shapes.ts';
import type { Runbook } from '../runbook/model.ts';
import { CERTAIN_ENOUGH, type Case, caseOf } from './case.ts';
import { causes as allCauses } from './causes.ts';
import type { Facts, SectionName } from './facts.ts';
import { fold } from './fold.ts';
import type { Sev } from '../base/severity.ts';
import type { Suspicion, Verdict } from './judgement.ts';
import { nextCommands } from './next.ts';
import { notices } from './notices.ts';
import { dealsWith, rank } from './rank.ts';
import { suspicions } from './rules.ts';
import { pageFor, responseTo, severityOf } from './severity.ts';
import type { Thresholds } from './thresholds.ts';
import { walk } from './walk.ts';

export interface JudgeOptions {
  /** Of the package and of the site, by id (`Shelf.all()`). */
  readonly runbooks: readonly Runbook[];
  readonly thresholds: Thresholds;
  /** Null = not known. */
  readonly contacts: ContactsState | null;
  /** Procedure to begin in: what somebody already sees. */
  readonly symptom?: string | null;
  /** Sections that somebody set out to know; default all. What nobody looks at is not missed, and is not said to be well either. */
  readonly watched?: ReadonlySet<SectionName>;
}

/** Sections without which "nothing is wrong" cannot be said. */
const mandatory: readonly SectionName[] = [
  'process',
  'endpoints',
  'daemon',
  'traffic',
  'config',
  'targets',
  'certificates',
];
/** Those that nobody can know where no process is. */
const ofTheLiving: ReadonlySet<SectionName> = new Set(['endpoints', 'daemon', 'traffic']);
/** Below that even a symptom does not make a cause. */
const CERTAIN_ENOUGH_FOR_A_SYMPTOM = 0.2;

export function judge(facts: Facts, options: JudgeOptions): Verdict {
  const of = caseOf(facts, options.thresholds);
  const runbooks = new Map(options.runbooks.map((runbook) => [runbook.id, runbook]));
  const folded = fold(of, suspicions(of));
  const suspected = folded.filter(({ strength }) => strength >= CERTAIN_ENOUGH);
  const asked = options.symptom ?? null;
  const fits = (one: Suspicion) => asked !== null && dealsWith(asked, one.cause, runbooks);
  const bySymptom = folded.filter((one) => fits(one) && one.strength >= CERTAIN_ENOUGH_FOR_A_SYMPTOM);
  const hasCauses = (id: string) => suspected.some(({ cause }) => dealsWith(id, cause, runbooks));
  const from = (start: string) => walk(of, { runbooks, start, hasCauses });
  const begun = asked === null ? null : from(asked);
  // A symptom that nothing speaks for is judged as if nobody had named it.
  const led = begun !== null && bySymptom.length > 0;
  const way = led ? { ...begun, procedure: asked } : from('triage');
  const chosen = led ? [...new Set([...bySymptom, ...suspected])] : suspected;
  const procedure = way.procedure ?? home(chosen);
  const causes = rank(chosen, procedure, runbooks);
  const unknown = unknownSections(of, facts, options.watched ?? null);
  const found = causes.length > 0 || procedure !== null;
  const unsure = way.stopped || unknown.some((one) => one.mandatory);
  const status = found ? 'problems' : unsure ? 'unknown' : 'ok';
  const severity = found ? (severityOf(causes) ?? unexplained(procedure, runbooks)) : null;
  return {
    status,
    exit_code: status === 'problems' ? 1 : status === 'unknown' ? 3 : 0,
    procedure: found ? procedure : null,
    path: way.steps,
    causes,
    notices: notices(of, causes),
    severity,
    respond_within: responseTo(severity),
    page: pageFor(severity, causes, options.contacts, of.nowMs),
    next: nextCommands(causes, procedure),
    unknown,
  };
}

/** A cause that no question of the tree led to: its own procedure. */
function home(causes: readonly Suspicion[]): string | null {
  const [first] = rank(causes, null, new Map());
  return first === undefined ? null : allCauses[first.cause].procedure;
}

/** The tree ended in a procedure, and no rule has a cause: as bad as its runbook says it usually is. */
function unexplained(procedure: string | null, runbooks: ReadonlyMap<string, Runbook>): Sev {
  return runbooks.get(procedure ?? '')?.severity ?? 'SEV3';
}

function unknownSections(of: Case, facts: Facts, watched: JudgeOptions['watched'] | null): Verdict['unknown'] {
  const dead = of.process !== null && of.process.pid === null;
  return (Object.keys(facts.sections) as readonly SectionName[]).flatMap((section) => {
    const why = of.why(section);
    if (why === null || watched?.has(section) === false) return [];
    return [{ section, mandatory: mandatory.includes(section) && !(dead && ofTheLiving.has(section)), why }];
  });
}
