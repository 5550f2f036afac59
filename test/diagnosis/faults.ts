/** Every fault of `expected.ts`, and how it is done. */
import type { FaultName } from './expected.ts';
import type { Fault } from './fault.ts';
import { closedDoors } from './faults/closed-doors.ts';
import { configurations } from './faults/configurations.ts';
import { crashes } from './faults/crashes.ts';
import { failing } from './faults/errors.ts';
import { loads } from './faults/loads.ts';
import { brokenTargets } from './faults/targets.ts';

export const faults: Readonly<Record<FaultName, Fault>> = {
  ...crashes,
  ...closedDoors,
  ...brokenTargets,
  ...failing,
  ...configurations,
  ...loads,
};
