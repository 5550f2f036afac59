/**
 * Which stretches of traffic are clearly worse than what was normal before: a likelihood bound, loosened by how unevenly failures
 * come anyhow. Pure; knows counts and no incident. `impact.ts` makes an onset of it.
 */

/** Counts of one stretch of time; times in milliseconds since the epoch. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly requests: number;
  readonly affected: number;
}

/** What is normal. */
export interface Normal {
  readonly requests: number;
  readonly affected: number;
  /** Pearson's dispersion of the stretches: 1 where each request fails on its own. */
  readonly dispersion: number;
}

/** Chance makes a stretch look so bad once in ten thousand. */
const EVIDENCE = Math.log(10_000);
/** The share has to rise by that much, and to so many times what it was: what is certain need not matter. */
const LEAST_RISE = 0.002;
const LEAST_FACTOR = 1.5;
/** One failure is never a change. */
const LEAST_AFFECTED = 2;
/** Of little traffic so many stretches together, a minute, may tell what none tells alone. */
const TOGETHER = 6;
/** So many requests without a failure are assumed besides those seen: a short past proves little. */
const ASSUMED = 50;
/** After so many nothing moves any more. */
const TURNS = 4;

export function normalOf(stretches: readonly Stretch[]): Normal {
  const requests = sum(stretches, (one) => one.requests);
  const affected = sum(stretches, (one) => one.affected);
  const share = shareOf({ requests, affected });
  const busy = stretches.filter((one) => one.requests > 0);
  const uneven = sum(
    busy,
    (one) => (one.affected - one.requests * share) ** 2 / Math.max(one.requests * share * (1 - share), 1e-9),
  );
  const dispersion = affected === 0 || affected === requests ? 1 : Math.max(1, uneven / Math.max(1, busy.length - 1));
  return { requests, affected, dispersion };
}

/** For each stretch whether it is clearly above what is normal, alone or with its neighbours. */
export function aboveNormal(stretches: readonly Stretch[], normal: Normal): readonly boolean[] {
  const alone = stretches.map((one) => isClear(one, normal));
  return stretches.map((one, index) => {
    if (alone[index] === true) return true;
    if (one.affected === 0) return false;
    for (let count = 2; count <= TOGETHER; count++) {
      for (const first of [index, index - count + 1]) {
        if (first < 0 || first + count > stretches.length) continue;
        // What is bad by itself makes no neighbour bad.
        if (alone.slice(first, first + count).includes(true)) continue;
        const crowd = stretches.slice(first, first + count);
        const all = { requests: sum(crowd, (each) => each.requests), affected: sum(crowd, (each) => each.affected) };
        // A good stretch beside a bad one is not bad: it has to carry its part.
        if (isClear(all, normal) && one.affected / one.requests >= all.affected / all.requests / 2) return true;
      }
    }
    return false;
  });
}

function isClear({ requests, affected }: Pick<Stretch, 'requests' | 'affected'>, normal: Normal): boolean {
  if (affected < LEAST_AFFECTED || requests === 0) return false;
  const usual = shareOf(normal);
  const share = affected / requests;
  if (share < usual + LEAST_RISE || share < usual * LEAST_FACTOR) return false;
  return (requests * divergence(share, usual)) / normal.dispersion >= EVIDENCE;
}

/** A little above none. */
function shareOf({ requests, affected }: Pick<Stretch, 'requests' | 'affected'>): number {
  return (affected + 0.5) / (requests + ASSUMED);
}

/** Kullback–Leibler: by it the chance of so many failures is bounded (Chernoff). */
function divergence(share: number, usual: number): number {
  const bad = share === 0 ? 0 : share * Math.log(share / usual);
  const good = share === 1 ? 0 : (1 - share) * Math.log((1 - share) / (1 - usual));
  return bad + good;
}

/**
 * What was normal among stretches of which some, even most, were not: begins with the best third of the minutes and takes in
 * whatever is not clearly above it.
 */
export function normalAmong(stretches: readonly Stretch[]): Normal {
  // Of single stretches the best ones would be those that had luck.
  const minutes: (readonly Stretch[])[] = [];
  for (let first = 0; first < stretches.length; first += TOGETHER) {
    const minute = stretches.slice(first, first + TOGETHER);
    if (minute.some(({ requests }) => requests > 0)) minutes.push(minute);
  }
  const best = minutes
    .toSorted((a, b) => plainShare(a) - plainShare(b))
    .slice(0, Math.max(1, Math.floor(minutes.length / 3)));
  let normal: Normal = { ...normalOf(best.flat()), dispersion: 1 };
  for (let turn = 0; turn < TURNS; turn++) {
    const above = aboveNormal(stretches, normal);
    const rest = stretches.filter((_, index) => above[index] === false);
    if (sum(rest, (one) => one.requests) === 0) return normal;
    normal = normalOf(rest);
  }
  return normal;
}

function plainShare(stretches: readonly Stretch[]): number {
  return sum(stretches, (one) => one.affected) / sum(stretches, (one) => one.requests);
}

export function sum<T>(all: readonly T[], valueOf: (one: T) => number): number {
  return all.reduce((total, one) => total + valueOf(one), 0);
}
