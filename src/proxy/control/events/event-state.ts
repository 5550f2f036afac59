/** An event in the shape of the contract: what the admin API gives and the flight record keeps. Pure. */
import type { EventState } from '../../../admin/contract/event-shapes.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { KeptEvent } from './event-ring.ts';

export function eventState(event: KeptEvent): EventState {
  const { atMs, lastAtMs, told: _, ...rest } = event;
  return { at: rfc3339(atMs), last_at: rfc3339(lastAtMs), ...rest };
}
