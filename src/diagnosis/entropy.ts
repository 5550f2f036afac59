/** How evenly requests spread over what they ask for. Pure; the probe of clients calls it. */

/**
 * Shannon's entropy by the greatest that so many requests could have: 0 = all ask for the same, 1 = each for another.
 * @param counts Requests of the keys that are known one by one
 * @param keys Different keys in all, those among them; what is left of the requests is taken as spread evenly over the rest
 * @param requests All of them
 * @returns null for fewer than `fewest` requests, of which an entropy says nothing
 */
export function spreadOf(counts: readonly number[], keys: number, requests: number): number | null {
  if (requests < fewest) return null;
  const known = counts.filter((count) => count > 0);
  const listed = Math.min(
    requests,
    known.reduce((sum, count) => sum + count, 0),
  );
  const rest = requests - listed;
  const others = Math.max(1, Math.min(rest, keys - known.length));
  const total = listed + rest;
  const bits = (count: number): number => (count === 0 ? 0 : -(count / total) * Math.log2(count / total));
  const entropy = known.reduce((sum, count) => sum + bits(count), 0) + (rest === 0 ? 0 : others * bits(rest / others));
  return Math.round(Math.min(1, entropy / Math.log2(total)) * 1000) / 1000;
}

export const fewest = 20;
