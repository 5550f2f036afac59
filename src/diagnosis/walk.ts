/**
 * Walks the tree of the runbooks over facts: from question to question along `ask` items, until a procedure asks no more. Knows
 * no tree of its own: whoever changes the runbooks changes the way. Called by the judge.
 */
import type { AskItem, Goto, Item, Runbook } from '../runbook/model.ts';
import { answerFor, questionNamed, wellAnswer } from './answers.ts';
import type { Case } from './case.ts';
import type { Answer, WalkStep } from './judgement.ts';
import { type QuestionName, questions } from './questions.ts';

export interface Walk {
  readonly steps: readonly WalkStep[];
  /** Runbook in which it ended; null = the tree was left with nothing found. */
  readonly procedure: string | null;
  /** A question was not answered that nobody can pass over. */
  readonly stopped: boolean;
}

/** Without their answer the tree says nothing: every other question takes it for granted. */
const notPassedOver: ReadonlySet<QuestionName> = new Set(['process-running']);

/** Which runbook of two a procedure's own question may lead to is the caller's to say: it knows what is suspected. */
export interface WalkOptions {
  readonly runbooks: ReadonlyMap<string, Runbook>;
  readonly start: string;
  /** Whether causes are suspected that the procedure deals with. */
  readonly hasCauses: (procedure: string) => boolean;
}

interface Place {
  readonly runbook: Runbook;
  readonly index: number;
}

export function walk(of: Case, { runbooks, start, hasCauses }: WalkOptions): Walk {
  const steps: WalkStep[] = [];
  const seen = new Set<AskItem>();
  const asked = new Map<QuestionName, Answer>();
  const first = runbooks.get(start);
  let place: Place | null = first === undefined ? null : { runbook: first, index: 0 };
  let runbook = start;
  while (place !== null) {
    const { runbook: book, index } = place as Place;
    runbook = book.id;
    const at: number = book.items.findIndex((item, position) => position >= index && (isAsk(item) || changes(item)));
    // What a procedure asks behind a step that changes something is about what the step did.
    if (at < 0 || changes(book.items[at] as Item)) break;
    const item = book.items[at] as AskItem & Item;
    const question = questionNamed(item.question);
    // A site's own question for people: the tree goes on behind it. In a procedure it is where people take over.
    if (question === null && book.id === 'triage') {
      place = { runbook: book, index: at + 1 };
      continue;
    }
    if (question === null || seen.has(item)) break;
    seen.add(item);
    const answer = asked.get(question) ?? answerFor(question, of);
    const stops = answer.answer === 'unknown' && notPassedOver.has(question);
    const branch = answer.answer === 'unknown' ? wellAnswer(question) : answer.answer;
    const [taken, other] = branch === 'yes' ? [item.yes, item.no] : [item.no, item.yes];
    const stays = leavesWithoutReason(book, taken, start, hasCauses);
    // Asked before, on the way here: it leads on and says nothing new.
    const known = asked.has(question);
    asked.set(question, answer);
    if (!known)
      steps.push({
        runbook: `${book.id}${item.section === '' ? '' : `#${item.section}`}`,
        question: item.question,
        title: item.words ?? questions[question],
        answer,
        led_to: stops || stays ? null : placeName(book, taken),
        not_taken: placeName(book, other),
      });
    if (stops) return { steps, procedure: null, stopped: true };
    if (taken === null || stays) place = { runbook: book, index: at + 1 };
    else {
      const target = taken.runbook === null ? book : runbooks.get(taken.runbook);
      // A goto that leads to no runbook ends the walk in its name: lint refuses it, a site may have it all the same.
      if (target === undefined) return { steps, procedure: taken.runbook, stopped: false };
      runbook = target.id;
      place = arriveAt(target, taken.anchor);
    }
  }
  return { steps, procedure: runbook === 'triage' ? null : runbook, stopped: false };
}

function changes(item: Item): boolean {
  return item.kind === 'wait' || item.kind === 'confirm' || (item.kind === 'step' && item.effect !== 'observe');
}

function isAsk(item: Item): boolean {
  return item.kind === 'ask';
}

/** A procedure that has found its cause is not left for one that has none. */
function leavesWithoutReason(
  book: Runbook,
  taken: Goto | null,
  start: string,
  hasCauses: (procedure: string) => boolean,
): boolean {
  if (taken === null || taken.runbook === null || taken.runbook === book.id) return false;
  if (book.id === 'triage' || (book.id === start && !hasCauses(book.id))) return false;
  return hasCauses(book.id) && !hasCauses(taken.runbook);
}

/** Where the walk goes on in a section: at its first question; null where the section and those below it ask nothing. */
function arriveAt(book: Runbook, anchor: string | null): Place | null {
  if (anchor === null) return { runbook: book, index: 0 };
  const from = book.sections.findIndex((section) => section.anchor === anchor);
  const section = book.sections[from];
  if (section === undefined) return { runbook: book, index: 0 };
  const end = book.sections.findIndex((one, index) => index > from && one.depth <= section.depth);
  const inside = new Set(book.sections.slice(from, end < 0 ? undefined : end).map((one) => one.anchor));
  const index = book.items.findIndex((item) => isAsk(item) && inside.has(item.section));
  return index < 0 ? null : { runbook: book, index };
}

function placeName(book: Runbook, goto: Goto | null): string | null {
  if (goto === null) return null;
  return `${goto.runbook ?? book.id}${goto.anchor === null ? '' : `#${goto.anchor}`}`;
}
