/**
 * Which addresses of the last minute are new, where the daemon has not run long enough to know: by its single requests, before and
 * after the moment at which they became many more. Pure; the probe of clients calls it.
 */
import type { RequestRecord } from '../admin/contract/request-shapes.ts';

/** Single requests that are needed on either side. */
const fewestEach = 15;
/** So many times as many in a second as before: that is a surge. */
const surgeFactor = 3;

/** A second of traffic. */
export interface TrafficPoint {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
}

/**
 * When the rate last rose to several times what it had been and stayed, milliseconds since the epoch; null where it did not. Points with
 * no requests before the first are the time before anybody came.
 */
export function surgeBegan(points: readonly TrafficPoint[]): number | null {
  const begun = points.slice(points.findIndex(({ requests }) => requests > 0));
  let best: { readonly fromMs: number; readonly factor: number } | null = null;
  for (let split = 1; split < begun.length; split++) {
    const [before, after] = [rate(begun.slice(0, split)), rate(begun.slice(split))];
    if (before === null || after === null || before === 0) continue;
    const factor = after / before;
    const from = begun[split]?.fromMs;
    if (factor >= surgeFactor && from !== undefined && factor > (best?.factor ?? 0)) best = { fromMs: from, factor };
  }
  return best?.fromMs ?? null;
}

/** Share of the addresses after `sinceMs` that were not there before, 0–1; null where too few requests are known one by one. */
export function newcomersRatio(
  records: readonly Pick<RequestRecord, 'time' | 'client_ip'>[],
  sinceMs: number,
): number | null {
  const before = new Set<string>();
  const after = new Set<string>();
  let [early, late] = [0, 0];
  for (const { time, client_ip: address } of records) {
    if (Date.parse(time) < sinceMs) {
      early++;
      before.add(address);
    } else {
      late++;
      after.add(address);
    }
  }
  if (early < fewestEach || late < fewestEach) return null;
  const fresh = [...after].filter((address) => !before.has(address)).length;
  return Math.round((fresh / after.size) * 1000) / 1000;
}

function rate(points: readonly TrafficPoint[]): number | null {
  const ms = points.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return ms < 1000 ? null : (points.reduce((sum, { requests }) => sum + requests, 0) / ms) * 1000;
}
