/**
 * Bad stretches of traffic put together into one trouble: which belong to an incident, and which are how it always is. Pure; for
 * `impact.ts`.
 */
import { sum } from './stretches.ts';
import { lengthOf, overlaps, type TimeSpan, within } from './time-span.ts';

/** So much normal traffic between two bad stretches makes two of them. */
const APART_MS = 5 * 60_000;
/** Less between them, and they are one run. */
const RUN_APART_MS = 60_000;
/** A run that is no longer is a blip. */
const BLIP_MS = 30_000;
/**
 * So many blips, of which the first is that old when somebody reports something, are how it always is: some job by the clock,
 * for example.
 */
const USUAL_BLIPS = 3;
const USUAL_MS = 30 * 60_000;

/**
 * From the first to the last that belongs to what was reported; where nothing does, the last trouble before: somebody may write it up when it is over. Null where there is none.
 * @param bad Oldest first.
 * @param normal Stretches with traffic that were not bad: without any request nothing says that it was over.
 */
export function troubleOf(bad: readonly TimeSpan[], normal: readonly TimeSpan[], reported: TimeSpan): TimeSpan | null {
  const runs = joined(bad, normal, RUN_APART_MS);
  const kept = withoutUsual(runs, reported);
  const troubles = joined(kept, normal, APART_MS);
  const touching = troubles.filter((one) => overlaps(one, reported));
  const [first] = touching;
  if (first === undefined) return troubles.findLast(({ toMs }) => toMs <= reported.fromMs) ?? null;
  return { fromMs: first.fromMs, toMs: Math.max(...touching.map(({ toMs }) => toMs)) };
}

/** Blips go where they had been coming for long, as long as something is left. */
function withoutUsual(runs: readonly TimeSpan[], reported: TimeSpan): readonly TimeSpan[] {
  const blips = runs.filter((run) => lengthOf(run) <= BLIP_MS);
  const old = blips.filter(({ fromMs }) => fromMs < reported.fromMs);
  const usual = old.length >= USUAL_BLIPS && (old[0]?.fromMs ?? 0) <= reported.fromMs - USUAL_MS;
  const rest = runs.filter((run) => !blips.includes(run));
  if (!usual) return runs;
  return rest.some((run) => overlaps(run, reported)) ? rest : runs.filter((run) => overlaps(run, reported));
}

function joined(spans: readonly TimeSpan[], normal: readonly TimeSpan[], apartMs: number): readonly TimeSpan[] {
  const result: TimeSpan[] = [];
  for (const one of spans) {
    const last = result.at(-1);
    const apart = last === undefined ? 0 : sum(within(normal, { fromMs: last.toMs, toMs: one.fromMs }), lengthOf);
    if (last === undefined || apart >= apartMs) result.push(one);
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, one.toMs) };
  }
  return result;
}
