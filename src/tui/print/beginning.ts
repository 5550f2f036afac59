/** The state that everything begins with, as it was asked for on the command line: of the screen, and of what is printed instead of it. */
import { allCommands } from '../../cli/tree.ts';
import type { Size } from '../draw/line.ts';
import { initialState } from '../store/reduce.ts';
import type { State } from '../store/state.ts';
import type { TopChoice } from './choice.ts';

/** @param nowMs by our monotonic clock */
export function beginningOf(choice: TopChoice, size: Size, nowMs: number): State {
  const { targets, view, filter, sorting, faultsOnly, wide, readOnly, intervalMs } = choice;
  const nodes = targets.map(({ name }) => name);
  const commands = allCommands.map(({ path, summary }) => ({ words: path.join(' '), summary }));
  return initialState({ nodes, size, nowMs, intervalMs, view, filter, sorting, faultsOnly, wide, readOnly, commands });
}
