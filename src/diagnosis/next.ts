/** What to type next: at most three commands, the one that shows or mends the first cause before all. */
import { causes } from './causes.ts';
import type { Suspicion } from './judgement.ts';

const MOST = 3;

export function nextCommands(ranked: readonly Suspicion[], procedure: string | null): readonly string[] {
  const [first, second] = ranked;
  const wanted = [
    first?.next[0],
    second?.next[0],
    ...(procedure === null ? [] : [`sentinel runbook run ${procedure}`]),
    ...(first === undefined ? [] : [`sentinel explain ${causes[first.cause].code}`]),
    first?.next[1],
  ];
  return [...new Set(wanted.filter((command) => command !== undefined))].slice(0, MOST);
}
