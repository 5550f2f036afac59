/** How a data plane is told to end in tests. */
import type { DrainOrder } from '../../src/proxy/shared/messages.ts';

/** The whole process ends within `deadlineMs`; idle connections may stay for a second. */
export function drainWithin(deadlineMs: number, order: Partial<DrainOrder> = {}): DrainOrder {
  return { deadlineMs, idleMs: 1_000, handedOn: false, ending: true, ...order };
}
