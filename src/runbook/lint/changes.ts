/** Ways back: a change says what takes it back, and a rollback names a step that says so. Used by `lint.ts`. */
import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Item, Runbook, StepItem } from '../model.ts';
import { nearest, problem, spotOf } from './finding.ts';

type Step = Extract<Item, { kind: 'step' }>;

export function changesWithoutReturn(runbook: Runbook): readonly Diagnostic[] {
  const steps = runbook.items.filter((item): item is Step => item.kind === 'step');
  return runbook.items.flatMap((item, index) => {
    if (item.kind === 'step') return saysNothing(item) && !rolledBack(runbook, item, index) ? [silent(item)] : [];
    if (item.kind !== 'rollback' || item.step === null) return [];
    const { step: name, span } = item;
    const step = steps.find((one) => one.name === name);
    if (step === undefined) {
      const names = steps.map((one) => one.name);
      const message = `the rollback names the step ${JSON.stringify(name)}, which this runbook does not have`;
      return [problem('SNT-R016', spotOf(span, name), message, nearest(name, names))];
    }
    if (step.undo !== null) return [];
    const message = `the rollback names the step ${JSON.stringify(name)}, which has no \`undo\`: expected one, or a rollback with words`;
    return [problem('SNT-R016', spotOf(span, name), message)];
  });
}

/** By hand, people see what they do; what destroys says by its kind that nothing takes it back. */
function saysNothing({ effect, command, undo, noUndo }: StepItem): boolean {
  return effect === 'change' && command !== null && undo === null && noUndo === null;
}

/** A rollback behind it in the same section says it as well. */
function rolledBack(runbook: Runbook, { section }: Item, index: number): boolean {
  return runbook.items
    .slice(index)
    .some((item) => item.kind === 'rollback' && item.step === null && item.section === section);
}

function silent({ name, span }: Step): Diagnostic {
  const message = `the step ${JSON.stringify(name)} changes something and does not say what takes it back: expected \`undo\` or \`no-undo\``;
  return problem('SNT-R016', spotOf(span, name), message);
}
