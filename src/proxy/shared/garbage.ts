/** One garbage collection by order of the operator, in the thread that calls. Never called by itself. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A full collection of this thread's heap. Returns the bytes that it gave back. */
export function collectGarbage(): number {
  const before = process.memoryUsage().heapUsed;
  // The flag belongs to all threads and only decides whether a new context gets `gc`: it is left on, because a thread
  // that takes it back would take it from another one that is about to use it.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return Math.max(0, before - process.memoryUsage().heapUsed);
}
