/** Which of the places that the daemon writes to have no room. Read by answers and rules. */
import { type Case, percent } from './case.ts';
import type { DiskState } from './facts/machine.ts';

export type Place = DiskState['places'][number];

/** Less than that and a log line, a state file, a pid file may fail. */
const LEAST_FREE_BYTES = 1024 * 1024;
const FULL_RATIO = 0.999;

export function fullPlaces(of: Case): readonly Place[] {
  return (of.disk?.places ?? []).filter(
    (place) =>
      place.writable === false ||
      place.read_only ||
      place.free_bytes < LEAST_FREE_BYTES ||
      (place.inodes_used_ratio ?? 0) >= FULL_RATIO,
  );
}

export function placeWords({ path, what, mount, used_ratio, inodes_used_ratio, read_only, free_bytes }: Place): string {
  const where = `${path} (${what}${mount === null ? '' : `, on ${mount}`})`;
  if (read_only) return `${where} is read-only`;
  if ((inodes_used_ratio ?? 0) >= FULL_RATIO) return `${where} has no inodes left`;
  if (free_bytes < LEAST_FREE_BYTES) return `${where} has no room: ${percent(used_ratio)} used`;
  return `${where} cannot be written`;
}
