/** `incident snapshot diff` says what two snapshots mean differently, and what of them cannot be compared. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { readBundle } from '../../../src/incident/bundle/read.ts';
import { diffBundles, type DiffSection, isCompared } from '../../../src/incident/bundle/diff/bundle-diff.ts';
import type { Item } from '../../../src/incident/bundle/item.ts';
import type { BundleFacts } from '../../../src/incident/bundle/manifest.ts';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import type { RedactionReport, Scrubber } from '../../../src/incident/redaction/scrubber.ts';
import { callSentinel } from '../../cli/command-line.ts';
import { facts, folderOf, found, missing, orderIn } from './bundles.ts';

function json(path: string, value: unknown): Item {
  return found(path, JSON.stringify(value), { kind: 'json' });
}

interface Moment {
  readonly verdicts: readonly (readonly [address: string, verdict: string])[];
  readonly timeout: string;
  readonly breaker: string;
  readonly trips: number;
  readonly errors: number;
  readonly memory: number;
  readonly ratio: number;
  readonly fingerprint: string;
  readonly cause: readonly string[];
  readonly events: readonly string[];
}

const well: Moment = {
  verdicts: [
    ['10.1.1.11:8080', 'healthy'],
    ['10.1.1.12:8080', 'healthy'],
  ],
  timeout: '30',
  breaker: 'closed',
  trips: 0,
  errors: 5,
  memory: 100,
  ratio: 0.001,
  fingerprint: 'aa'.repeat(32),
  cause: [],
  events: ['2026-11-20T14:00:00.000Z'],
};

const ill: Moment = {
  ...well,
  verdicts: [
    ['10.1.1.11:8080', 'healthy'],
    ['10.1.1.12:8080', 'unhealthy'],
    ['10.1.1.13:8080', 'healthy'],
  ],
  timeout: '60',
  breaker: 'open',
  trips: 3,
  errors: 605,
  memory: 180,
  ratio: 0.3,
  fingerprint: 'bb'.repeat(32),
  cause: ['target-refused'],
  events: ['2026-11-20T14:00:00.000Z', '2026-11-20T14:06:00.000Z'],
};

function itemsOf(at: Moment): Item[] {
  const { verdicts, breaker, trips, fingerprint } = at;
  // A certificate that is not part of the bundle must not keep the rest from being compared.
  const config = `
    listeners { listener "web" { address "0.0.0.0:443"; protocol "https"; tls { cert-file "/etc/gone.crt"; key-file "/etc/gone.key" } } }
    upstreams { upstream "api" { target "10.1.1.11:8080" } }
    routes { route "api" { matches { path-prefix "/" }; upstream "api"; policies { timeout-secs ${at.timeout} } } }`;
  const target = ([address, verdict]: readonly [string, string]) => ({
    address,
    verdict,
    why: '',
    weight: 1,
    drain: null,
  });
  const available = verdicts.filter(([, verdict]) => verdict === 'healthy').length;
  const window = { requests_per_s: 100, error_ratio: at.ratio, p99_ms: 20 };
  const causes = at.cause.map((cause) => ({
    cause,
    detail: 'it refuses',
    resource: { kind: 'target', name: 'api/10.1.1.12:8080' },
  }));
  const metrics = [
    '# TYPE process_start_time_seconds gauge',
    'process_start_time_seconds 1000',
    '# TYPE sentinel_errors_total counter',
    `sentinel_errors_total{cause="connect"} ${at.errors}`,
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${at.memory}`,
    '# TYPE nodejs_heap_size_used_bytes gauge',
    `nodejs_heap_size_used_bytes ${at.memory}`,
  ];
  return [
    found('config/running.kdl', config, { class: 'config', kind: 'kdl' }),
    json('state/upstreams.json', {
      upstreams: [{ name: 'api', state: 'up', available, targets: verdicts.map(target) }],
    }),
    json('state/breakers.json', {
      breakers: [{ id: 'api/10.1.1.12:8080', kind: 'target', upstream: 'api', state: breaker, trips_total: trips }],
    }),
    json('state/drains.json', { drains: [] }),
    json('state/overrides.json', {
      overrides: at.cause.map(() => ({ id: 'o1', words: 'limits.max-connections 100' })),
    }),
    json('state/events.json', {
      events: at.events.map((time) => ({
        at: time,
        last_at: time,
        kind: 'health',
        severity: 'warn',
        subject: 'api',
        words: 'Target unhealthy',
      })),
    }),
    json('tls/certs.json', {
      loaded: { certificates: [] },
      files: [
        {
          certificate: { path: '/etc/web.crt', certificates: [{ fingerprint, not_after: '2027-01-01T00:00:00.000Z' }] },
        },
      ],
    }),
    json('metrics/windows.json', { total: { windows: { '1m': window } }, routes: [], upstreams: [] }),
    json('verdict.json', { verdict: { causes } }),
    found('metrics/now.prom', `${metrics.join('\n')}\n`, { class: 'metrics', kind: 'prometheus' }),
  ];
}

const later: BundleFacts = { ...facts, created: '2026-11-20T14:10:12.345Z' };

async function compared(t: TestContext, a: readonly Item[], b: readonly Item[], scrubbers: readonly Scrubber[] = []) {
  const write = async (items: readonly Item[], of: BundleFacts, scrubber: Scrubber | undefined): Promise<string> =>
    (
      await writeBundle({
        ...orderIn(folderOf(t), { items, facts: of }),
        ...(scrubber === undefined ? {} : { scrubber }),
      })
    ).path;
  const files = [
    await write(a, { ...facts, verdict: null }, scrubbers[0]),
    await write(b, later, scrubbers[1]),
  ] as const;
  const [one, other] = [
    await readBundle(files[0], { wanted: isCompared }),
    await readBundle(files[1], { wanted: isCompared }),
  ];
  const { sections, notes } = diffBundles(one, other);
  const section = (name: string): DiffSection => sections.find((it) => it.name === name) ?? assert.fail(name);
  return {
    files,
    sections,
    notes,
    section,
    words: (name: string) => section(name).differences.map(({ sign, words }) => `${sign} ${words}`),
  };
}

test('each kind of difference is told in the words of what it is about', async (t) => {
  const { words, notes } = await compared(t, itemsOf(well), itemsOf(ill));
  assert.deepEqual(words('verdict'), ['~ no verdict → SEV2 problems', '+ cause target-refused: it refuses']);
  assert.deepEqual(words('configuration'), ['~ route api timeout 30s→60s']);
  assert.deepEqual(words('targets'), [
    '~ target api/10.1.1.12:8080 healthy→unhealthy',
    '+ target api/10.1.1.13:8080 (healthy)',
  ]);
  assert.deepEqual(words('breakers'), ['~ breaker api/10.1.1.12:8080 closed→open, opened 3 times in between']);
  assert.deepEqual(words('drains and overrides'), ['+ override o1 limits.max-connections 100']);
  assert.deepEqual(words('certificates'), [
    '~ file /etc/web.crt is another: ends 2027-01-01T00:00:00.000Z → 2027-01-01T00:00:00.000Z, SHA-256 aaaaaaaaaaaa → bbbbbbbbbbbb',
  ]);
  assert.deepEqual(words('traffic'), ['~ in all: 0.1 % errors → 30 % errors (over 1m)']);
  assert.deepEqual(words('metrics'), [
    '~ sentinel_errors_total{cause="connect"} +600 (2/s in between)',
    '~ process_resident_memory_bytes 100 → 180',
  ]);
  assert.deepEqual(words('events'), ['+ 2026-11-20T14:06:00.000Z health api: Target unhealthy']);
  assert.deepEqual(notes, []);
});

test('two snapshots of the same moment differ in nothing, and --exit-code tells the two cases apart', async (t) => {
  const same = await compared(t, itemsOf(well), itemsOf(well));
  const differing = same.sections.filter(({ differences }) => differences.length > 0).map(({ name }) => name);
  // The facts of the manifests of the two differ in their verdicts.
  assert.deepEqual(differing, ['verdict']);
  const [a] = same.files;
  const run = (...args: string[]) => callSentinel(['incident', 'snapshot', 'diff', ...args, '--exit-code']);
  assert.equal((await run(a, a)).code, 0);
  assert.equal((await run(...same.files)).code, 5);
  assert.equal((await run(...same.files, '--json')).code, 5);
  const { stdout } = await callSentinel(['incident', 'snapshot', 'diff', ...same.files]);
  assert.match(stdout, /^B was taken 5m 00s after A\.$/m);
  assert.match(stdout, /^targets\n {2}✓ the same$/m);
});

test('what one of them does not hold is said with its reason, and of a new process no counters are compared', async (t) => {
  const gone = itemsOf(ill).filter(({ path }) => path !== 'state/breakers.json' && path !== 'metrics/now.prom');
  const restarted = found(
    'metrics/now.prom',
    '# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 2000\n# TYPE x_total counter\nx_total 9\n',
  );
  const { section, words } = await compared(t, itemsOf(well), [
    ...gone,
    missing('state/breakers.json', 'no answer within 5 s'),
    restarted,
  ]);
  assert.equal(section('breakers').unknown, 'B: no state/breakers.json (no answer within 5 s)');
  assert.deepEqual(words('metrics'), ['~ another process: its counters began anew and are not compared']);
});

test('what is said is bounded, and how much more there is', async (t) => {
  const events = Array.from({ length: 500 }, (_, at) =>
    new Date(Date.parse('2026-11-20T14:06:00Z') + at).toISOString(),
  );
  const { section } = await compared(t, itemsOf(well), itemsOf({ ...ill, events }));
  assert.deepEqual([section('events').differences.length, section('events').more], [30, 470]);
  assert.match(section('events').differences.at(-1)?.words ?? '', /14:06:00\.499Z/);
});

test('where hosts are tokens of two keys, targets are compared by their place, and that is said', async (t) => {
  const scrubber = (token: string): Scrubber => {
    const report: RedactionReport = { profile: 'share', by_rule: {}, by_file: {}, tokens: { IP: 3 } };
    const scrub = (_path: string, _kind: string, text: string): string =>
      text.replaceAll(/10\.1\.1\.(\d+)/g, (_whole, last: string) => `[IP4p:${token}${last}]`);
    return { profile: 'share', scrub, report: () => report, map: () => new Map() };
  };
  const { words, notes } = await compared(t, itemsOf(well), itemsOf(ill), [scrubber('7f'), scrubber('02')]);
  assert.deepEqual(words('targets'), [
    '~ target api/[IP4p:0212]:8080 healthy→unhealthy',
    '+ target api/[IP4p:0213]:8080 (healthy)',
  ]);
  assert.deepEqual(words('breakers').length, 1);
  assert.match(words('configuration').join('\n'), /timeout[^]*30[^]*60/);
  assert.doesNotMatch(words('configuration').join('\n'), /IP4p/);
  assert.match(notes.join('\n'), /tokens, each bundle with a key of its own/);
});

test('whatever JSON a bundle holds, comparing ends with words', async (t) => {
  const odd = [
    null,
    [],
    7,
    'x',
    {},
    { upstreams: 7, breakers: {}, events: [null, 1, { at: 7 }], files: [{}], loaded: 1, verdict: { causes: [[]] } },
  ];
  const paths = itemsOf(well).flatMap(({ path }) => (path.endsWith('.json') ? [path] : []));
  for (const value of odd) {
    const { sections } = await compared(
      t,
      paths.map((path) => json(path, value)),
      itemsOf(ill),
    );
    assert.equal(sections.length, 9);
  }
});
