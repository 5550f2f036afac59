/** The rings of finished requests that one worker has: which there are, and their sizes. The supervisor makes them; they outlive the worker. */
import { newRingMemory } from './ring-memory.ts';

export interface RecordRings {
  /** Every error. */
  readonly errors: SharedArrayBuffer;
  /** Every slow request that is no error. */
  readonly slow: SharedArrayBuffer;
  /** A few a second of the rest. */
  readonly sample: SharedArrayBuffer;
  /** What somebody watches just now. */
  readonly tap: SharedArrayBuffer;
}

/** Bytes of each ring; a record has about 700. */
export const recordRingBytes = {
  errors: 1 << 20,
  slow: 1 << 19,
  sample: 1 << 19,
  tap: 1 << 19,
} as const satisfies Record<keyof RecordRings, number>;

export function newRecordRings(): RecordRings {
  return {
    errors: newRingMemory(recordRingBytes.errors),
    slow: newRingMemory(recordRingBytes.slow),
    sample: newRingMemory(recordRingBytes.sample),
    tap: newRingMemory(recordRingBytes.tap),
  };
}
