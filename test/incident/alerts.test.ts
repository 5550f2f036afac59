/** Alerts that open incidents: which joins which, when one is over, and what happens when nothing can be written. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { AlertRequest, AlertsReply, AlertsRequest } from '../../src/admin/contract/alert-shapes.ts';
import { KnownSecrets } from '../../src/base/redaction.ts';
import { IncidentStore } from '../../src/incident/record/store.ts';
import { AlertDesk } from '../../src/proxy/control/incidents/alert-desk.ts';
import { severityOf } from '../../src/proxy/control/incidents/alert-severity.ts';
import type { Log } from '../../src/proxy/control/logging.ts';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, staticConfig } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const day = Date.UTC(2026, 10, 20, 14);
const at = (minutes: number) => new Date(day + minutes * 60_000).toISOString();
const never = '0001-01-01T00:00:00Z';

interface Given {
  readonly minute?: number;
  readonly over?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly summary?: string;
}

function alert(name: string, { minute = 0, over, labels = {}, summary }: Given = {}): AlertRequest {
  return {
    status: over === undefined ? 'firing' : 'resolved',
    labels: { alertname: name, ...labels },
    annotations: summary === undefined ? {} : { summary },
    // As Go writes it.
    startsAt: at(minute).replace('.000Z', '.123456789Z'),
    endsAt: over === undefined ? never : at(over),
    fingerprint: createHash('sha256')
      .update(JSON.stringify([name, labels]))
      .digest('hex')
      .slice(0, 16),
  };
}

function sent(groupKey: string, ...alerts: readonly AlertRequest[]): AlertsRequest {
  return {
    version: '4',
    groupKey,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    alerts,
  };
}

function scene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const clock = new ManualClock(day);
  const events: unknown[] = [];
  const log = (_: string, fields: { readonly event: string }) => void events.push(fields.event);
  const desk = new AlertDesk({
    clock,
    place: { ensure: () => folder, service: 'payments' },
    log: { warn: log, info: log } as unknown as Log,
    about: () => ({ daemons: ['/run/sentinel/admin.sock'], config: '/etc/sentinel/config.kdl' }),
    known: () => new KnownSecrets(['hunter2hunter2']),
  });
  const store = new IncidentStore(folder, { clock, actor: 'user ann', host: 'h' });
  return {
    store,
    events,
    take: (request: AlertsRequest) => desk.take(request, 'token alertmanager'),
    kinds: (id: string | null) => store.entries(id ?? '').map(({ kind }) => kind),
  };
}

test('the first alert opens an incident with title, severity, service and when it began; sent again it adds nothing', async (t) => {
  const { take, store, kinds, events } = scene(t);
  const request = sent(
    '{}:{instance="a"}',
    alert('Slow', { minute: 1, labels: { severity: 'warning' } }),
    alert('Errors', { minute: 2, labels: { severity: 'SEV2' }, summary: 'One in ten requests fails' }),
  );
  const first = await take(request);
  assert.deepEqual([first.opened, first.recorded, first.passed_over], [true, 2, 0]);
  const incident = store.read(first.incident ?? '');
  const { title, sev, sev_why: why, service, daemons, config, opened_by: by, times, phase } = incident;
  assert.deepEqual(
    { title, sev, why, service, daemons, config, by, alert: times.alert, phase },
    {
      title: 'One in ten requests fails',
      sev: 'SEV2',
      why: 'alert Errors: label severity is SEV2',
      service: 'payments',
      daemons: ['/run/sentinel/admin.sock'],
      config: '/etc/sentinel/config.kdl',
      by: 'alert',
      alert: at(1).replace('.000Z', '.123Z'),
      phase: 'open',
    },
  );
  assert.deepEqual(kinds(incident.id), ['opened', 'marked', 'alert', 'alert']);
  const again = await take(request);
  assert.deepEqual([again.incident, again.opened, again.recorded, again.passed_over], [null, false, 0, 2]);
  assert.equal(store.list().length, 1);
  assert.deepEqual(events, ['incident_opened']);
});

test('other alerts of the same outage join, whatever their group, and an earlier one moves its beginning', async (t) => {
  const { take, store } = scene(t);
  const { incident: id } = await take(sent('one', alert('Errors', { minute: 5, labels: { sev: '2' } })));
  const joined = await take(sent('two', alert('TargetDown', { minute: 3 })));
  assert.deepEqual([joined.incident, joined.opened], [id, false]);
  const all = await Promise.all([3, 4, 5].map((n) => take(sent(`group ${n}`, alert(`A${n}`, { minute: 9 })))));
  assert.deepEqual(new Set(all.map(({ incident }) => incident)), new Set([id]));
  assert.equal(store.read(id ?? '').times.alert, at(3).replace('.000Z', '.123Z'));
  assert.equal(store.read(id ?? '').alerts.length, 5);
});

test('groups that come at the same moment open one incident', async (t) => {
  const { take, store } = scene(t);
  const replies = await Promise.all([1, 2, 3, 4].map((n) => take(sent(`g${n}`, alert(`A${n}`)))));
  assert.equal(replies.filter(({ opened }) => opened).length, 1);
  assert.equal(store.list().length, 1);
});

test('an alert that does not know when it began, or has a time of another century, moves no beginning', async (t) => {
  const { take, store } = scene(t);
  const odd = (name: string, startsAt: string) => ({ ...alert(name), startsAt });
  const { incident } = await take(sent('a', odd('Zero', never)));
  const opened = store.read(incident ?? '').times;
  assert.equal(opened.alert, opened.opened);
  await take(sent('b', odd('Far', '9999-12-31T23:59:59Z'), odd('Old', '1970-01-01T00:00:00Z')));
  assert.equal(store.read(incident ?? '').times.alert, opened.alert);
  await take(sent('c', odd('Far2', '9999-12-31T23:59:59Z'), odd('Old2', never), alert('Sane', { minute: -3 })));
  assert.equal(store.read(incident ?? '').times.alert, at(-3).replace('.000Z', '.123Z'));
});

test('what a person opened is joined: what they said of severity and beginning stays', async (t) => {
  const { take, store, kinds } = scene(t);
  const body = { title: null, sev: null, why: null, by: 'operator', service: null } as const;
  const { id } = await store.open({ id: 'INC-001', body: { kind: 'opened', ...body } });
  await take(sent('g', alert('Errors', { minute: 5, labels: { severity: 'critical' } })));
  assert.deepEqual([store.read(id).sev, store.read(id).times.alert], ['SEV2', at(5).replace('.000Z', '.123Z')]);
  await store.append(id, [{ kind: 'marked', mark: 'alert', when: at(1), from: null }]);
  await take(sent('g', alert('Worse', { labels: { severity: 'SEV1' } })));
  assert.deepEqual([store.read(id).sev, store.read(id).times.alert], ['SEV2', at(1)]);
  assert.deepEqual(kinds(id), ['opened', 'marked', 'alert', 'severity', 'marked', 'alert']);
});

test('when all its alerts are over it is resolved, as of then, and stays open; one that fires again takes that back', async (t) => {
  const { take, store, events } = scene(t);
  const { incident } = await take(sent('g', alert('Errors'), alert('Slow', { minute: 1 })));
  const id = incident ?? '';
  const half = await take(sent('g', alert('Errors', { over: 8 }), alert('Slow', { minute: 1 })));
  assert.deepEqual([half.incident, half.resolved, store.read(id).phase], [id, [], 'open']);
  const whole = await take(sent('g', alert('Errors', { over: 8 }), alert('Slow', { minute: 1, over: 7 })));
  assert.deepEqual([whole.resolved, store.read(id).phase, store.read(id).times.resolved], [[id], 'resolved', at(8)]);
  assert.deepEqual(events, ['incident_opened', 'incident_alert_resolved']);
  const more = await take(sent('g', alert('Errors', { over: 8 })));
  assert.deepEqual([more.recorded, more.resolved], [0, []]);
  // With its old time, as Prometheus says after its restart.
  await take(sent('g', alert('Errors')));
  assert.deepEqual([store.read(id).phase, store.read(id).times.resolved], ['open', null]);
  await take(sent('g', alert('Errors', { over: 20 })));
  assert.equal(store.read(id).times.resolved, at(20));
});

test('what is sent of an alert whose incident was closed opens no other; a new one does', async (t) => {
  const { take, store } = scene(t);
  const { incident } = await take(sent('g', alert('Errors')));
  await store.append(incident ?? '', [{ kind: 'closed', why: null }]);
  const still = await take(sent('g', alert('Errors')));
  assert.deepEqual([still.incident, store.list().length], [null, 1]);
  const next = await take(sent('g', alert('Errors', { minute: 90 })));
  assert.ok(next.opened && next.incident !== incident);
});

test('an alert that was over before anybody heard of it is written down nowhere', async (t) => {
  const { take, store } = scene(t);
  const reply = await take(sent('g', alert('Errors', { over: 1 })));
  assert.deepEqual([reply.incident, reply.recorded, reply.passed_over], [null, 0, 1]);
  assert.deepEqual(store.list(), []);
});

test('secrets in labels and annotations do not get in, and a thousand alerts with long labels stay small', async (t) => {
  const { take, store } = scene(t);
  const summary = 'login with hunter2hunter2 fails, header Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789';
  const many = Array.from({ length: 1_000 }, (_, n) =>
    alert(`A${n}`, { labels: { password: 'swordfish-9', long: 'x'.repeat(5_000) }, summary }),
  );
  const { incident, recorded } = await take(sent('g'.repeat(9_000), ...many));
  const text = readFileSync(join(store.folderOf(incident ?? ''), 'journal.ndjson'), 'utf8');
  assert.equal(recorded, 200);
  for (const secret of ['hunter2', 'abcdefghijklmnop', 'swordfish']) assert.ok(!text.includes(secret), secret);
  assert.ok(text.length < 1 << 20, `${text.length} bytes`);
  assert.match(text, /more than 200 alerts/);
  // Whether those that were left out are over, only the group as a whole can say.
  const some = many.slice(0, 200).map((one) => ({ ...one, status: 'resolved' as const, endsAt: at(9) }));
  const partly = await take({ ...sent('g'.repeat(9_000), ...some), status: 'firing' });
  assert.deepEqual([partly.recorded, partly.resolved], [200, []]);
});

test('labels say how bad it is in several ways', () => {
  const said = ['SEV1', 'sev-3', '4', 'Critical', 'warning', 'info', 'none', 'page'].map((severity) =>
    severityOf({ severity }),
  );
  assert.deepEqual(
    said.map((one) => one?.sev),
    ['SEV1', 'SEV3', 'SEV4', 'SEV2', 'SEV3', 'SEV4', 'SEV4', 'SEV2'],
  );
  assert.deepEqual(severityOf({ sev: 'SEV2', severity: 'odd' }), { sev: 'SEV2', why: 'label sev is SEV2' });
  assert.equal(severityOf({ severity: 'SEV9', team: 'a' }), null);
});

const token = 'b7d1-of-alertmanager';
const hash = createHash('sha256').update(token).digest('hex');
const admin = `observability { admin { token "alertmanager" { role "operator"; hash "sha256:${hash}" } } }`;

test('over the admin API: who may send, what is no such body, and what is refused so that it is sent again', async (t) => {
  const daemon = await startDaemonProcess(t, { config: staticConfig('x', `${admin}\nincidents { dir "incidents" }`) });
  const post = async (body: unknown, credentials = `Bearer ${token}`) => {
    const response = await fetch(`${daemon.adminUrl()}/admin/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: credentials },
      body: JSON.stringify(body),
    });
    return { status: response.status, reply: (await response.json()) as AlertsReply & { readonly code?: string } };
  };
  const dir = join(daemon.folder, 'incidents');
  const request = sent('g', alert('Errors', { labels: { severity: 'SEV3' } }));
  assert.equal((await post(request, 'Bearer other')).status, 401);
  for (const wrong of [null, {}, { ...request, version: '3' }, { ...request, alerts: [] }]) {
    const { status, reply } = await post(wrong);
    assert.deepEqual([status, reply.code], [400, 'SNT-A008']);
  }
  assert.equal(existsSync(dir), false);
  // A file where the folder would be: nobody can write there, root neither.
  writeFileSync(dir, '');
  const refused = await post(request);
  assert.deepEqual([refused.status, refused.reply.code], [503, 'SNT-I020']);
  rmSync(dir);
  // Fields that this version of Alertmanager does not have yet are no reason to lose it; nor is its size.
  const padded = alert('Padded', { labels: { instance: 'a' }, summary: 'x'.repeat(400_000) });
  const { status, reply } = await post({ ...request, alerts: [...request.alerts, padded], newField: {} });
  assert.deepEqual([status, reply.opened, reply.recorded], [200, true, 2]);
  const { data } = await daemon.client.call('events', { query: { kind: 'incident_opened' } });
  assert.deepEqual(
    data.events.map(({ subject, actor, severity }) => [subject, actor, severity]),
    [[reply.incident, 'token alertmanager', 'warn']],
  );
  assert.ok(existsSync(join(dir, reply.incident ?? '', 'journal.ndjson')));
});

test('Alertmanager itself, with the receiver that is shipped, opens an incident and ends it', async (t) => {
  const amtool = requireComponent(t, 'amtool');
  const program = requireComponent(t, 'prometheus-alertmanager');
  if (amtool === undefined || program === undefined) return;
  const daemon = await startDaemonProcess(t, { config: staticConfig('x', `${admin}\nincidents { dir "incidents" }`) });
  const shipped = readFileSync(new URL('../../deploy/prometheus/alertmanager.yml', import.meta.url), 'utf8');
  const tokenFile = join(daemon.folder, 'token');
  const config = join(daemon.folder, 'alertmanager.yml');
  writeFileSync(tokenFile, `${token}\n`);
  writeFileSync(
    config,
    shipped
      .replace('http://127.0.0.1:9090', daemon.adminUrl())
      .replaceAll(/credentials_file: .*/g, `credentials_file: ${tokenFile}`)
      .replace('group_wait: 10s', 'group_wait: 0s')
      .replace('group_interval: 1m', 'group_interval: 1s'),
  );
  const port = await freePort();
  const arguments_ = [
    `--config.file=${config}`,
    `--storage.path=${join(daemon.folder, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ];
  const child = spawn(program, arguments_, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const api = `http://127.0.0.1:${port}/api/v2/alerts`;
  await eventually(async () => assert.equal((await fetch(api)).status, 200), 20_000);
  const startsAt = new Date(Date.now() - 30_000).toISOString();
  const fire = async (more: object) => {
    const labels = { alertname: 'UpstreamDown', severity: 'SEV2', instance: 'a:9090' };
    const one = { labels, annotations: { summary: 'Upstream api has no healthy target' }, startsAt, ...more };
    const reply = await fetch(api, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([one]),
    });
    assert.equal(reply.status, 200, await reply.text());
  };
  const store = new IncidentStore(join(daemon.folder, 'incidents'), {
    clock: new ManualClock(),
    actor: 'test',
    host: 'h',
  });
  const only = () => {
    const [listing] = store.list();
    if (listing?.incident === null || listing === undefined) throw new Error(`there is no incident: ${said}`);
    return listing.incident;
  };
  await fire({});
  const opened = await eventually(async () => only(), 20_000);
  assert.deepEqual(
    [opened.title, opened.sev, opened.times.alert],
    ['Upstream api has no healthy target', 'SEV2', startsAt],
  );
  const endsAt = new Date().toISOString();
  await fire({ endsAt });
  await eventually(async () => assert.equal(only().phase, 'resolved', said), 20_000);
  assert.equal(only().times.resolved, endsAt);
  assert.equal(store.list().length, 1);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
