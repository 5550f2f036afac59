/** Who may do what on the admin API: one table over real sockets, and the proof of the user behind the unix socket. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces, userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Problem } from '../../src/admin/contract/shapes.ts';
import { type DaemonProcess, staticConfig, startDaemonProcess, testFolder } from '../helpers/daemon.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const config = staticConfig(
  'hello',
  `observability { admin {
     token "watcher" { role "viewer"; hash "sha256:${sha256('see')}" }
     token "oncall" { role "operator"; hash "sha256:${sha256('act')}" }
   } }`,
);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Our code, when the answer is a problem. */
  readonly code: string | null;
}

type Where = { readonly host: string; readonly port: number } | { readonly socketPath: string };

function ask(
  where: Where,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ ...where, method, path, headers, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      reply.on('end', () => {
        const problem =
          reply.headers['content-type'] === 'application/problem+json' ? (JSON.parse(text) as Problem) : null;
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text, code: problem?.code ?? null });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** An address of this machine that is not a loopback one: a client from there counts as foreign. */
function outerAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;
}

async function scene(t: TestContext): Promise<{ daemon: DaemonProcess; local: Where; socket: Where; port: number }> {
  const daemon = await startDaemonProcess(t, { config, environment: { SENTINEL_METRICS_ADDR: '0.0.0.0:0' } });
  const port = Number(new URL(daemon.adminUrl()).port);
  return { daemon, port, local: { host: '127.0.0.1', port }, socket: { socketPath: daemon.socket } };
}

test('reads on the TCP address are for local clients or tokens, changes for operators', async (t) => {
  const { daemon, local, port } = await scene(t);
  const host = `127.0.0.1:${port}`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const rows: readonly (readonly [
    title: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    status: number,
    code: string | null,
  ])[] = [
    ['metrics for everybody', 'GET', '/metrics', { host: 'metrics.example' }, 200, null],
    ['health for everybody', 'GET', '/health', { host: 'x', via: '1.1 proxy' }, 200, null],
    ['ready for everybody', 'GET', '/ready', { host: 'x', origin: 'http://evil.example' }, 200, null],
    ['a local read', 'GET', '/admin/status', { host }, 200, null],
    ['a local read by name', 'GET', '/admin/status', { host: `localhost:${port}` }, 200, null],
    ['a local read by IPv6 name', 'GET', '/admin/status', { host: `[::1]:${port}` }, 200, null],
    ['a page of its own origin', 'GET', '/admin/status', { host, origin: `http://${host}` }, 200, null],
    ['a rebound name', 'GET', '/admin/status', { host: 'evil.example' }, 403, 'SNT-A002'],
    [
      'a name that begins like a loopback one',
      'GET',
      '/admin/status',
      { host: 'localhost.evil.example' },
      403,
      'SNT-A002',
    ],
    ['a name like an address', 'GET', '/admin/status', { host: '127.0.0.1.evil.example' }, 403, 'SNT-A002'],
    ['a foreign origin', 'GET', '/admin/status', { host, origin: 'http://evil.example' }, 403, 'SNT-A002'],
    ['another local origin', 'GET', '/admin/status', { host, origin: 'http://localhost:3000' }, 403, 'SNT-A002'],
    ['a page without origin', 'GET', '/admin/status', { host, origin: 'null' }, 403, 'SNT-A002'],
    ['through a proxy (Via)', 'GET', '/admin/status', { host, via: '1.1 front' }, 403, 'SNT-A002'],
    ['through a proxy (Forwarded)', 'GET', '/admin/status', { host, forwarded: 'for=1.2.3.4' }, 403, 'SNT-A002'],
    [
      'through a proxy (X-Forwarded-For)',
      'GET',
      '/admin/status',
      { host, 'x-forwarded-for': '1.2.3.4' },
      403,
      'SNT-A002',
    ],
    ['through a proxy (X-Forwarded-Port)', 'GET', '/admin/status', { host, 'x-forwarded-port': '1' }, 403, 'SNT-A002'],
    [
      'a token opens what a proxy closed',
      'GET',
      '/admin/status',
      { host, via: '1.1 front', ...bearer('see') },
      200,
      null,
    ],
    ['a token opens a foreign name', 'GET', '/admin/status', { host: 'proxy.example', ...bearer('see') }, 200, null],
    ['an unknown token', 'GET', '/admin/status', { host, ...bearer('wrong') }, 401, 'SNT-A003'],
    ['a token is not its hash', 'GET', '/admin/status', { host, ...bearer(sha256('see')) }, 401, 'SNT-A003'],
    ['a local check', 'POST', '/admin/routes/explain', { host }, 400, 'SNT-A008'],
    ['a foreign check', 'POST', '/admin/routes/explain', { host, origin: 'http://evil.example' }, 403, 'SNT-A002'],
    ['a local change without token', 'POST', '/admin/config/reload', { host }, 403, 'SNT-A002'],
    ['a change with a viewer token', 'POST', '/admin/config/reload', { host, ...bearer('see') }, 403, 'SNT-A004'],
    ['a change with an operator token', 'POST', '/admin/config/reload', { host, ...bearer('act') }, 200, null],
    ['a change with an unknown token', 'POST', '/admin/config/reload', { host, ...bearer('wrong') }, 401, 'SNT-A003'],
    ['a change by GET', 'GET', '/admin/config/reload', { host, ...bearer('act') }, 405, 'SNT-A006'],
    ['a read by POST', 'POST', '/admin/status', { host }, 405, 'SNT-A006'],
    ['metrics by POST', 'POST', '/metrics', { host }, 405, 'SNT-A006'],
    ['nothing there', 'GET', '/admin/nothing', { host }, 404, 'SNT-A005'],
    ['no path tricks', 'GET', '//admin/status', { host }, 404, 'SNT-A005'],
  ];
  for (const [title, method, path, headers, status, code] of rows) {
    const answer = await ask(local, method, path, headers);
    assert.deepEqual({ status: answer.status, code: answer.code }, { status, code }, title);
  }
  const outer = outerAddress();
  if (outer !== undefined) {
    const foreign = { host: outer, port };
    assert.equal((await ask(foreign, 'GET', '/metrics')).status, 200);
    assert.equal(
      (await ask(foreign, 'GET', '/admin/status', { host: 'localhost' })).code,
      'SNT-A002',
      'not a loopback peer',
    );
    assert.equal((await ask(foreign, 'GET', '/admin/status', bearer('see'))).status, 200);
  }
  assert.equal((await ask(local, 'POST', '/metrics')).headers['allow'], 'GET, HEAD');
  // Every change that was asked for is in the audit log, the refused ones too.
  const audit = daemon.lines().filter((line) => line['event'] === 'admin_action');
  assert.deepEqual(
    audit.map((line) => [line['actor'], line['result'], line['status'], line['via'], line['peer']]),
    [
      ['unknown', 'refused', 403, 'tcp', '127.0.0.1'],
      ['token watcher', 'refused', 403, 'tcp', '127.0.0.1'],
      ['token oncall', 'done', 200, 'tcp', '127.0.0.1'],
      ['unknown', 'refused', 401, 'tcp', '127.0.0.1'],
    ],
  );
  const { text } = await ask(local, 'GET', '/metrics');
  assert.match(text, /^sentinel_admin_actions_total\{action="config-reload",result="refused"\} 3$/m);
  assert.match(text, /^sentinel_admin_actions_total\{action="config-reload",result="done"\} 1$/m);
});

test('a change through the socket is made by the user who owns the proof, with the reason that was given', async (t) => {
  const { daemon } = await scene(t);
  await daemon.client.call('config-reload', { reason: 'größer, "schneller"' });
  const line = await daemon.line('Admin action');
  assert.equal(line['actor'], `user ${userInfo().username}`);
  assert.equal(line['reason'], 'größer, "schneller"');
  assert.equal(line['via'], 'socket');
  assert.equal((await daemon.line('Configuration reload completed'))['actor'], `user ${userInfo().username}`);
});

test('a proof that is missing, foreign, linked or used before is refused', async (t) => {
  const { daemon, socket } = await scene(t);
  const auth = join(daemon.folder, 'auth');
  const nonce = async () => {
    const answer = await ask(socket, 'POST', '/admin/config/reload');
    assert.equal(answer.status, 401);
    return /^Sentinel-Peer nonce="([0-9a-f]{32})"$/.exec(String(answer.headers['www-authenticate']))?.[1] as string;
  };
  const redeem = async (value: string) =>
    (await ask(socket, 'POST', '/admin/config/reload', { authorization: `Sentinel-Peer ${value}` })).status;

  assert.equal(await redeem(await nonce()), 401, 'no file');
  assert.equal(await redeem('0'.repeat(32)), 401, 'a nonce that was never issued');
  const linked = await nonce();
  const elsewhere = join(daemon.folder, 'elsewhere');
  writeFileSync(elsewhere, '');
  linkSync(elsewhere, join(auth, linked));
  assert.equal(await redeem(linked), 401, 'a second name of another file');
  const full = await nonce();
  writeFileSync(join(auth, full), 'content');
  assert.equal(await redeem(full), 401, 'not an empty file');
  const good = await nonce();
  writeFileSync(join(auth, good), '');
  assert.equal(await redeem(good), 200);
  writeFileSync(join(auth, good), '');
  assert.equal(await redeem(good), 401, 'each serves once');
  // On TCP a proof means nothing.
  const tcp = await nonce();
  writeFileSync(join(auth, tcp), '');
  const where = { host: '127.0.0.1', port: Number(new URL(daemon.adminUrl()).port) };
  assert.equal(
    (await ask(where, 'POST', '/admin/config/reload', { authorization: `Sentinel-Peer ${tcp}` })).status,
    403,
  );
  // What was left there is gone when the next daemon starts.
  writeFileSync(join(auth, 'leftover'), '');
  daemon.child.kill('SIGKILL');
  await daemon.ended();
  await startDaemonProcess(t, { folder: daemon.folder, config });
  assert.deepEqual(readdirSync(auth), []);
});

test('the socket is for owner and group, the folder of proofs for everybody to create in and nobody to list', async (t) => {
  const { daemon } = await scene(t);
  assert.equal(statSync(daemon.socket).mode & 0o7777, 0o660);
  assert.equal(statSync(join(daemon.folder, 'auth')).mode & 0o7777, 0o1733);
});

test('a change that was meant for another state is refused and nothing is done', async (t) => {
  const { daemon, local } = await scene(t);
  const act = (ifMatch: string) =>
    ask(local, 'POST', '/admin/config/reload', { authorization: 'Bearer act', 'if-match': ifMatch });
  const { etag } = (await ask(local, 'GET', '/admin/status')).headers;
  assert.match(String(etag), /^"1\.\d+"$/);
  assert.equal((await act('"1.999"')).code, 'SNT-A007');
  assert.equal((await daemon.client.call('status')).generation, 1);
  assert.equal((await act(`"9.9", ${etag}`)).status, 200);
  assert.equal((await act(String(etag))).status, 412, 'the state has changed by the reload');
  assert.equal((await act('*')).status, 200);
});

test('every reply says when, by which generation and by which configuration it was made', async (t) => {
  const { local } = await scene(t);
  for (const path of ['/metrics', '/health', '/ready', '/admin/status', '/admin/nothing']) {
    const { headers } = await ask(local, 'GET', path);
    assert.match(String(headers['x-sentinel-time']), /^\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z$/);
    assert.equal(headers['x-sentinel-generation'], '1');
    assert.match(String(headers['x-sentinel-digest']), /^[0-9a-f]{64}$/);
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('a body that is too large, broken or not JSON is refused, and the daemon goes on', async (t) => {
  const { local, daemon } = await scene(t);
  const explain = (body: string) => ask(local, 'POST', '/admin/routes/explain', {}, body);
  assert.equal((await explain('{"method":')).code, 'SNT-A008');
  assert.equal((await explain('{"method":"GET"}')).code, 'SNT-A008');
  assert.equal((await explain('{"method":"GET","url":"/","more":1}')).code, 'SNT-A008');
  const large = await explain(`{"url":"${'x'.repeat(300_000)}"}`);
  assert.deepEqual([large.status, large.headers['connection']], [413, 'close']);
  assert.equal((await explain('{"method":"GET","url":"http://a.example/x"}')).status, 200);
  assert.equal((await daemon.client.call('status')).data.state, 'ready');
});

test('with an audit log of its own a change is recorded there and not among the other lines', async (t) => {
  const folder = testFolder(t);
  const audit = join(folder, 'audit.log');
  const daemon = await startDaemonProcess(t, {
    folder,
    config: staticConfig('hello', `observability { logging { audit-log { file "${audit}" } } }`),
  });
  await daemon.client.call('config-reload', { reason: 'why not' });
  daemon.child.kill('SIGTERM');
  await daemon.ended();
  const line = JSON.parse(readFileSync(audit, 'utf8')) as Record<string, unknown>;
  assert.deepEqual([line['action'], line['reason'], line['result']], ['config-reload', 'why not', 'done']);
  assert.equal(
    daemon.lines().some(({ message }) => message === 'Admin action'),
    false,
  );
});

test('the configuration that local clients may read does not hold the hashes of tokens', async (t) => {
  const { local } = await scene(t);
  for (const path of ['/admin/config', '/admin/config?origin=1', '/admin/config?form=json']) {
    const { status, text } = await ask(local, 'GET', path);
    assert.equal(status, 200);
    assert.match(text, /token .*oncall/);
    assert.doesNotMatch(text, new RegExp(`${sha256('act')}|${sha256('see')}`));
  }
});
