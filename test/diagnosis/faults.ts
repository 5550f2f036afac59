/** Every fault of `expected.ts` and `held-out.ts`, and how it is done. */
import type { Fault } from './fault.ts';
import { closedDoors } from './faults/closed-doors.ts';
import { configurations } from './faults/configurations.ts';
import { crashes } from './faults/crashes.ts';
import { failing } from './faults/errors.ts';
import { heldOutCrashes } from './faults/held-out-crashes.ts';
import { heldOutErrors } from './faults/held-out-errors.ts';
import { heldOutQuiet } from './faults/held-out-quiet.ts';
import { heldOutTargets } from './faults/held-out-targets.ts';
import { loads } from './faults/loads.ts';
import { brokenTargets } from './faults/targets.ts';
import type { FaultName } from './wanted.ts';

export const faults: Readonly<Record<FaultName, Fault>> = {
  ...crashes,
  ...closedDoors,
  ...brokenTargets,
  ...failing,
  ...configurations,
  ...loads,
  ...heldOutCrashes,
  ...heldOutTargets,
  ...heldOutErrors,
  ...heldOutQuiet,
};
