/** Secrets that a client, the configuration, an upstream or an operator put anywhere appear in nothing that people may read. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { endpoints } from '../../src/admin/contract/endpoints.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { get, RawClient } from '../helpers/raw-http.ts';

/** Each appears in one place; whatever output holds one says where the leak is. */
const planted = {
  query: 'q-Zq7hX2secret',
  encodedName: 'e-Zq7hX2secret',
  bearer: 'b-Zq7hX2secret',
  cookie: 'c-Zq7hX2secret',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJqLVpxN2hYMiI6MX0.anNlY3JldC1acTdoWDI',
  userInfo: 'u-Zq7hX2secret',
  captured: 'eyJhbGciOiJIUzI1NiJ9.eyJrLVpxN2hYMiI6MX0.a3NlY3JldC1acTdoWDI',
  agent: 'a-Zq7hX2secret',
  fromFile: 'f-Zq7hX2secret',
  fromEnvironment: 'n-Zq7hX2secret',
  reason: 'r-Zq7hX2secret',
  refused: 'x-Zq7hX2secret',
} as const;

test('what is secret by name, by shape or by the configuration is in no output', async (t) => {
  const folder = testFolder(t);
  const secretFile = join(folder, 'secret');
  writeFileSync(secretFile, `${planted.fromFile}\n`);
  // An upstream that gives back what it got: the literal is known only from the configuration.
  const origin = createServer((request, response) => {
    response.setHeader('X-Echo', `${request.headers['x-shared']} ${request.headers['x-other']}`);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.after(() => origin.close());
  const config = (more = '') => `
    listener "http" { address "127.0.0.1:0" }
    route "all" { upstream "a"; policies { request-headers { set { "X-Shared" "\${file:${secretFile}}"; "X-Other" "\${EDGE_PASSPHRASE}" } } } }
    upstream "a" { target "127.0.0.1:${(origin.address() as AddressInfo).port}" }
    observability {
      logging {
        level "debug"
        file "${folder}/s.log"
        access-log { file "${folder}/access.log"; capture-request-header "X-Tenant"; capture-response-header "X-Echo" }
        audit-log { file "${folder}/audit.log" }
      }
    }
    ${more}`;
  const environment = { EDGE_PASSPHRASE: planted.fromEnvironment };
  const daemon = await startDaemonProcess(t, { folder, config: config(), environment, workers: 1 });
  const client = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  const fields = [
    `Authorization: Bearer ${planted.bearer}`,
    `Cookie: sid=${planted.cookie}`,
    `Referer: https://me:${planted.userInfo}@shop.example/?token=${planted.query}`,
    `User-Agent: tool bearer ${planted.agent}`,
    `X-Tenant: blue ${planted.captured}`,
  ];
  client.send(
    get(`/reset/${planted.jwt}?password=${planted.query}&%74oken=${planted.encodedName}&ok=visible`, ...fields),
  );
  assert.equal((await client.response()).status, 200);
  await daemon.client.call('log-level-set', {
    body: { level: 'debug', expires_in_ms: 60_000 },
    reason: `password=${planted.reason}`,
  });
  daemon.writeConfig(config(`route "b" { upstream "https://me:${planted.refused}@nowhere.example/" }`));
  await daemon.client.call('config-reload').catch(() => {});
  await daemon.line('Configuration reload failed');
  await eventually(() => readFileSync(join(folder, 'access.log'), 'utf8').endsWith('\n'));

  const outputs: Record<string, string> = { stdout: daemon.output(), stderr: daemon.errors() };
  for (const file of ['s.log', 'access.log', 'audit.log']) outputs[file] = readFileSync(join(folder, file), 'utf8');
  const reads = Object.values(endpoints).filter(
    ({ method, path }) => method === 'GET' && !path.includes('{') && path !== '/admin/stream',
  );
  for (const path of [
    ...reads.map((endpoint) => endpoint.path),
    '/metrics',
    '/admin/clients?by=path',
    '/admin/clients?by=user-agent',
  ]) {
    outputs[path] = await (await fetch(`${daemon.adminUrl()}${path}`)).text();
  }
  const leaks = Object.entries(outputs).flatMap(([where, text]) =>
    Object.entries(planted)
      .filter(([, secret]) => text.includes(secret))
      .map(([name]) => `${name} in ${where}`),
  );
  assert.deepEqual(leaks, []);
  // What is no secret is there: nothing was emptied instead of redacted.
  assert.match(outputs['access.log'] as string, /"query":"password=\[redacted\]&%74oken=\[redacted\]&ok=visible"/);
  assert.match(
    outputs['access.log'] as string,
    /"captured":\{"x-tenant":"blue \[redacted\]"\},"captured_response":\{"x-echo":"\[redacted\] \[redacted\]"\}/,
  );
  assert.match(outputs['audit.log'] as string, /"action":"log-level-set"/);
});

test('of the environment secrets are secret, and what says where things are is not', () => {
  const loaded = loadConfigText(
    `route "r" { upstream "u"; policies { request-headers { set { "A" "\${PLACE}"; "B" "\${NUMBER}"; "C" "\${SIGNING_KEY}"; "D" "\${OPAQUE}"; "E" "\${URL}" } } } }
     upstream "u" { static { status 200 } }`,
    {
      env: {
        PLACE: 'api.internal:8080',
        NUMBER: '12345678',
        SIGNING_KEY: 'plain',
        OPAQUE: 'kT9x2LmQ8vR4wZ7pB1cD',
        URL: 'redis://user:p%40ss@cache.internal/0',
      },
    },
  );
  assert.equal(loaded.kind, 'ok');
  assert.deepEqual(loaded.kind === 'ok' && loaded.secrets, [
    'plain',
    'kT9x2LmQ8vR4wZ7pB1cD',
    'redis://user:p%40ss@cache.internal/0',
    'p%40ss',
    'p@ss',
  ]);
});
