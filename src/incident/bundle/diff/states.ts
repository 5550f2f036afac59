/** What differs between two bundles in how targets, breakers, drains, overrides and certificates are. For `bundle-diff.ts`. */
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
  wordOf,
} from './reading.ts';

interface Target {
  readonly upstream: string;
  readonly index: number;
  readonly address: string;
  readonly verdict: string;
  readonly why: string;
  readonly drained: boolean;
  readonly weight: string;
}

export function targetsOf(pair: Pair): Compared {
  const both = bothOf(pair, 'state/upstreams.json');
  if ('why' in both) return both;
  // Tokens of two bundles say nothing of each other: what stands at the same place is the same.
  const nameOf = (one: Target): string => `${one.upstream}/${pair.tokens ? one.index : one.address}`;
  const { pairs, came, gone } = paired(targetsIn(both.a), targetsIn(both.b), nameOf);
  const name = (one: Target): string => `target ${one.upstream}/${one.address}`;
  return [
    ...pairs.flatMap(([from, to]): Difference[] => {
      const changes = [
        ...(from.verdict === to.verdict ? [] : [`${from.verdict}→${to.verdict}${to.why === '' ? '' : ` (${to.why})`}`]),
        ...(from.drained === to.drained ? [] : [to.drained ? 'drained' : 'no longer drained']),
        ...(from.weight === to.weight ? [] : [`weight ${from.weight}→${to.weight}`]),
      ];
      return changes.length === 0 ? [] : [{ sign: '~', words: `${name(to)} ${changes.join(', ')}` }];
    }),
    ...came.map((one): Difference => ({ sign: '+', words: `${name(one)} (${one.verdict})` })),
    ...gone.map((one): Difference => ({ sign: '-', words: `${name(one)} (${one.verdict})` })),
    ...availabilityOf(both.a, both.b),
  ];
}

function targetsIn(reply: Fields): readonly Target[] {
  return listOf(reply, 'upstreams').flatMap((upstream) =>
    listOf(upstream, 'targets').map((target, index) => ({
      upstream: wordOf(upstream, 'name') ?? '?',
      index,
      address: wordOf(target, 'address') ?? '?',
      verdict: wordOf(target, 'verdict') ?? '?',
      why: wordOf(target, 'why') ?? '',
      drained: typeof target['drain'] === 'object' && target['drain'] !== null,
      weight: wordOf(target, 'weight') ?? '?',
    })),
  );
}

function availabilityOf(a: Fields, b: Fields): readonly Difference[] {
  const { pairs } = paired(listOf(a, 'upstreams'), listOf(b, 'upstreams'), (one) => wordOf(one, 'name') ?? '?');
  return pairs.flatMap(([from, to]): Difference[] => {
    const said = (one: Fields): string =>
      `${wordOf(one, 'state') ?? '?'}, ${wordOf(one, 'available') ?? '?'} available`;
    return said(from) === said(to)
      ? []
      : [{ sign: '~', words: `upstream ${wordOf(to, 'name') ?? '?'} ${said(from)} → ${said(to)}` }];
  });
}

export function breakersOf(pair: Pair): Compared {
  const both = bothOf(pair, 'state/breakers.json');
  if ('why' in both) return both;
  const places = (reply: Fields): ReadonlyMap<Fields, string> => {
    const seen = new Map<string, number>();
    return new Map(
      listOf(reply, 'breakers').map((one) => {
        const group = `${wordOf(one, 'kind') ?? ''} ${wordOf(one, 'upstream') ?? ''}`;
        const index = seen.get(group) ?? 0;
        seen.set(group, index + 1);
        return [one, pair.tokens ? `${group} ${index}` : (wordOf(one, 'id') ?? '?')];
      }),
    );
  };
  const names = new Map([...places(both.a), ...places(both.b)]);
  const { pairs, came, gone } = paired(
    listOf(both.a, 'breakers'),
    listOf(both.b, 'breakers'),
    (one) => names.get(one) ?? '',
  );
  const name = (one: Fields): string => `breaker ${wordOf(one, 'id') ?? '?'}`;
  const state = (one: Fields): string => wordOf(one, 'state') ?? '?';
  return [
    ...pairs.flatMap(([from, to]): Difference[] => {
      const trips = (numberOf(to, 'trips_total') ?? 0) - (numberOf(from, 'trips_total') ?? 0);
      const why = wordOf(to, 'why');
      if (state(from) === state(to) && trips <= 0) return [];
      const moved = state(from) === state(to) ? state(to) : `${state(from)}→${state(to)}`;
      const tripped = trips > 0 ? `, opened ${trips} ${trips === 1 ? 'time' : 'times'} in between` : '';
      return [{ sign: '~', words: `${name(to)} ${moved}${tripped}${why === null ? '' : ` (${why})`}` }];
    }),
    ...came
      .filter((one) => state(one) !== 'closed')
      .map((one): Difference => ({ sign: '+', words: `${name(one)} ${state(one)}` })),
    ...gone
      .filter((one) => state(one) !== 'closed')
      .map((one): Difference => ({ sign: '-', words: `${name(one)} ${state(one)}` })),
  ];
}

/** Drains and overrides: what operators hold otherwise than the configuration. */
export function standingOf(pair: Pair): Compared {
  const found: Difference[] = [];
  const missing: string[] = [];
  for (const [path, list, what] of [
    ['state/drains.json', 'drains', 'drain'],
    ['state/overrides.json', 'overrides', 'override'],
  ] as const) {
    const both = bothOf(pair, path);
    if ('why' in both) {
      missing.push(both.why);
      continue;
    }
    const name = (one: Fields): string =>
      [wordOf(one, 'id'), wordOf(one, 'upstream'), wordOf(one, 'target'), wordOf(one, 'words')]
        .filter((word) => word !== null)
        .join(' ');
    const { came, gone } = paired(listOf(both.a, list), listOf(both.b, list), name);
    found.push(
      ...came.map((one): Difference => ({ sign: '+', words: `${what} ${name(one)}` })),
      ...gone.map((one): Difference => ({ sign: '-', words: `${what} ${name(one)}` })),
    );
  }
  return missing.length === 2 ? { why: missing.join('; ') } : found;
}

export function certificatesOf(pair: Pair): Compared {
  const both = bothOf(pair, 'tls/certs.json');
  if ('why' in both) return both;
  const { pairs, came, gone } = paired(certificatesIn(both.a), certificatesIn(both.b), ({ name }) => name);
  return [
    ...pairs.flatMap(([from, to]): Difference[] => {
      if (from.fingerprint === to.fingerprint) return [];
      return [
        {
          sign: '~',
          words: `${to.name} is another: ends ${from.ends} → ${to.ends}, SHA-256 ${from.fingerprint.slice(0, 12)} → ${to.fingerprint.slice(0, 12)}`,
        },
      ];
    }),
    ...came.map((one): Difference => ({ sign: '+', words: `${one.name}, ends ${one.ends}` })),
    ...gone.map((one): Difference => ({ sign: '-', words: `${one.name}, ended ${one.ends}` })),
  ];
}

interface Certificate {
  readonly name: string;
  readonly fingerprint: string;
  readonly ends: string;
}

/** Those that the daemon uses, and the first one in each file. */
function certificatesIn(state: Fields): readonly Certificate[] {
  const told = (name: string, one: Fields): Certificate => ({
    name,
    fingerprint: wordOf(one, 'fingerprint') ?? '?',
    ends: wordOf(one, 'not_after') ?? '?',
  });
  const loaded = listOf(fieldsOf(state, 'loaded'), 'certificates').map((one) =>
    told(`loaded certificate of ${wordOf(one, 'source') ?? '?'} ${wordOf(one, 'name') ?? '?'}`, one),
  );
  const files = listOf(state, 'files').flatMap((file) => {
    const certificate = fieldsOf(file, 'certificate');
    const [first] = listOf(certificate, 'certificates');
    return first === undefined ? [] : [told(`file ${wordOf(certificate, 'path') ?? '?'}`, first)];
  });
  return [...loaded, ...files];
}
