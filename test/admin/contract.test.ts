/** The contract of the admin API: it has every endpoint that was promised, or says by name what is not there yet. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { endpoints, isMutation } from '../../src/admin/contract/endpoints.ts';
import type { Problem } from '../../src/admin/contract/shapes.ts';
import { type DaemonProcess, launchDaemon, startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

/** The table of the admin API's design, row by row; `{…}` are places. */
const promised: readonly string[] = [
  'GET /admin/status',
  'GET /admin/upstreams',
  'GET /admin/upstreams/{name}',
  'GET /admin/upstreams/{name}/health',
  'POST /admin/upstreams/{name}/check',
  'POST /admin/health-check',
  'GET /admin/routes',
  'POST /admin/routes/explain',
  'GET /admin/breakers',
  'POST /admin/breakers/{id+}/reset',
  'POST /admin/breakers/{id+}/open',
  'GET /admin/drains',
  'POST /admin/drains',
  'GET /admin/drains/{id}',
  'DELETE /admin/drains/{id}',
  // `limits`, `weight`, `maintenance`, `rate-limit` and others of their shape are kinds.
  ...['{kind}', 'log-level', 'block'].flatMap((kind) =>
    ['GET', 'PUT', 'DELETE'].map((method) => `${method} /admin/overrides/${kind}`),
  ),
  'GET /admin/config',
  'GET /admin/config/history',
  ...['validate', 'plan', 'apply', 'confirm', 'rollback', 'reload'].map((verb) => `POST /admin/config/${verb}`),
  'GET /admin/identity',
  'GET /admin/traffic',
  'GET /admin/requests',
  'GET /admin/inflight',
  'DELETE /admin/inflight/{id}',
  'GET /admin/clients',
  'GET /admin/events',
  'GET /admin/stream',
  'GET /admin/certs',
  'GET /admin/runtime',
];

/** What came besides: the log, certificates read again, and what the design gives to commands of overrides and targets. */
const besides = [
  'GET /admin/workers',
  'POST /admin/workers/restart',
  'GET /admin/config/pending',
  'POST /admin/config/extend',
  'GET /admin/upgrade',
  'POST /admin/upgrade',
  'POST /admin/alerts',
  'GET /admin/config/history/{number}',
  'GET /admin/logs',
  'POST /admin/logs/reopen',
  'POST /admin/certs/reload',
  'GET /admin/overrides',
  'DELETE /admin/overrides',
  ...['POST', 'PUT', 'DELETE'].map((method) => `${method} /admin/upstreams/{name}/targets`),
];

const nameOf = ({ method, path }: { readonly method: string; readonly path: string }) => `${method} ${path}`;

test('the API has what was promised', () => {
  assert.deepEqual(Object.values(endpoints).map(nameOf).toSorted(), [...promised, ...besides].toSorted());
});

test('only what changes nothing is open to viewers, and changes are never made by GET', () => {
  for (const one of Object.values(endpoints)) {
    assert.equal(one.role === 'viewer', !isMutation(one.danger), nameOf(one));
    assert.equal(one.danger === 'read', one.method === 'GET', nameOf(one));
  }
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly problem: Problem | null;
}

async function ask(
  { socket }: DaemonProcess,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const call = request({ socketPath: socket, method, path, headers: { host: 'localhost', ...headers }, agent: false });
  call.end();
  const [reply] = (await once(call, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of reply.setEncoding('utf8')) text += String(part);
  const isProblem = reply.headers['content-type'] === 'application/problem+json';
  const problem = isProblem && text !== '' ? (JSON.parse(text) as Problem) : null;
  return { status: reply.statusCode ?? 0, headers: reply.headers, text, problem };
}

const start = (t: TestContext) => startDaemonProcess(t, { workers: 1 });

test('every reply, of whatever kind, says when it was made and by which version, generation and configuration', async (t) => {
  const daemon = await start(t);
  const rows: readonly (readonly [method: string, path: string, status: number])[] = [
    ['GET', '/admin/status', 200],
    ['GET', '/metrics', 200],
    ['GET', '/health', 200],
    ['GET', '/ready', 200],
    ['POST', '/admin/routes/explain', 400],
    ['POST', '/admin/config/reload', 401],
    ['GET', '/admin/nothing', 404],
    ['GET', '/admin/upstreams/nothing', 404],
    ['GET', '/admin/config/reload', 405],
    ['OPTIONS', '/admin/status', 405],
    ['PROPFIND', '/admin/status', 405],
    ['GET', '/admin/drains', 200],
  ];
  for (const [method, path, status] of rows) {
    const { headers, ...answer } = await ask(daemon, method, path);
    const title = `${method} ${path}`;
    assert.equal(answer.status, status, title);
    assert.match(String(headers['x-sentinel-time']), /^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/, title);
    assert.equal(headers['x-sentinel-generation'], '1', title);
    assert.match(String(headers['x-sentinel-digest']), /^[0-9a-f]{64}$/, title);
    assert.match(String(headers['x-sentinel-version']), /^\d+\.\d+\.\d+/, title);
    assert.match(String(headers['etag']), /^"1\.\d+"$/, title);
    assert.equal(headers['cache-control'], 'no-store', title);
    if (status < 400) continue;
    const { problem } = answer;
    assert.equal(problem?.status, status, title);
    assert.match(problem?.code ?? '', /^SNT-[A-Z]\d{3}$/, title);
    assert.ok((problem?.title ?? '') !== '' && (problem?.detail ?? '') !== '', title);
  }
});

test('a method that an endpoint does not take is answered with those that it takes', async (t) => {
  const daemon = await start(t);
  const allow = async (path: string) => (await ask(daemon, 'OPTIONS', path)).headers['allow'];
  assert.equal(await allow('/admin/status'), 'GET, HEAD');
  assert.equal(await allow('/admin/overrides/block'), 'GET, PUT, DELETE, HEAD');
  assert.equal(await allow('/admin/drains'), 'GET, POST, HEAD');
  assert.equal(await allow('/admin/config/reload'), 'POST');
  assert.equal(await allow('/metrics'), 'GET, HEAD');
});

test('HEAD is answered as GET is, without a body', async (t) => {
  const daemon = await start(t);
  for (const path of ['/admin/status', '/admin/routes', '/metrics', '/health']) {
    const head = await ask(daemon, 'HEAD', path);
    assert.deepEqual([head.status, head.text], [200, ''], path);
    assert.ok(Number(head.headers['content-length']) > 0, path);
  }
  assert.equal((await ask(daemon, 'HEAD', '/admin/config/reload')).status, 405);
});

test('a check that was meant for another state is not made either', async (t) => {
  const daemon = await start(t);
  const check = (etag: string) => ask(daemon, 'POST', '/admin/health-check', { 'if-match': etag });
  const { problem, status } = await check('"9.9"');
  assert.deepEqual([status, problem?.code], [412, 'SNT-A007']);
  assert.equal((await check('*')).status, 200);
});

test('the configuration comes as KDL, and with every key in a list', async (t) => {
  const daemon = await start(t);
  const { data } = await daemon.client.call('config', { query: { form: 'json' } });
  const address = data.settings?.find(({ path }) => path === 'listeners.http.address');
  assert.equal(address?.text, '"127.0.0.1:0"');
  assert.equal(address?.origin?.line, 2);
  assert.equal((await daemon.client.call('config')).data.settings, undefined);
  const wrong = await ask(daemon, 'GET', '/admin/config?form=yaml');
  assert.equal(wrong.problem?.code, 'SNT-A008');
});

test('while the daemon starts, it is alive, not ready, and says when to ask again', async (t) => {
  const daemon = launchDaemon(t, { workers: 1, workerEntry: new URL('../daemon/workers/idle.ts', import.meta.url) });
  const health = await eventually(() => ask(daemon, 'GET', '/health'));
  assert.equal(health.status, 200);
  assert.equal((await ask(daemon, 'GET', '/ready')).status, 503);
  for (const [method, path] of [
    ['GET', '/admin/status'],
    ['POST', '/admin/config/reload'],
    ['GET', '/metrics'],
  ] as const) {
    const { status, headers, problem } = await ask(daemon, method, path);
    assert.deepEqual([status, problem?.code, headers['retry-after']], [503, 'SNT-A011', '1'], path);
    assert.equal(headers['x-sentinel-generation'], '0');
  }
});

test('a change that was refused is in the audit log under the name of the token, and under no name that the client gives', async (t) => {
  const hash = createHash('sha256').update('see').digest('hex');
  const more = `observability { admin { token "watcher" { role "viewer"; hash "sha256:${hash}" } } }`;
  const daemon = await startDaemonProcess(t, { workers: 1, config: staticConfig('hello', more) });
  const claims = {
    'x-sentinel-actor': 'root',
    'x-sentinel-user': 'root',
    from: 'root',
    'x-sentinel-reason': 'because',
  };
  const act = (headers: Record<string, string>) =>
    ask(daemon, 'POST', '/admin/config/reload', { ...claims, ...headers });
  assert.equal((await act({ authorization: 'Bearer see' })).status, 403);
  assert.equal((await act({ authorization: 'Bearer nobody' })).status, 401);
  assert.equal((await act({ authorization: `Sentinel-Peer ${'0'.repeat(32)}` })).status, 401);
  const audit = await eventually(() => {
    const found = daemon.lines().filter(({ event }) => event === 'admin_action');
    assert.equal(found.length, 3);
    return found;
  });
  assert.deepEqual(
    audit.map((line) => [line['actor'], line['result'], line['status'], line['code'], line['reason']]),
    [
      ['token watcher', 'refused', 403, 'SNT-A004', 'because'],
      ['unknown', 'refused', 401, 'SNT-A003', 'because'],
      ['unknown', 'refused', 401, 'SNT-A009', 'because'],
    ],
  );
  const { data } = await daemon.client.call('events', { query: { kind: 'admin_action' } });
  assert.deepEqual(
    data.events.map(({ actor, detail }) => [actor, detail]),
    [
      ['token watcher', 'refused: token "watcher" has role viewer; POST /admin/config/reload needs operator'],
      ['unknown', 'refused: the proof of the user is missing, late or not its own'],
    ],
    'the same by somebody unknown is counted',
  );
});
