/** Which of two limits is the stricter one. 0 means off and is never the strictest. */
import type { Setting } from './tree.ts';

/** The one with the smaller bound; the first of two equals. */
export function stricter<N extends number | null>(one: Setting<N>, other: Setting<N>): Setting<N> {
  if (isOff(other)) return one;
  if (isOff(one)) return other;
  return (other.value ?? 0) < (one.value ?? 0) ? other : one;
}

function isOff({ value }: Setting<number | null>): boolean {
  return value === 0 || value === null;
}
