/** What is wanted of every fault: of those that the rules were built against, then of those that were held out. Data only. */
import { type Expected, expected, type FaultName as SeenName } from './expected.ts';
import { type HeldOutName, heldOut } from './held-out.ts';

export type FaultName = SeenName | HeldOutName;

export interface Wanted extends Omit<Expected, 'first'> {
  readonly first: readonly string[];
}

export const wanted: Readonly<Record<FaultName, Wanted>> = { ...expected, ...heldOut };
