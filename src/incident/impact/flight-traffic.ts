/**
 * What daemons wrote down of their flight, as `impactOf` takes it: samples of traffic, and the gaps in which nobody counted. Pure;
 * called with readings of `src/history/flight-reader.ts`. Never fills a gap.
 */
import type { FlightGap, FlightReading } from '../../history/flight-reader.ts';
import { SAMPLE_MS } from '../../history/flight-record.ts';
import type { Gap, TrafficSample } from './shapes.ts';

export interface FlightTraffic {
  /** Of all daemons, by the time when they ended. */
  readonly samples: readonly TrafficSample[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly string[];
}

type Reading = Pick<FlightReading, 'instance' | 'lines' | 'gaps' | 'unread' | 'foreign_lines'>;

/**
 * @param readings One for each daemon.
 * @param answers Whether the daemon answers now: then one that wrote nothing more has not died.
 */
export function flightTraffic(readings: readonly Reading[], answers = false): FlightTraffic {
  // Of a daemon that ran before, in other weeks, nothing is missing.
  const flown = readings.filter(({ lines }) => lines.length > 0);
  const told = flown.length > 0 ? flown : readings.slice(0, 1);
  const samples = told.map(({ lines }) => lines.filter((line) => line.kind === 'traffic'));
  const gaps = told.flatMap((reading, index) => {
    const others = samples.filter((_, other) => other !== index).flat();
    return reading.gaps.map((gap) => gapOf(gap, others, answers));
  });
  return {
    samples: samples.flat().toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    gaps: gaps.toSorted((a, b) => (a.from < b.from ? -1 : 1)),
    notes: [...samples.flatMap(clockNotes), ...told.flatMap(readingNotes)],
  };
}

function gapOf({ from, until, why }: FlightGap, others: readonly TrafficSample[], answers: boolean): Gap {
  const base = { from, to: until };
  const elsewhere = others.some(({ at }) => at > from && (until === null || at < until));
  if (elsewhere) return { ...base, kind: 'blind', words: 'this daemon did not run, another one did' };
  if (why === 'ended') {
    return {
      ...base,
      kind: 'down',
      words: until === null ? 'the daemon was ended' : 'the daemon was ended, and begun again',
    };
  }
  if (why === 'unwritten') return { ...base, kind: 'blind', words: 'the daemon ran, and wrote no traffic down' };
  if (until === null && answers) {
    return { ...base, kind: 'blind', words: 'the daemon answers, and writes no traffic down any more' };
  }
  return {
    ...base,
    kind: 'down',
    words: `the daemon died, ${SAMPLE_MS / 1000} s after ${from.slice(11, 19)}Z at the latest`,
  };
}

/** By how much times around it are off. */
function clockNotes(samples: readonly TrafficSample[]): readonly string[] {
  return samples.flatMap(({ at }, index) => {
    const before = samples[index - 1];
    const backMs = before === undefined ? 0 : Date.parse(before.at) - Date.parse(at);
    // Of two processes, while one takes over, each writes when it can.
    if (before === undefined || backMs < 1_000) return [];
    return [
      `The clock went back by ${Math.round(backMs / 1000)} s at ${before.at.slice(11, 19)}Z: no request is counted twice, but times around it are off by as much.`,
    ];
  });
}

function readingNotes({ unread, foreign_lines: foreign }: Reading): readonly string[] {
  return [
    ...unread.map(({ file, why }) => `${file} could not be read: ${why}.`),
    ...(foreign === 0 ? [] : [`${foreign} lines of the flight record make no sense and were left out.`]),
  ];
}
