/** What differs between two configurations: every key of the language is told once, in the words of the file, and no secret. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Comparable, diffConfigs } from '../../src/config/diff/differ.ts';
import { type LoadedConfig, loadConfigText } from '../../src/config/load.ts';
import type { Key, Keys } from '../../src/config/schema/keys.ts';
import { root } from '../../src/config/schema/root.ts';
import { caseNames, loadCase } from './case-files.ts';

const environment = { PASSWORD: 'hunter2', OTHER: 'hunter3' };

function load(text: string, env: Readonly<Record<string, string>> = environment): LoadedConfig {
  const result = loadConfigText(text, { env });
  assert.equal(result.kind, 'ok', result.kind === 'invalid' ? result.diagnostics[0]?.message : '');
  return result as LoadedConfig;
}

const words = (before: string, after: string): readonly string[] =>
  diffConfigs(load(before), load(after)).map((change) => change.words);

/** A file with one route and one upstream, in which the parts of a test stand. */
const around = ({ route = '', upstream = 'target "10.1.1.10:8080"', rest = '' } = {}): string =>
  `listener "http" { address "127.0.0.1:1" }\nroute "api" { upstream "api-backend"\n${route}\n}\nupstream "api-backend" {\n${upstream}\n}\n${rest}`;

type Branch = Readonly<Record<string, unknown>>;

/** One place of a settled tree: its key in the schema, and the tree with that place changed. */
interface Mutation {
  readonly schemaPath: string;
  readonly key: Key;
  readonly name: string;
  readonly identity: boolean;
  readonly tree: Branch;
}

const other = (value: unknown): unknown => ({
  value: [value, 'another'],
  text: '"another"',
  span: null,
  keySpan: null,
});

function* mutations(keys: Keys, branch: Branch, path: string, identityKey: string | null = null): Generator<Mutation> {
  for (const [name, key] of Object.entries(keys)) {
    const value = branch[name];
    const here = `${path}${name}`;
    const put = (changed: unknown): Branch => ({ ...branch, [name]: changed });
    const one = (changed: unknown): Mutation => ({
      schemaPath: here,
      key,
      name,
      identity: name === identityKey,
      tree: put(changed),
    });
    if (value === null || value === undefined) continue;
    if (key.kind === 'scalar') yield one(other(value));
    else if (key.kind === 'list') yield one([...(value as unknown[]), other('more')]);
    else if (key.kind === 'named')
      yield one([...(value as unknown[]), { name: { ...(other('x') as object), value: 'x-more' }, values: [] }]);
    else if (key.kind === 'pairs')
      yield one([...(value as unknown[]), { name: { ...(other('x') as object), value: 'x-more' }, value: other('x') }]);
    else if (key.kind === 'variant') {
      const variant = value as { kind: string; keys: Branch };
      const others = Object.keys(key.variants).filter((word) => word !== variant.kind);
      if (others.length > 0) yield one({ ...variant, kind: others[0], word: other(others[0]), keys: {} });
      for (const inner of mutations(key.variants[variant.kind] ?? {}, variant.keys, `${here}.${variant.kind}.`))
        yield { ...inner, tree: put({ ...variant, keys: inner.tree }) };
    } else if (key.kind === 'block') {
      for (const inner of mutations(key.keys, value as Branch, `${here}.`)) yield { ...inner, tree: put(inner.tree) };
    } else {
      const entries = value as readonly { keys: Branch }[];
      const identity = key.argument.kind === 'key' ? key.argument.key : null;
      for (const [index, entry] of entries.entries())
        for (const inner of mutations(key.keys, entry.keys, `${here}.`, identity))
          yield { ...inner, tree: put(entries.with(index, { ...entry, keys: inner.tree })) };
    }
  }
}

function* schemaPaths(keys: Keys, path = ''): Generator<string> {
  for (const [name, key] of Object.entries(keys)) {
    const here = `${path}${name}`;
    if (key.kind === 'block' && key.defaultsFor === undefined) yield* schemaPaths(key.keys, `${here}.`);
    else if (key.kind === 'collection') yield* schemaPaths(key.keys, `${here}.`);
    else if (key.kind === 'variant') {
      if (Object.keys(key.variants).length > 1) yield here;
      for (const [word, own] of Object.entries(key.variants)) yield* schemaPaths(own, `${here}.${word}.`);
    } else if (key.kind !== 'block') yield here;
  }
}

test('every key of the language, changed alone, is one change that names it', () => {
  const seen = new Set<string>();
  for (const name of caseNames('ok')) {
    const loaded = loadCase('ok', name);
    if (loaded.kind !== 'ok') continue;
    for (const mutation of mutations(root, loaded.settled as unknown as Branch, '')) {
      const first = !seen.has(mutation.schemaPath);
      seen.add(mutation.schemaPath);
      if (!first) continue;
      const after = { ...loaded, settled: mutation.tree } as unknown as Comparable;
      const changes = diffConfigs(loaded, after);
      if (mutation.identity) {
        assert.deepEqual(changes.map(({ kind }) => kind).sort(), ['added', 'removed'], mutation.schemaPath);
        continue;
      }
      assert.equal(
        changes.length,
        1,
        `${name}: ${mutation.schemaPath}: ${changes.map((one) => one.words).join(' | ')}`,
      );
      const [change] = changes;
      const told = `${change?.object.kind}.${change?.key ?? ''}`;
      assert.match(`.${told}.`, new RegExp(`\\.${mutation.name}\\.`), mutation.schemaPath);
    }
  }
  const missed = [...new Set(schemaPaths(root))].filter((path) => !seen.has(path));
  assert.deepEqual(missed, [], 'no case writes these keys');
});

test('a configuration does not differ from itself, nor from one that only lays it out otherwise', () => {
  for (const name of caseNames('ok')) {
    const [one, again] = [loadCase('ok', name), loadCase('ok', name)];
    if (one.kind === 'ok' && again.kind === 'ok') assert.deepEqual(diffConfigs(one, again), [], name);
  }
  const bare =
    'route "a" { upstream "u"; matches { host "a" "b"; method "GET" "PUT" } }; upstream "u" { target "t:1"; target "t:2" }';
  const turned =
    'upstreams { upstream "u" { targets { target { address "t:2" }; target { address "t:1" } } } }; routes { route "a" { matches { method "PUT" "GET"; host "b"; host "a" }; upstream "u" } }';
  assert.deepEqual(words(bare, turned), []);
});

test('changes read as operators say them', () => {
  const before = around({
    route: 'policies { timeout-secs 30 }',
    upstream: 'target "10.1.1.10:8080"; target "10.1.1.12:8080" weight=2',
  });
  const after = around({
    route: 'policies { timeout-secs 60 }',
    upstream: 'target "10.1.1.10:8080" weight=0; load-balancing "weighted"',
    rest: 'route "new-api" { matches { path-prefix "/new" }; upstream "api-backend" }',
  });
  assert.deepEqual(words(before, after), [
    '~ route api timeout 30s→60s',
    '+ route new-api (path-prefix /new, upstream api-backend)',
    '~ target 10.1.1.10:8080 of api-backend weight 1 (default)→0',
    '- target 10.1.1.12:8080 of api-backend (weight 2)',
    '~ upstream api-backend load-balancing round_robin (default)→weighted',
  ]);
});

test('a value that is written and the default that it equals are the same', () => {
  assert.deepEqual(words(around(), around({ upstream: 'target "10.1.1.10:8080" weight=1; min-healthy 1' })), []);
});

test('what comes and goes as a whole is told as a part of what it stands in', () => {
  const limited = around({ route: 'policies { rate-limit { requests-per-second 10; burst 20 } }' });
  assert.deepEqual(words(around(), limited), ['+ rate-limit of route api (requests-per-second 10, burst 20)']);
  assert.deepEqual(words(limited, around()), ['- rate-limit of route api (requests-per-second 10, burst 20)']);
});

test('a top-level default is told where it takes effect', () => {
  assert.deepEqual(words(around(), around({ rest: 'timeouts { connect-secs 3 }' })), [
    '~ upstream api-backend timeouts connect 5s (default)→3s',
  ]);
});

test('a limit that bounds keys elsewhere is told once', () => {
  assert.deepEqual(
    words(around(), around({ rest: 'limits { max-body-size-bytes 2000; max-requests-per-connection 7 }' })),
    ['~ limits max-requests-per-connection 0 (default)→7', '~ limits max-body-size-bytes 10485760 (default)→2000'],
  );
});

const routesInOrder = (...names: string[]): string =>
  `${names.map((name) => `route "${name}" { matches { ${name.startsWith('same') ? 'path-prefix "/"' : `path "/${name}"`} }; upstream "u" }`).join('\n')}\nupstream "u" { target "t:1" }`;

test('the order of routes is a change only where it decides', () => {
  assert.deepEqual(words(routesInOrder('a', 'b', 'same-1'), routesInOrder('same-1', 'b', 'a')), []);
  assert.deepEqual(words(routesInOrder('same-1', 'same-2'), routesInOrder('same-2', 'same-1')), [
    '~ route same-2 order after same-1→before same-1',
  ]);
});

test('the order of cipher suites is a preference, and so a change', () => {
  const loaded = loadCase('ok', 'every-key');
  assert.equal(loaded.kind, 'ok');
  if (loaded.kind !== 'ok') return;
  const suite = (name: string) => ({ value: [name], text: `"${name}"`, span: null, keySpan: null });
  const preferring = (...suites: readonly ReturnType<typeof suite>[]): LoadedConfig => {
    const listeners = loaded.settled.listeners.map(({ id, keys }) =>
      keys.tls === null ? { id, keys } : { id, keys: { ...keys, tls: { ...keys.tls, 'cipher-suites': suites } } },
    );
    return { ...loaded, settled: { ...loaded.settled, listeners } };
  };
  const changes = diffConfigs(preferring(suite('A'), suite('B')), preferring(suite('B'), suite('A')));
  assert.ok(changes.length > 0);
  for (const change of changes) assert.match(change.words, /^~ listener \S+ tls cipher-suites in another order$/);
});

test('no secret is told, only that it changed', () => {
  const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;
  const secret = (header: string, url: string, token: string): string =>
    around({
      route: `policies { request-headers { set { "X-Key" "${header}" } }; rate-limit { requests-per-second 1; backend "redis" { url "${url}" } } }`,
      rest: `observability { admin { token "ops" { role "viewer"; hash "${token}" } } }`,
    });
  const before = secret('${PASSWORD}', 'redis://:hunter2@10.0.0.5', hash('a'));
  const after = secret('plain-word-that-was-hidden', 'redis://:hunter3@10.0.0.5', hash('b'));
  const changes = diffConfigs(load(before), load(after));
  assert.deepEqual(
    changes.map((change) => change.words),
    [
      '~ route api rate-limit backend url changed',
      '~ route api request-headers set X-Key changed',
      '~ token ops hash changed',
    ],
  );
  assert.doesNotMatch(JSON.stringify(changes), /hunter|plain-word|aaaa|bbbb/);
});

test('a value of the environment that changed is a change, though its text is the same', () => {
  const text = around({ route: 'policies { request-headers { set { "X-Key" "${PASSWORD}" } } }' });
  const changes = diffConfigs(load(text), load(text, { PASSWORD: 'hunter4' }));
  assert.deepEqual(
    changes.map((change) => change.words),
    ['~ route api request-headers set X-Key changed'],
  );
});

test('a block list of many addresses is told by what came and went', () => {
  const list = (from: number, to: number): string =>
    `security { block ${Array.from({ length: to - from }, (_, index) => `"10.0.${(from + index) >> 8}.${(from + index) & 255}"`).join(' ')} }`;
  const [change, ...more] = diffConfigs(load(around({ rest: list(0, 1000) })), load(around({ rest: list(2, 1001) })));
  assert.deepEqual(more, []);
  assert.equal(change?.words, '~ security block +10.0.3.232 -10.0.0.0 -10.0.0.1');
});
