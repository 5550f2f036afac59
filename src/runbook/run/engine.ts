/**
 * Walks a runbook from a section to its end, goto by goto, and does what its parts say; writes each thing down before the next
 * begins. Called by `sentinel runbook run`; knows no terminal, no daemon and no file.
 */
import { SentinelError } from '../../base/errors.ts';
import type { Goto, Runbook } from '../model.ts';
import type { EndedEntry } from './entry.ts';
import { showItem } from './findings.ts';
import { bashAt, indexOfAnchor, type Part, stepAt, stepNames, type StepPart } from './parts.ts';
import { confirmItem, tickList } from './people.ts';
import { ask, assertion, check } from './questions.ts';
import { passRollback, takeBackNamed } from './rollbacks.ts';
import { runBash, runStep } from './steps.ts';
import { waitFor } from './waiting.ts';
import { digestOf, gotoText, type Next, type RunPlan, Stop, Walk } from './walk.ts';
import type { World } from './world.ts';

/** Gotos of one run: more of them go in a circle. */
const MOST_GOTOS = 200;

/** Runs it to its end, or to where it stops. @throws SNT-R030 it cannot be written down */
export async function runRunbook(world: World, plan: RunPlan): Promise<EndedEntry> {
  const walk = new Walk(world, plan);
  begin(walk);
  const ended = walk.ended(await outcomeOf(walk));
  walk.emit(ended);
  return ended;
}

async function outcomeOf(walk: Walk): Promise<Stop> {
  try {
    await (walk.plan.only === null ? wander(walk) : justOne(walk));
    return finished(walk);
  } catch (error) {
    if (error instanceof Stop) return error;
    if (error instanceof SentinelError && error.code !== 'SNT-R030') {
      const outcome = error.code === 'SNT-R032' ? 'usage' : 'failed';
      return new Stop(outcome, error.code, error.message, error.hint === undefined ? [] : [error.hint]);
    }
    throw error;
  }
}

function begin(walk: Walk): void {
  const { plan } = walk;
  const { runbook, resume, actor, host, pid, version, run } = plan;
  if (resume === null) {
    const { id, title, severity, file } = runbook;
    const mode = plan.dryRun ? 'dry-run' : 'run';
    const begun = { kind: 'begun', schema: 'sentinel.run/1', run, runbook: id, title, severity, file } as const;
    return walk.emit({ ...begun, digest: digestOf(runbook), mode, actor, host, pid, version });
  }
  walk.emit({ kind: 'resumed', actor, host, pid, after: resume.after });
  if (resume.unclear !== null) {
    walk.emit({
      kind: 'remark',
      words: `${resume.unclear} was begun and nothing says how it ended: look before it is run again`,
    });
  }
}

function finished(walk: Walk): Stop {
  const failures = [...walk.failures.entries()];
  if (failures.length === 0)
    return new Stop('finished', null, walk.plan.dryRun ? 'it could go through' : 'went through');
  const list = failures.map(([what, why]) => `${what}: ${why}`).join('; ');
  const code = failures.every(([what]) => /^(?:assert|need) /.test(what)) ? 'SNT-R024' : 'SNT-R023';
  return new Stop(
    'failed',
    code,
    walk.plan.dryRun ? `it could not go through: ${list}` : `came to its end with ${list}`,
  );
}

async function justOne(walk: Walk): Promise<void> {
  const { only, runbook } = walk.plan;
  if (only?.kind === 'bash') {
    const fence = bashAt(walk.parts, only.reference);
    if (fence !== null) return await runBash(walk, fence, true);
    const count = walk.parts.filter((part) => part.kind === 'bash').length;
    const has = `it has ${count === 0 ? 'none' : count}`;
    throw new Stop('usage', 'SNT-R020', `${runbook.id} has no bash ${only.reference}; ${has}`, [
      `sentinel runbook show ${runbook.id}`,
    ]);
  }
  const part = stepOf(walk, only?.reference ?? '');
  await (only?.kind === 'rollback' ? takeBackNamed(walk, part) : runStep(walk, part));
}

function stepOf(walk: Walk, reference: string): StepPart {
  const part = stepAt(walk.parts, reference);
  if (part !== null) return part;
  const { id } = walk.runbook;
  throw new Stop('usage', 'SNT-R020', `${id} has no step ${reference}: ${stepNames(walk.parts)}`, [
    `sentinel runbook show ${id}`,
  ]);
}

async function wander(walk: Walk): Promise<void> {
  let index = await beginning(walk);
  let gotos = 0;
  for (;;) {
    const part = walk.parts[index];
    if (part === undefined) return;
    if (walk.world.signal.aborted) throw walk.interrupted();
    const next = await visit(walk, part);
    if (next === null) {
      index++;
      continue;
    }
    gotos++;
    if (gotos > MOST_GOTOS) {
      throw new Stop(
        'failed',
        'SNT-R029',
        `${gotoText(next)} was gone to again and again: the run goes in a circle`,
        walk.resumeWith(),
      );
    }
    walk.emit({ kind: 'goto', place: walk.placeOf(part), to: gotoText(next) });
    index = await follow(walk, next);
  }
}

async function beginning(walk: Walk): Promise<number> {
  const { from, resume } = walk.plan;
  if (resume === null) return from === null ? 0 : stepOf(walk, from).index;
  if (resume.after !== null && resume.after.runbook !== walk.runbook.id) {
    walk.enter(await runbookOf(walk, resume.after.runbook));
  }
  const index = from !== null ? stepOf(walk, from).index : resume.after === null ? 0 : resume.after.part + 1;
  const part = walk.parts[index] ?? walk.parts.at(-1);
  if (part !== undefined) for (const one of resume.asserts) await check(walk, part, { what: 'again', ...one });
  return index;
}

async function follow(walk: Walk, { runbook, anchor }: Goto): Promise<number> {
  if (runbook !== null && runbook !== walk.runbook.id) walk.enter(await runbookOf(walk, runbook));
  if (anchor === null) return 0;
  const index = indexOfAnchor(walk.parts, anchor);
  if (index !== null) return index;
  throw new Stop('failed', 'SNT-R031', `${walk.runbook.id} has no section #${anchor}`, [
    `sentinel runbook lint ${walk.runbook.id}`,
  ]);
}

async function runbookOf(walk: Walk, id: string): Promise<Runbook> {
  const found = await walk.world.runbook(id);
  if (found !== null) return found;
  throw new Stop('failed', 'SNT-R031', `there is no runbook ${id}`, ['sentinel runbook list']);
}

async function visit(walk: Walk, part: Part): Promise<Next> {
  switch (part.kind) {
    case 'heading':
      walk.emit({ kind: 'section', place: walk.placeOf(part), title: part.section.title, depth: part.section.depth });
      return null;
    case 'prose':
      walk.world.screen.prose(part.markdown);
      return null;
    case 'example':
      walk.world.screen.fence('kdl', part.text, null);
      return null;
    case 'checklist':
      await tickList(walk, part);
      return null;
    case 'bash':
      await runBash(walk, part, false);
      return null;
    case 'step':
      await runStep(walk, part);
      return null;
    case 'item':
      return await visitItem(walk, part, part.item);
  }
}

async function visitItem(
  walk: Walk,
  part: Part,
  item: Extract<Part, { readonly kind: 'item' }>['item'],
): Promise<Next> {
  switch (item.kind) {
    case 'ask':
      return await ask(walk, part, item);
    case 'assert':
      await assertion(walk, part, item);
      return null;
    case 'wait':
      await waitFor(walk, part, item);
      return null;
    case 'confirm':
      await confirmItem(walk, part, item);
      return null;
    case 'rollback':
      await passRollback(walk, part, item);
      return null;
    default:
      await showItem(walk, part, item);
      return null;
  }
}
