/** The printed configuration is the configuration: it reads back to the same, and says where each value comes from. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { fileSystem } from '../../src/config/files.ts';
import { embeddedConfig, forwardConfig, loadConfigText } from '../../src/config/load.ts';
import type { LoadedConfig } from '../../src/config/load.ts';
import { effectiveSettings } from '../../src/config/origin.ts';
import { printConfig } from '../../src/config/print.ts';
import { starterConfig } from '../../src/config/starter.ts';
import { caseBytes, caseEnvironment, caseFiles, caseNames, loadCase } from './case-files.ts';

function loadedCase(name: string): LoadedConfig {
  const result = loadCase('ok', name);
  assert.equal(result.kind, 'ok');
  return result as LoadedConfig;
}

for (const name of caseNames('ok')) {
  test(`cases/ok/${name} printed reads back to the same configuration`, () => {
    const loaded = loadedCase(name);
    for (const origin of [true, false]) {
      const again = loadConfigText(printConfig(loaded, { origin }), { env: caseEnvironment, files: caseFiles });
      assert.equal(again.kind, 'ok');
      assert.deepEqual((again as LoadedConfig).config, loaded.config);
    }
  });
}

test('each value in force says which line it comes from, or that it is the default', () => {
  const settings = new Map(effectiveSettings(loadedCase('defaults-merge')).map((one) => [one.path, one]));
  const originOf = (path: string): unknown => settings.get(path)?.origin;
  const file = 'defaults-merge.kdl';
  assert.deepEqual(originOf('upstreams.u.timeouts.connect-secs'), { file, line: 18 });
  assert.deepEqual(originOf('upstreams.u.timeouts.read-secs'), { file, line: 3 });
  assert.deepEqual(originOf('upstreams.v.connection-pool.max-idle'), { file, line: 19 });
  assert.equal(originOf('upstreams.v.timeouts.write-secs'), null);
  assert.equal(settings.get('upstreams.v.timeouts.write-secs')?.text, '15');
});

test('the address of a Redis, which may contain a password, is hidden from whoever may not read the file', () => {
  const loaded = loadConfigText(`
    rate-limit { requests-per-second 1; backend "redis" { url "redis://:hunter2@10.0.0.5:6379" } }
    route "r" { upstream "emergency-static" }
  `) as LoadedConfig;
  assert.equal(loaded.kind, 'ok');
  assert.match(printConfig(loaded, { origin: true }), /url "redis:\/\/:hunter2@10\.0\.0\.5:6379"/);
  const shown = printConfig(loaded, { origin: true, hideSecrets: true });
  assert.match(shown, /backend "redis" \{/);
  assert.ok(!shown.includes('hunter2'));
});

test('a value of a variant says where it comes from', () => {
  const settings = new Map(
    effectiveSettings(loadedCase('health-check-layers')).map(({ path, text, origin }) => [path, [text, origin?.line]]),
  );
  assert.deepEqual(settings.get('upstreams.host.health-check.type'), ['"http"', 8]);
  assert.deepEqual(settings.get('upstreams.host.health-check.type.path'), ['"/ping"', 3]);
  assert.deepEqual(settings.get('upstreams.host.health-check.type.host'), ['"a.example"', 8]);
  assert.deepEqual(settings.get('upstreams.other-type.health-check.type'), ['"tcp"', 9]);
  assert.equal(settings.has('upstreams.other-type.health-check.type.path'), false);
});

test('headers that are set for all routes stay where a route sets one more', () => {
  const [a, b] = loadedCase('defaults-merge').config.routes;
  assert.deepEqual(a?.policies.responseHeaders, {
    rename: [],
    remove: ['X-Powered-By'],
    set: [
      ['x-cache', 'yes'],
      ['X-Frame-Options', 'DENY'],
    ],
    add: [['Server', 'a']],
  });
  assert.deepEqual(a?.policies.rewrite, { stripPrefix: '/a', prefix: '/app' });
  assert.deepEqual(b?.policies.responseHeaders.remove, ['Server', 'X-Powered-By']);
});

test('the digest is that of the file, and changes with any included file', () => {
  const digest = createHash('sha256').update(caseBytes('ok', 'minimal')).digest('hex');
  assert.equal(loadedCase('minimal').digest, digest);
  const withPart = (part: string): string => {
    const result = loadConfigText('include "part.kdl"\n', {
      baseDir: '/x',
      files: { ...fileSystem, list: () => ['/x/part.kdl'], read: () => Buffer.from(part) },
    });
    assert.equal(result.kind, 'ok');
    return (result as LoadedConfig).digest;
  };
  assert.notEqual(withPart('// one\n'), withPart('// two\n'));
});

test('the sources are the file and what it includes, in the order of reading', () => {
  assert.deepEqual(
    loadedCase('include').sources.map(({ file }) => file),
    ['include.kdl', '../files/conf.d/a.kdl', '../files/conf.d/sub/deep.kdl', '../files/conf.d/b.kdl'],
  );
});

test('the built-in configuration serves a page on loopback', () => {
  const { config, diagnostics } = embeddedConfig();
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(config.listeners[0]?.address, { kind: 'tcp', host: '127.0.0.1', port: 8080 });
  assert.deepEqual(config.observability.metrics.address, { kind: 'tcp', host: '127.0.0.1', port: 9090 });
  const [welcome] = config.upstreams;
  const body = Buffer.from(welcome?.static?.bodyBase64 ?? '', 'base64').toString();
  for (const command of ['sentinel init', 'sentinel run --to', 'sentinel status']) assert.ok(body.includes(command));
});

test('forwarding to one address is a configuration like any other', () => {
  const result = forwardConfig('[::1]:3000');
  assert.equal(result.kind, 'ok');
  const { config } = result as LoadedConfig;
  assert.equal(config.upstreams[0]?.targets[0]?.address, '[::1]:3000');
  assert.deepEqual(config.routes[0]?.matches.paths, []);
});

test('forwarding to what is no address is refused with a reason', () => {
  for (const address of ['nonsense', 'http://x/y', '1.2.3.4', '"', '${HOME}:80', '']) {
    assert.equal(forwardConfig(address).kind, 'invalid', address);
  }
});

test('the starter file is valid as it is, without a warning', () => {
  const result = loadConfigText(starterConfig);
  assert.equal(result.kind, 'ok');
  assert.deepEqual((result as LoadedConfig).diagnostics, []);
});

test('whatever is commented out in the starter file is valid when uncommented', () => {
  const commented = /^(\s*)\/\/ ( *)(?=[a-z][a-z-]+ (?:"|\d|\{)|\}$)/gm;
  assert.equal(starterConfig.match(commented)?.length, 32);
  const files = {
    ...caseFiles,
    readPem: (path: string) => caseFiles.readPem(path.replace('/etc/sentinel/tls/', '/case/tls/')),
  };
  const result = loadConfigText(starterConfig.replaceAll(commented, '$1$2'), { files });
  assert.equal(
    result.kind,
    'ok',
    JSON.stringify(result, (key, value: unknown) => (key === 'source' ? undefined : value)),
  );
});

test('upstreams that are built in are marked, and give way to those of the file', () => {
  const { upstreams } = loadedCase('built-in-upstreams').config;
  assert.deepEqual(
    upstreams.map(({ name, builtin }) => [name, builtin]),
    [
      ['maintenance-page', false],
      ['emergency-static', true],
    ],
  );
  const standard = loadedCase('minimal').config.upstreams.filter(({ builtin }) => builtin);
  assert.deepEqual(
    standard.map(({ name, static: fixed }) => [
      name,
      fixed?.status,
      fixed?.headers.find(([field]) => field === 'Retry-After')?.[1],
    ]),
    [
      ['emergency-static', 503, '60'],
      ['maintenance-page', 503, '900'],
    ],
  );
});
