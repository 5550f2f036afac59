/** A thread that records outcomes in one window together with others, as hard as it can. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CellRef, type CellSegment, viewCell } from '../../../src/proxy/shared/cells.ts';
import { recordOutcome } from '../../../src/proxy/shared/outcome-window.ts';

export interface Recording {
  readonly segments: readonly CellSegment[];
  readonly cell: CellRef;
  readonly lane: number;
  readonly outcomes: number;
  /** Percent of the outcomes that are failures. */
  readonly failing: number;
}

const { segments, cell, lane, outcomes, failing } = workerData as Recording;
const window = viewCell(segments, cell, lane);
let seed = lane + 1;
let reports = 0;
for (let i = 0; i < outcomes; i++) {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  if (recordOutcome(window, (seed >>> 8) % 100 < failing, 50)) reports++;
}
parentPort?.postMessage(reports);
