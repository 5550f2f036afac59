/** The order of causes: those of the procedure that the walk ended in first, then those of others; within each the surest first. */
import type { Item, Runbook } from '../runbook/model.ts';
import { causes, type CauseName } from './causes.ts';
import type { Suspicion } from './judgement.ts';

/** Whether a procedure deals with a cause: it is its home, or has its `cause` node. */
export function dealsWith(procedure: string, cause: CauseName, runbooks: ReadonlyMap<string, Runbook>): boolean {
  return causes[cause].procedure === procedure || placeIn(runbooks.get(procedure), cause) !== null;
}

export function rank(
  suspicions: readonly Suspicion[],
  procedure: string | null,
  runbooks: ReadonlyMap<string, Runbook>,
): readonly Suspicion[] {
  const belongs = (one: Suspicion) => procedure !== null && dealsWith(procedure, one.cause, runbooks);
  const place = (one: Suspicion) =>
    placeIn(runbooks.get(belongs(one) ? (procedure as string) : causes[one.cause].procedure), one.cause) ??
    order.indexOf(one.cause);
  return [...suspicions].sort(
    (a, b) =>
      Number(belongs(b)) - Number(belongs(a)) ||
      b.strength - a.strength ||
      place(a) - place(b) ||
      (a.detail < b.detail ? -1 : a.detail > b.detail ? 1 : 0),
  );
}

const order = Object.keys(causes) as readonly CauseName[];

function placeIn(runbook: Runbook | undefined, cause: CauseName): number | null {
  const at = runbook?.items.findIndex((item: Item) => item.kind === 'cause' && item.name === cause) ?? -1;
  return at < 0 ? null : at;
}
