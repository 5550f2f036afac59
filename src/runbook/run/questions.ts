/**
 * Questions in a run: the forks of `ask`, what `assert` holds, and the needs of steps. Facts answer what they can; the operator
 * answers the rest, and what facts leave unknown. An unknown answer is never taken for a good one.
 */
import type { AskItem, Item } from '../model.ts';
import type { Proof } from './entry.ts';
import type { Part } from './parts.ts';
import { gotoText, type Next, Stop, type Walk } from './walk.ts';

interface Answered {
  readonly title: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly by: 'facts' | 'operator' | 'option';
  readonly words: string;
  readonly evidence: readonly Proof[];
}

export async function ask(walk: Walk, part: Part, item: AskItem): Promise<Next> {
  const answered = hopeful(walk, item.question, await answerTo(walk, item.question, item.words));
  const led = answered.answer === 'yes' ? item.yes : answered.answer === 'no' ? item.no : null;
  const { title, ...rest } = answered;
  walk.emit({
    kind: 'answer',
    place: walk.placeOf(part),
    question: item.question,
    title,
    ...rest,
    led_to: led === null ? null : gotoText(led),
  });
  if (answered.answer !== 'unknown') return led;
  if (item.yes === null && item.no === null) {
    walk.open.push(title);
    return null;
  }
  throw undecided(walk, item.question, answered);
}

/** Behind a change that was only shown a dry run goes the way that it would take if the change did what it should. */
function hopeful(walk: Walk, question: string, answered: Answered): Answered {
  const { facts } = walk.world;
  if (!walk.changed || answered.by === 'option' || facts.titleOf(question) === null) return answered;
  const answer = facts.wellAnswer(question);
  return answered.answer === answer
    ? answered
    : { ...answered, answer, words: `if what is above has done its work; now: ${answered.words}` };
}

export async function assertion(
  walk: Walk,
  part: Part,
  item: Extract<Item, { readonly kind: 'assert' }>,
): Promise<void> {
  const held = await check(walk, part, { what: 'assert', question: item.question, expected: item.answer });
  if (held === 'unmet') walk.failures.set(`assert ${item.question}`, `assert ${item.question} ${item.answer}`);
}

export interface Demand {
  readonly what: 'assert' | 'need' | 'again';
  readonly question: string;
  readonly expected: 'yes' | 'no';
  /** Step that needs it. */
  readonly step?: string;
}

/**
 * Holds the answer against what is demanded; the operator may look again, or go on all the same where it is no need of a step.
 * @returns `unmet`: the operator goes on without it, or a dry run says so
 * @throws Stop it does not hold, or nobody knows
 */
export async function check(walk: Walk, part: Part, demand: Demand): Promise<'met' | 'unmet'> {
  const { what, question, expected } = demand;
  for (;;) {
    const answered = await answerTo(walk, question, null);
    const holds = answered.answer === expected;
    const result = holds ? 'holds' : walk.changed ? 'later' : answered.answer === 'unknown' ? 'unknown' : 'fails';
    const { answer, by, words } = answered;
    const entry = { kind: 'check', place: walk.placeOf(part), what, question, expected, answer, by, words } as const;
    walk.emit({ ...entry, result });
    if (holds || result === 'later') return 'met';
    if (walk.plan.dryRun) return dryVerdict(walk, demand, answered);
    if (!walk.asks) throw verdict(walk, demand, answered);
    const choice = await walk.choose(
      `${question} is ${answer}, not ${expected}`,
      [
        { key: 'a', name: 'again', means: 'look again' },
        { key: 's', name: 'skip', means: what === 'need' ? 'skip the step' : 'go on all the same' },
        { key: 'q', name: 'stop', means: 'stop here' },
      ],
      'again',
    );
    if (choice === 'stop') throw verdict(walk, demand, answered);
    if (choice === 'skip') {
      walk.emit({ ...entry, result: 'waived' });
      return 'unmet';
    }
    walk.world.facts.outdated();
  }
}

/** A dry run goes on, to show the rest, and ends with what did not hold. */
function dryVerdict(walk: Walk, demand: Demand, answered: Answered): 'unmet' {
  const stop = verdict(walk, demand, answered);
  walk.failures.set(`${demand.what} ${demand.question}`, stop.message);
  return 'unmet';
}

function verdict(walk: Walk, { what, question, expected, step }: Demand, answered: Answered): Stop {
  if (answered.answer === 'unknown') return undecided(walk, question, answered);
  const which = { assert: 'assert', need: `step ${step} needs`, again: 'what held before no longer does:' }[what];
  return new Stop(
    'failed',
    'SNT-R024',
    `${which} ${question} ${expected}, and it is ${answered.answer}: ${answered.words}`,
    [...walk.resumeWith(), 'sentinel diagnose'],
  );
}

function undecided(walk: Walk, question: string, { words, by }: Answered): Stop {
  const hint = by === 'facts' ? [] : [walk.againWith(`--answer ${question}=yes`)];
  return new Stop(
    'unknown',
    'SNT-R025',
    `nothing says the answer to ${question}, which decides how it goes on: ${words}`,
    [...(hint.length > 0 ? hint : walk.resumeWith())],
  );
}

async function answerTo(walk: Walk, question: string, ownWords: string | null): Promise<Answered> {
  const { facts } = walk.world;
  const fromFacts = facts.titleOf(question);
  const title = ownWords ?? fromFacts ?? question;
  const given = walk.plan.answers.get(question);
  if (given !== undefined)
    return { title, answer: given, by: 'option', words: 'said on the command line', evidence: [] };
  if (fromFacts === null) return await asked(walk, title, 'it is a question for a person, and nobody can be asked');
  const answer = await facts.answer(question);
  if (answer.answer !== 'unknown') return { title, by: 'facts', ...answer };
  if (!walk.asks || walk.changed) return { title, by: 'facts', ...answer };
  const said = await asked(walk, `${title} Facts do not say (${answer.words}). What do you say?`, answer.words);
  return { ...said, title, evidence: [...answer.evidence, ...said.evidence] };
}

async function asked(walk: Walk, words: string, otherwise: string): Promise<Answered> {
  const answer: Answered = { title: words, answer: 'unknown', by: 'operator', words: otherwise, evidence: [] };
  if (!walk.asks) return answer;
  const choice = await walk.choose(
    words,
    [
      { key: 'y', name: 'yes', means: 'yes' },
      { key: 'n', name: 'no', means: 'no' },
      { key: '?', name: 'unknown', means: 'nobody knows' },
    ],
    // Whoever types Enter through the fences before must not end the run by it.
    null,
  );
  return { ...answer, answer: choice as 'yes' | 'no' | 'unknown', words: 'as the operator says' };
}
