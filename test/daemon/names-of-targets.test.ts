/** Targets that are names, in a running daemon: what clients see while names appear, move and vanish. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { UpstreamsReply } from '../../src/admin/contract/upstream-shapes.ts';
import { OriginProcess } from '../faults/origin-process.ts';
import { type DaemonProcess, launchDaemon, startDaemonProcess } from '../helpers/daemon.ts';
import { type DnsServer, startDns } from '../helpers/dns-server.ts';
import { eventually } from '../helpers/eventually.ts';

function configOf(target: string): string {
  return `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api"; policies { host-header "upstream" } }
upstream "api" { ${target} }
`;
}

async function scene(t: TestContext, dns: DnsServer, target: string): Promise<DaemonProcess> {
  return startDaemonProcess(t, { config: configOf(target), environment: { SENTINEL_DNS_SERVERS: dns.address } });
}

/** The only name of the only upstream with names. */
async function nameOf(daemon: DaemonProcess) {
  const reply = (await (await fetch(`${daemon.adminUrl()}/admin/upstreams`)).json()) as UpstreamsReply;
  return reply.upstreams.flatMap(({ names }) => names)[0];
}

async function sample(daemon: DaemonProcess, series: string): Promise<number> {
  const text = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  assert.ok(line !== undefined, `no ${series}`);
  return Number(line.slice(series.length));
}

async function ask(daemon: DaemonProcess): Promise<string> {
  const response = await fetch(daemon.url());
  return `${response.status} ${await response.text()}`;
}

test('a target whose name moves to another address is followed, and what is in flight at the old one ends there', async (t) => {
  const [old, next] = await OriginProcess.startPair(
    t,
    { fault: { kind: 'drip', bytes: 20, everyMs: 100 }, host: '127.0.0.1' },
    { fault: { kind: 'none' }, host: '127.0.0.2' },
  );
  const dns = await startDns(t, { 'api.test': { a: ['127.0.0.1'], ttl: 1 } });
  const daemon = await scene(t, dns, `target "api.test:${old.port}"`);
  const slow = await fetch(daemon.url());
  dns.set('api.test', { a: ['127.0.0.2'], ttl: 1 });
  const changed = await daemon.line('Addresses of a name changed');
  assert.deepEqual(changed['added'], [next.address]);
  assert.deepEqual(changed['removed'], [old.address]);
  await eventually(async () => assert.equal(await ask(daemon), `200 ${next.body}`));
  // The target is told the name that it was written by.
  assert.equal((await fetch(daemon.url())).headers.get('x-asked-for'), `api.test:${old.port}`);
  assert.equal(await slow.text(), 'x'.repeat(20));
  const metrics = await (await fetch(`${daemon.adminUrl()}/metrics`)).text();
  assert.match(metrics, new RegExp(`sentinel_target_weight\\{upstream="api",target="${next.address}"\\} 1`));
  assert.doesNotMatch(metrics, new RegExp(`target="${old.address}"`));
  const { generation } = (await (await fetch(`${daemon.adminUrl()}/admin/status`)).json()) as { generation: number };
  assert.equal(generation, 1);
});

test('a name that does not resolve stops no start: 502 with its cause, a warning, and traffic as soon as it does', async (t) => {
  const origin = await OriginProcess.start(t);
  const dns = await startDns(t);
  const daemon = await scene(t, dns, `target "api.test:${origin.port}"`);
  const response = await fetch(daemon.url());
  assert.equal(response.status, 502);
  assert.match(response.headers.get('proxy-status') ?? '', /; error=dns_error$/);
  assert.equal(((await response.json()) as { cause: string }).cause, 'dns_error');
  const status = (await (await fetch(`${daemon.adminUrl()}/admin/status`)).json()) as { warnings: string[] };
  assert.match(status.warnings.join(), new RegExp(`api\\.test:${origin.port} does not resolve: .*; it has no target`));
  const name = `api.test:${origin.port}`;
  const before = await nameOf(daemon);
  assert.deepEqual([before?.name, before?.addresses, before?.resolved_at], [name, [], null]);
  assert.equal(before?.failure?.code, 'no_such_name');
  assert.equal(await sample(daemon, `sentinel_name_resolves{name="${name}"}`), 0);
  assert.ok((await sample(daemon, `sentinel_name_lookups_total{name="${name}",result="failed"}`)) >= 1);
  dns.set('api.test', { a: ['127.0.0.1'], ttl: 1 });
  await eventually(async () => assert.equal(await ask(daemon), `200 ${origin.body}`));
  const after = await nameOf(daemon);
  assert.deepEqual([after?.addresses, after?.failure], [[origin.address], null]);
  assert.equal(await sample(daemon, `sentinel_name_resolves{name="${name}"}`), 1);
  assert.ok((await sample(daemon, `sentinel_name_lookups_total{name="${name}",result="resolved"}`)) >= 1);
});

test('a name that vanishes takes no traffic away', async (t) => {
  const origin = await OriginProcess.start(t);
  const dns = await startDns(t, { 'api.test': { a: ['127.0.0.1'], ttl: 0 } });
  const daemon = await scene(t, dns, `discover "dns" { name "api.test"; port ${origin.port}; interval-secs 1 }`);
  assert.equal(await ask(daemon), `200 ${origin.body}`);
  dns.set('api.test', null);
  await eventually(() => daemon.lines().some(({ message }) => message.startsWith('api.test:')));
  for (let turn = 0; turn < 5; turn++) assert.equal(await ask(daemon), `200 ${origin.body}`);
});

test('a service brings targets with their ports', async (t) => {
  const [one, two] = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const srv = [one, two].map(({ port }) => ({ priority: 1, weight: 1, port, name: 'host.test' }));
  const dns = await startDns(t, { '_api._tcp.test': { srv }, 'host.test': { a: ['127.0.0.1'], ttl: 1 } });
  const daemon = await scene(t, dns, 'discover "srv" { name "_api._tcp.test"; interval-secs 1 }');
  // Workers take turns by themselves.
  const answers = new Set<string>();
  await eventually(async () => {
    answers.add(await ask(daemon));
    assert.deepEqual([...answers].sort(), [`200 ${one.body}`, `200 ${two.body}`].sort());
  });
});

test('a reload waits for the addresses of the names that it brings', async (t) => {
  const [one, two] = [await OriginProcess.start(t), await OriginProcess.start(t)];
  const dns = await startDns(t, { 'one.test': { a: ['127.0.0.1'], ttl: 9 }, 'two.test': { a: ['127.0.0.1'], ttl: 9 } });
  const daemon = await scene(t, dns, `target "one.test:${one.port}"`);
  assert.equal(await ask(daemon), `200 ${one.body}`);
  daemon.writeConfig(configOf(`target "two.test:${two.port}"`));
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload completed');
  assert.equal(await ask(daemon), `200 ${two.body}`);
});

test('addresses that change all the time cost no request', async (t) => {
  const fault = { kind: 'none' } as const;
  const [one, two] = await OriginProcess.startPair(t, { fault, host: '127.0.0.1' }, { fault, host: '127.0.0.2' });
  const dns = await startDns(t, { 'api.test': { a: ['127.0.0.1'], ttl: 0 } });
  const daemon = await scene(t, dns, `target "api.test:${one.port}"`);
  const changes = () => daemon.lines().filter(({ message }) => message === 'Addresses of a name changed').length;
  const counts = new Map<string, number>();
  for (let asked = 0; changes() < 4; asked++) {
    // Once for each question that is asked.
    dns.set('api.test', { a: [changes() % 2 === 0 ? '127.0.0.2' : '127.0.0.1'], ttl: 0 });
    const answers = await Promise.all([ask(daemon), ask(daemon), ask(daemon)]);
    for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [`200 ${one.body}`, `200 ${two.body}`].sort());
});

for (const servers of ['nameserver', '10.0.0.2:99999', '999.1.1.1:53', '10.0.0.2,', '::1:53:x']) {
  test(`SENTINEL_DNS_SERVERS=${servers} is refused at the start`, async (t) => {
    const daemon = launchDaemon(t, { environment: { SENTINEL_DNS_SERVERS: servers } });
    assert.equal((await daemon.ended()).code, 2);
    assert.match(daemon.errors(), /SENTINEL_DNS_SERVERS is .*, expected addresses such as 10\.0\.0\.2/);
  });
}
