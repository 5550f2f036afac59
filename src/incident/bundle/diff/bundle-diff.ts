/**
 * What differs between two snapshots, in words: what was wrong, what was configured, how everything was, what went through, what
 * happened in between. Called by `incident snapshot diff`. Pure.
 */
import type { Bundle } from '../read.ts';
import { configurationsOf } from './configurations.ts';
import { metricsOf, trafficOf } from './measurements.ts';
import type { Compared, Difference, Pair } from './reading.ts';
import { breakersOf, certificatesOf, standingOf, targetsOf } from './states.ts';
import { eventsOf, verdictsOf } from './verdicts.ts';

export interface DiffSection {
  readonly name: string;
  /** Of A and B; null where both say it. */
  readonly unknown: string | null;
  /** At most `most`. */
  readonly differences: readonly Difference[];
  /** So many more there are. */
  readonly more: number;
}

export interface BundleDiff {
  readonly sections: readonly DiffSection[];
  /** What has to be known to read it. */
  readonly notes: readonly string[];
}

const comparisons: readonly (readonly [name: string, compare: (pair: Pair) => Compared, most: number])[] = [
  ['verdict', verdictsOf, 20],
  ['configuration', configurationsOf, 40],
  ['targets', targetsOf, 40],
  ['breakers', breakersOf, 20],
  ['drains and overrides', standingOf, 20],
  ['certificates', certificatesOf, 20],
  ['traffic', trafficOf, 20],
  ['metrics', metricsOf, 20],
  ['events', eventsOf, 30],
];

/** Whether a comparison reads a file of a bundle. */
export function isCompared(path: string): boolean {
  return compared.has(path);
}

const compared: ReadonlySet<string> = new Set([
  'verdict.json',
  'config/running.kdl',
  'config/disk.kdl',
  'config/effective.json',
  'state/upstreams.json',
  'state/breakers.json',
  'state/drains.json',
  'state/overrides.json',
  'state/events.json',
  'tls/certs.json',
  'metrics/windows.json',
  'metrics/now.prom',
]);

/** @param a The older one, as it is read. */
export function diffBundles(a: Bundle, b: Bundle): BundleDiff {
  const tokens = [a, b].some(({ manifest }) => Object.keys(manifest.redaction.tokens).length > 0);
  const pair: Pair = { a, b, tokens };
  return {
    sections: comparisons.map(([name, compare, most]) => sectionOf(name, compare(pair), name === 'events', most)),
    notes: notesOn(pair),
  };
}

function sectionOf(name: string, found: Compared, newestLast: boolean, most: number): DiffSection {
  if ('why' in found) return { name, unknown: found.why, differences: [], more: 0 };
  const differences = newestLast ? found.slice(-most) : found.slice(0, most);
  return { name, unknown: null, differences, more: found.length - differences.length };
}

function notesOn({ a, b, tokens }: Pair): readonly string[] {
  const notes: string[] = [];
  const [one, other] = [a.manifest, b.manifest];
  if (Date.parse(one.created) > Date.parse(other.created))
    notes.push('A is the younger one: what came is what had been there');
  if (one.incident !== other.incident) notes.push(`they are of two incidents: ${one.incident} and ${other.incident}`);
  if (!tokens && one.host !== other.host) notes.push(`they are of two hosts: ${one.host} and ${other.host}`);
  if (tokens) {
    notes.push(
      'addresses, hosts and users are tokens, each bundle with a key of its own: that two of them differ says nothing; targets are compared by their place in the configuration',
    );
  }
  if (one.redaction.profile !== other.redaction.profile) {
    notes.push(
      `A was redacted by the profile ${one.redaction.profile}, B by ${other.redaction.profile}: some of what differs is that`,
    );
  }
  return notes;
}
