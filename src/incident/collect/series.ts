/** The same few things again and again, so that a bundle shows how they move. Called by the snapshot; ends early when it is told to. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Item } from '../bundle/item.ts';
import { collectItems, type CollectNews } from './collect.ts';
import type { CollectContext } from './collector.ts';
import { movingCollectors } from './daemon-state.ts';

/** More are a monitoring system. */
export const mostCaptures = 240;

export interface SeriesOrder {
  readonly forMs: number;
  readonly intervalMs: number;
  /** Rings as of the rest of the snapshot. */
  readonly windowMs: number;
  readonly logsMs: number;
  readonly signal?: AbortSignal;
  readonly onCapture?: (number: number, of: number) => void;
  readonly onProgress?: (news: CollectNews) => void;
}

export function capturesOf({ forMs, intervalMs }: Pick<SeriesOrder, 'forMs' | 'intervalMs'>): number {
  return Math.floor(forMs / intervalMs);
}

/** `captures/001/…`; the state at the beginning is the bundle's own. Never rejects. */
export async function collectSeries(context: CollectContext, order: SeriesOrder): Promise<readonly Item[]> {
  const { clock } = context.surroundings;
  const { intervalMs, windowMs, logsMs, signal } = order;
  const wanted = capturesOf(order);
  const begun = clock.now();
  const items: Item[] = [];
  for (let number = 1; number <= wanted; number++) {
    const wait = begun + number * intervalMs - clock.now();
    try {
      if (wait > 0) await pause(wait, undefined, signal === undefined ? {} : { signal });
    } catch {
      // Ended early: what is there is kept.
    }
    if (signal?.aborted === true) break;
    order.onCapture?.(number, wanted);
    const captured = await collectItems(context, {
      fast: false,
      windowMs,
      logsMs,
      table: movingCollectors,
      // One that hangs must not push the next one out of its time.
      withinMs: Math.max(500, Math.min(5_000, intervalMs)),
      ...(signal === undefined ? {} : { signal }),
      ...(order.onProgress === undefined ? {} : { onProgress: order.onProgress }),
    });
    const folder = `captures/${String(number).padStart(3, '0')}`;
    items.push(...captured.map((item) => ({ ...item, path: `${folder}/${item.path}` })));
  }
  return items;
}
