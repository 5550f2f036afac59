/** What tests need that hold what something costs against the same CPU burnt for nothing. */
import { readFileSync } from 'node:fs';

/** The median. */
export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

/** CPU that the main thread of a process has used so far, in milliseconds. */
export function mainThreadMs(pid: number): number {
  // The first number is the nanoseconds that the thread has run.
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
