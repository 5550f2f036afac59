/**
 * Taking back in a run: what undoes a step, and what the runbook says of going back. Offered when a step failed, or asked for; each
 * is agreed to like a change. What has been taken back says so in the transcript.
 */
import type { Item } from '../model.ts';
import type { CommandRecord, StepOutcome } from './entry.ts';
import type { Part, StepPart } from './parts.ts';
import { agreement } from './people.ts';
import { failureOf, type Order, perform, shownOrder } from './performance.ts';
import { Stop, type Walk } from './walk.ts';

interface Way {
  readonly part: Part;
  readonly step: string | null;
  readonly words: string;
  /** Null = by hand. */
  readonly command: readonly string[] | null;
  readonly timeoutMs: number;
}

type RollbackItem = Extract<Item, { readonly kind: 'rollback' }>;

/** Of a rollback that names no step. */
const TIMEOUT_MS = 60_000;

/** On its way a run only says that it can be done; it is done where something failed and the operator wants it. */
export async function passRollback(walk: Walk, part: Part, item: RollbackItem): Promise<void> {
  const way = wayOf(walk, part, item);
  const concerned = item.step === null ? walk.failures.size > 0 : walk.failures.has(item.step);
  if (concerned && walk.asks && !walk.plan.dryRun) return await go(walk, way, false);
  const argv = way.command === null ? null : await walk.fillLoosely(way.command);
  end(walk, way, 'offered', argv, null);
}

/** The operator chooses among the ways back that concern a step, and those of the runbook as a whole. */
export async function takeBack(walk: Walk, part: Part, step: string): Promise<void> {
  const ways = waysBack(walk, step);
  if (ways.length === 0) {
    return walk.emit({ kind: 'remark', words: `nothing takes ${step} back, and the runbook names no rollback` });
  }
  const choices = ways.map((way, index) => ({ key: String(index + 1), name: String(index), means: way.words }));
  const none = { key: 'n', name: 'none', means: 'nothing' };
  const chosen = ways.length === 1 ? '0' : await walk.choose('take back', [...choices, none], 'none');
  const way = ways[Number(chosen)];
  if (way !== undefined) await go(walk, { ...way, part }, false);
}

/** Just this: named on the command line. @throws Stop there is no such step or way back, or it failed */
export async function takeBackNamed(walk: Walk, part: StepPart): Promise<void> {
  const [way] = waysBack(walk, part.step.name).filter(({ step }) => step !== null);
  if (way === undefined) {
    throw new Stop('usage', 'SNT-R020', `nothing takes step ${part.step.name} of ${walk.runbook.id} back`, [
      `sentinel runbook show ${walk.runbook.id}`,
    ]);
  }
  await go(walk, way, true);
}

function waysBack(walk: Walk, name: string): readonly Way[] {
  const own = walk.parts.flatMap((part): readonly Way[] => {
    if (part.kind === 'step' && part.step.name === name && part.step.undo !== null) {
      const { undo, timeoutMs } = part.step;
      return [{ part, step: name, words: `undo step ${name}`, command: undo, timeoutMs }];
    }
    return [];
  });
  const named = walk.parts.flatMap((part): readonly Way[] => {
    if (part.kind !== 'item' || part.item.kind !== 'rollback') return [];
    const { step, command } = part.item;
    if (step !== null && (step !== name || (command === null && own.length > 0))) return [];
    return [wayOf(walk, part, part.item)];
  });
  return [...own, ...named];
}

function wayOf(walk: Walk, part: Part, { step, command, words }: RollbackItem): Way {
  const undone = walk.parts.find((one) => one.kind === 'step' && one.step.name === step);
  const undo = undone?.kind === 'step' ? undone.step : null;
  return {
    part,
    step,
    words: words ?? (step === null ? 'go back' : `undo step ${step}`),
    command: command ?? undo?.undo ?? null,
    timeoutMs: undo?.timeoutMs ?? TIMEOUT_MS,
  };
}

async function go(walk: Walk, way: Way, named: boolean): Promise<void> {
  const argv = way.command === null ? null : await walk.fill(way.command, `rollback "${way.words}"`);
  if (walk.plan.dryRun) return end(walk, way, 'shown', argv, null);
  if (argv === null) return byHand(walk, way);
  const order: Order = { argv, timeoutMs: way.timeoutMs };
  const name = way.step ?? 'rollback';
  walk.world.screen.offer({
    name,
    number: 0,
    words: way.words,
    effect: 'change',
    argv: shownOrder(walk, order),
    undo: null,
  });
  const agreed = await agreement(walk, { what: way.words, effect: 'change', name, skippable: true });
  if (agreed === 'skip' || agreed === 'no') {
    end(walk, way, agreed === 'skip' ? 'skipped' : 'declined', argv, null);
    if (named) throw walk.declined(`not agreed to: ${way.words}`);
    return;
  }
  const command = await perform(walk, order);
  const why = failureOf(command, [0], way.timeoutMs);
  end(walk, way, why === null ? 'done' : command.end === 'aborted' ? 'interrupted' : 'failed', argv, command);
  if (command.end === 'aborted') throw walk.interrupted();
  if (why === null) return;
  walk.emit({ kind: 'remark', words: why });
  if (named) throw new Stop('failed', 'SNT-R023', `${way.words} failed: ${why}`);
}

async function byHand(walk: Walk, way: Way): Promise<void> {
  if (!walk.asks) {
    walk.open.push(way.words);
    return end(walk, way, 'open', null, null);
  }
  const choices = [
    { key: 'y', name: 'done', means: 'done' },
    { key: 'n', name: 'open', means: 'leave it open' },
  ];
  const choice = await walk.choose(`by hand: ${way.words}. Done?`, choices, 'open');
  walk.world.facts.outdated();
  if (choice === 'open') walk.open.push(way.words);
  end(walk, way, choice as StepOutcome, null, null);
}

function end(
  walk: Walk,
  { part, step, words }: Way,
  outcome: 'offered' | StepOutcome,
  argv: readonly string[] | null,
  command: CommandRecord | null,
): void {
  const shown = argv === null ? null : walk.discretion.argv(argv);
  walk.emit({ kind: 'rollback', place: walk.placeOf(part), step, words, outcome, argv: shown, command });
}
