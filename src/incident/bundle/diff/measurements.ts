/** What differs between two bundles in what goes through, and in the metrics: rates, shares, latencies, levels. For `bundle-diff.ts`. */
import { type Family, type FamilySample, readFamilies } from '../../../admin/client/exposition-text.ts';
import {
  bothOf,
  type Compared,
  type Difference,
  type Fields,
  fieldsOf,
  listOf,
  numberOf,
  paired,
  type Pair,
  textIn,
  wordOf,
} from './reading.ts';

/** Smaller changes come and go by themselves. */
const SHARE = 0.2;
const RATIO = 0.005;
const LATENCY_MS = 5;
const window = '1m';

export function trafficOf(pair: Pair): Compared {
  const both = bothOf(pair, 'metrics/windows.json');
  if ('why' in both) return both;
  const named = (reply: Fields, list: string, key: string): readonly (readonly [string, Fields])[] =>
    listOf(reply, list).map((one) => [`${list.slice(0, -1)} ${wordOf(one, key) ?? '?'}`, one]);
  const subjects = (reply: Fields): readonly (readonly [string, Fields])[] => [
    ['in all', fieldsOf(reply, 'total')],
    ...named(reply, 'routes', 'id'),
    ...named(reply, 'upstreams', 'name'),
  ];
  const { pairs } = paired(subjects(both.a), subjects(both.b), ([name]) => name);
  return pairs.flatMap(([[, a], [name, b]]): Difference[] => {
    const [from, to] = [a, b].map((one) => fieldsOf(fieldsOf(one, 'windows'), window)) as [Fields, Fields];
    const changes = [
      changed(
        from,
        to,
        'requests_per_s',
        (before, after) => moved(before, after, 1),
        (value) => `${round(value)}/s`,
      ),
      changed(
        from,
        to,
        'error_ratio',
        (before, after) => Math.abs(after - before) >= RATIO,
        (value) => `${round(value * 100)} % errors`,
      ),
      changed(
        from,
        to,
        'p99_ms',
        (before, after) => moved(before, after, LATENCY_MS),
        (value) => `p99 ${round(value)} ms`,
      ),
    ].filter((words) => words !== null);
    return changes.length === 0 ? [] : [{ sign: '~', words: `${name}: ${changes.join(', ')} (over ${window})` }];
  });
}

function changed(
  from: Fields,
  to: Fields,
  name: string,
  matters: (before: number, after: number) => boolean,
  words: (value: number) => string,
): string | null {
  const [before, after] = [numberOf(from, name), numberOf(to, name)];
  if (before === null || after === null) {
    if (before === after) return null;
    return `${before === null ? 'nothing' : words(before)} → ${after === null ? 'nothing' : words(after)}`;
  }
  return matters(before, after) ? `${words(before)} → ${words(after)}` : null;
}

/** By a fifth, and by so much at least. */
function moved(before: number, after: number, least: number): boolean {
  const by = Math.abs(after - before);
  return by >= least && by > SHARE * Math.max(Math.abs(before), Math.abs(after));
}

const began = 'process_start_time_seconds';

/** Counters by what they gained each second in between, the errors among them first; gauges that moved by a fifth. */
export function metricsOf(pair: Pair): Compared {
  const [a, b] = [textIn(pair.a, 'metrics/now.prom'), textIn(pair.b, 'metrics/now.prom')];
  if ('why' in a || 'why' in b) {
    return { why: [...('why' in a ? [`A: ${a.why}`] : []), ...('why' in b ? [`B: ${b.why}`] : [])].join('; ') };
  }
  const [from, to] = [readFamilies(a.text), readFamilies(b.text)];
  const seconds = (Date.parse(pair.b.manifest.created) - Date.parse(pair.a.manifest.created)) / 1000;
  const same = valueOf(from, began) === valueOf(to, began);
  const counters = same && seconds > 0 ? countersOf(from, to, seconds, pair.tokens) : [];
  const restarted: Difference[] = same
    ? []
    : [{ sign: '~', words: 'another process: its counters began anew and are not compared' }];
  return [...restarted, ...counters, ...gaugesOf(from, to, pair.tokens)];
}

function countersOf(
  a: readonly Family[],
  b: readonly Family[],
  seconds: number,
  tokens: boolean,
): readonly Difference[] {
  const found = paired(samplesOf(a, 'counter', tokens), samplesOf(b, 'counter', tokens), nameOf).pairs.flatMap(
    ([from, to]) => {
      const gained = to.value - from.value;
      return gained > 0 ? [{ name: nameOf(to), gained }] : [];
    },
  );
  const alarming = (name: string): number =>
    /error|fail|timeout|refus|reject|trip|drop|ejec|abort/.test(name) ? 1 : 0;
  return found
    .toSorted(
      (one, other) =>
        alarming(other.name) - alarming(one.name) || other.gained - one.gained || (one.name < other.name ? -1 : 1),
    )
    .map(({ name, gained }) => ({
      sign: '~',
      words: `${name} +${round(gained)} (${round(gained / seconds)}/s in between)`,
    }));
}

function gaugesOf(a: readonly Family[], b: readonly Family[], tokens: boolean): readonly Difference[] {
  const { pairs } = paired(samplesOf(a, 'gauge', tokens), samplesOf(b, 'gauge', tokens), nameOf);
  return pairs
    .filter(([from, to]) => from.name !== began && moved(from.value, to.value, Number.MIN_VALUE))
    .map(([from, to]) => ({ name: nameOf(to), from: from.value, to: to.value, by: change(from.value, to.value) }))
    .toSorted((one, other) => other.by - one.by || (one.name < other.name ? -1 : 1))
    .map((one) => ({ sign: '~', words: `${one.name} ${round(one.from)} → ${round(one.to)}` }));
}

function change(before: number, after: number): number {
  return Math.abs(after - before) / Math.max(Math.abs(before), Math.abs(after), Number.MIN_VALUE);
}

/** What the engine does within itself moves all the time, and says nothing of an outage. */
const engine = /^(?:nodejs_|process_cpu)/;

/** Where hosts are tokens, only what has none of them in its name. */
function samplesOf(families: readonly Family[], type: string, tokens: boolean): readonly FamilySample[] {
  return families
    .filter((family) => family.type === type && !engine.test(family.name))
    .flatMap(({ samples }) => samples)
    .filter(
      ({ value, labels }) => Number.isFinite(value) && !(tokens && /\[[A-Za-z]|target/.test(JSON.stringify(labels))),
    );
}

function valueOf(families: readonly Family[], name: string): number | null {
  return families.find((family) => family.name === name)?.samples[0]?.value ?? null;
}

function nameOf({ name, labels }: FamilySample): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? name : `${name}{${pairs.map(([key, value]) => `${key}="${value}"`).join(',')}}`;
}

/** Three digits that mean something. */
function round(value: number): string {
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}
