/**
 * Steps of a run: needs, what it will do and what takes it back, agreement, the program, its exit status, and what is done when it
 * failed: again, past it, back, or stop. Also bash fences, which run only when they are chosen.
 */
import type { StepItem } from '../model.ts';
import type { CommandRecord, StepOutcome } from './entry.ts';
import type { BashPart, StepPart } from './parts.ts';
import { agreement } from './people.ts';
import { failureOf, type Order, perform, shownOrder } from './performance.ts';
import { check } from './questions.ts';
import { takeBack } from './rollbacks.ts';
import { Stop, type Walk } from './walk.ts';

/** Of a bash fence, which cannot say how long it may take. */
const BASH_MS = 600_000;

export async function runStep(walk: Walk, part: StepPart): Promise<void> {
  const { step } = part;
  const name = `step ${step.name}`;
  for (const question of step.needs) {
    const met = await check(walk, part, { what: 'need', question, expected: 'yes', step: step.name });
    if (met === 'unmet' && !walk.plan.dryRun) return close(walk, part, 'skipped', `it needs ${question}`);
  }
  const ready: Ready = {
    part,
    step,
    argv: step.command === null ? null : await walk.fill(step.command, name),
    undo: step.undo === null ? null : await walk.fillLoosely(step.undo),
  };
  walk.world.screen.offer({
    name: step.name,
    number: part.number,
    words: await walk.fillText(step.words),
    effect: step.effect,
    ...shown(walk, ready),
  });
  if (step.command === null) return byHand(walk, ready);
  if (walk.plan.dryRun && !(step.effect === 'observe' && step.command[0] === 'sentinel')) {
    walk.changed ||= step.effect !== 'observe';
    return close(walk, ready, 'shown', 'a dry run', null);
  }
  const agreed = await agreement(walk, { what: `run ${name}`, effect: step.effect, name: step.name, skippable: true });
  if (agreed === 'skip') return close(walk, ready, 'skipped', 'passed over by the operator');
  if (agreed === 'no') {
    close(walk, ready, 'declined', 'the answer was no');
    throw walk.declined(`step ${step.name} was not agreed to`);
  }
  await untilDone(walk, ready);
}

interface Ready {
  readonly part: StepPart;
  readonly step: StepItem;
  /** Filled in. */
  readonly argv: readonly string[] | null;
  readonly undo: readonly string[] | null;
}

function shown(walk: Walk, { argv, undo }: Ready): { argv: readonly string[] | null; undo: readonly string[] | null } {
  const { discretion } = walk;
  return { argv: argv === null ? null : discretion.argv(argv), undo: undo === null ? null : discretion.argv(undo) };
}

function close(
  walk: Walk,
  at: Ready | StepPart,
  outcome: StepOutcome,
  why: string | null,
  command: CommandRecord | null = null,
): void {
  const ready = 'part' in at ? at : { part: at, step: at.step, argv: at.step.command, undo: at.step.undo };
  const { part, step } = ready;
  const { name, words, effect } = step;
  const entry = { kind: 'step', place: walk.placeOf(part), name, number: part.number, words, effect, outcome } as const;
  walk.emit({ ...entry, ...shown(walk, ready), command, why });
}

async function untilDone(walk: Walk, ready: Ready): Promise<void> {
  const { part, step } = ready;
  const order: Order = { argv: ready.argv, timeoutMs: step.timeoutMs };
  for (;;) {
    walk.emit({ kind: 'step-begun', place: walk.placeOf(part), name: step.name, argv: shownOrder(walk, order) });
    const command = await perform(walk, order);
    const why = failureOf(command, step.accepts, step.timeoutMs);
    walk.failures.delete(step.name);
    if (why === null) return close(walk, ready, 'done', null, command);
    if (command.end === 'aborted') {
      close(walk, ready, 'interrupted', why, command);
      throw walk.interrupted();
    }
    // What only looks, by a program that is not everywhere, is no reason to stop.
    if (command.end === 'missing' && step.effect === 'observe') {
      return close(walk, ready, 'unavailable', why, command);
    }
    close(walk, ready, 'failed', why, command);
    walk.failures.set(step.name, why);
    if (walk.plan.dryRun) return;
    const again = await afterFailure(walk, ready, why);
    if (!again) return;
  }
}

/** True = once more; false = past it. @throws Stop it ends here */
async function afterFailure(walk: Walk, { part, step, undo }: Ready, why: string): Promise<boolean> {
  const stop = new Stop('failed', 'SNT-R023', `step ${step.name} failed: ${why}`, [
    ...walk.resumeWith(),
    ...(undo === null ? [] : [`sentinel runbook run ${walk.plan.runbook.id} --rollback ${step.name}`]),
  ]);
  if (!walk.asks) throw stop;
  for (;;) {
    const choice = await walk.choose(
      `${why}. What now?`,
      [
        { key: 'r', name: 'retry', means: 'try it again' },
        { key: 's', name: 'skip', means: 'go on without it' },
        { key: 'b', name: 'rollback', means: 'take something back' },
        { key: 'q', name: 'stop', means: 'stop here' },
      ],
      'stop',
    );
    if (choice === 'stop') throw stop;
    if (choice === 'skip') return false;
    if (choice === 'retry') {
      for (const question of step.needs) {
        const met = await check(walk, part, { what: 'need', question, expected: 'yes', step: step.name });
        if (met === 'unmet') return false;
      }
      return true;
    }
    await takeBack(walk, part, step.name);
  }
}

async function byHand(walk: Walk, ready: Ready): Promise<void> {
  const { step } = ready;
  const words = `by hand: ${await walk.fillText(step.words)}`;
  if (walk.plan.dryRun) {
    walk.changed ||= step.effect !== 'observe';
    return close(walk, ready, 'shown', 'a dry run');
  }
  if (!walk.asks) {
    walk.open.push(words);
    return close(walk, ready, 'open', 'it is done by hand, and nobody can be asked');
  }
  const choice = await walk.choose(
    `${words}. Done?`,
    [
      { key: 'y', name: 'done', means: 'done' },
      { key: 's', name: 'skip', means: 'pass it over' },
      { key: 'q', name: 'stop', means: 'stop here' },
    ],
    'stop',
  );
  walk.world.facts.outdated();
  if (choice === 'done') return close(walk, ready, 'done', null);
  if (choice === 'skip') return close(walk, ready, 'skipped', 'passed over by the operator');
  close(walk, ready, 'declined', 'not done');
  throw walk.declined(`step ${step.name} was not done`);
}

/** @param chosen on the command line: what is not agreed to then is a refusal, and not a fence passed by */
export async function runBash(walk: Walk, part: BashPart, chosen: boolean): Promise<void> {
  const { text, number } = part;
  walk.world.screen.fence('bash', text, number);
  const end = (outcome: StepOutcome, why: string | null, command: CommandRecord | null = null): void =>
    walk.emit({
      kind: 'bash',
      place: walk.placeOf(part),
      number,
      outcome,
      text: walk.discretion.text(text),
      command,
      why,
    });
  if (walk.plan.dryRun || (!chosen && !walk.asks)) return end('shown', 'not chosen');
  if (chosen) {
    const agreed = await agreement(walk, { what: `run bash ${number}`, effect: 'change', name: '' });
    if (agreed === 'no') {
      end('declined', 'the answer was no');
      throw walk.declined(`bash ${number} was not agreed to`);
    }
  } else {
    const choices = [
      { key: 'n', name: 'no', means: 'no' },
      { key: 'b', name: 'run', means: 'run it' },
    ];
    const choice = await walk.choose(`run bash ${number}?`, choices, 'no');
    if (choice === 'no') return end('shown', 'not chosen');
  }
  const command = await perform(walk, { argv: null, bash: text, timeoutMs: BASH_MS });
  const why = failureOf(command, [0], BASH_MS);
  if (why === null) return end('done', null, command);
  end(command.end === 'aborted' ? 'interrupted' : 'failed', why, command);
  if (command.end === 'aborted') throw walk.interrupted();
  if (chosen) throw new Stop('failed', 'SNT-R023', `bash ${number} failed: ${why}`);
  walk.failures.set(`bash ${number}`, why);
}
