/** What windows count, by number: the fields of an outcome cell, then what only targets have, then the scale of durations. */
import { sketchLength } from '../../shared/duration-sketch.ts';
import { outcomeFields } from '../../shared/outcome-counts.ts';

const { bytesIn, bytesOut, classes, causes, failed, laneLength } = outcomeFields;

export const keys = {
  bytesIn,
  bytesOut,
  classes,
  causes,
  failed,
  /** Tries of a target that ended, and those of them that failed. */
  tries: laneLength,
  failedTries: laneLength + 1,
  sketch: laneLength + 2,
  length: laneLength + 2 + sketchLength,
} as const;
