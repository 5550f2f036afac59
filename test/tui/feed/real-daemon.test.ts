/** The feed against real daemons: what it reads and does, and that it finds the process that comes after another. */
import assert from 'node:assert/strict';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import { createFeed } from '../../../src/tui/feed/feed.ts';
import type { FeedNews, PartName, Reading } from '../../../src/tui/feed/reading.ts';
import { startDaemonProcess } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { upgrade } from '../../helpers/hand-over.ts';
import { socketTarget } from './watched.ts';

const config = `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "web" }
upstream "web" { target "127.0.0.1:9"; target "127.0.0.2:9" }
server { graceful-shutdown-timeout-secs 5; drain-idle-secs 0 }
`;
const parts: readonly PartName[] = [
  'routes',
  'breakers',
  'traffic',
  'errors',
  'inflight',
  'clients',
  'certs',
  'runtime',
];

test('a daemon is read whole, told what to do, and found again after an upgrade and after its death', async (t) => {
  const daemon = await startDaemonProcess(t, { config });
  const feed = createFeed({ targets: [socketTarget('a', daemon.socket)], version: '0', clock: systemClock });
  t.after(() => feed.stop());
  const news: FeedNews[] = [];
  feed.want({ parts, logs: true, clientsBy: 'ip', intervalMs: 250, paused: false });
  feed.start((one) => void news.push(one));
  const next = (holds: (reading: Reading) => boolean, from = news.length): Promise<Reading> =>
    eventually(() => {
      const found = news.slice(from).find((one) => one.kind === 'reading' && holds(one.reading));
      if (found?.kind !== 'reading') throw new Error(JSON.stringify(news.at(-1)).slice(0, 1_000));
      return found.reading;
    });
  const first = await next(() => true, 0);
  assert.deepEqual(first.unread, {});
  assert.deepEqual(Object.keys(first.parts).toSorted(), parts.toSorted());
  assert.deepEqual(first.identity, { actor: `user ${userInfo().username}`, role: 'admin' });
  assert.match(first.etag, /^"1\.\d+"$/);
  assert.equal(Math.abs(first.atMs - Date.now()) < 60_000, true);
  await eventually(() => news.some(({ kind }) => kind === 'events') && news.some(({ kind }) => kind === 'logs'));
  // Points are joined second by second, and none twice.
  const later = await next(({ parts: { traffic } }) => (traffic?.points?.at.length ?? 0) >= 3);
  const at = later.parts.traffic?.points?.at ?? [];
  assert.deepEqual(at, [...new Set(at)].toSorted());
  assert.equal(later.parts.traffic?.routes[0]?.series?.requests.length, at.length);

  const since = at.at(-2) as string;
  const { data } = await daemon.client.call('traffic', { query: { series: '1', since } });
  const newer = data.points?.at ?? [];
  assert.equal(newer.includes(at.at(-1) as string) && !newer.includes(since), true, `${newer} after ${since}`);
  assert.equal(data.total.series?.requests.length, newer.length);
  await assert.rejects(daemon.client.call('traffic', { query: { series: '1', since: 'noon' } }), { code: 'SNT-A008' });

  const result = await feed.perform({
    id: 1,
    node: 'a',
    action: 'drain',
    row: { id: 'a web/127.0.0.1:9', thing: { kind: 'target', upstream: 'web', target: '127.0.0.1:9' } },
    reason: 'test',
    ifMatch: later.etag,
    confirmed: false,
    values: { target: 'web/127.0.0.1:9' },
    others: [],
  });
  assert.equal(result.kind, 'done', result.words);
  await next(({ status }) => status.drains.length === 1);

  await upgrade(daemon);
  const heir = await next(({ status }) => status.pid !== daemon.pid);
  process.kill(heir.status.pid, 'SIGKILL');
  await eventually(() => news.at(-1)?.kind === 'lost');
  const successor = await startDaemonProcess(t, { folder: daemon.folder, config });
  feed.refresh();
  const back = await next(({ status }) => status.pid === successor.pid);
  assert.ok(back.status.uptime_ms < 60_000);
  const joined = await next(({ status, parts: { traffic } }) => status.pid === successor.pid && traffic !== undefined);
  assert.ok((joined.parts.traffic?.points?.at.length ?? 0) < at.length + 100);
  assert.deepEqual(
    await feed.perform({
      ...{ id: 2, node: 'nowhere' },
      action: 'check',
      row: { id: '', thing: { kind: 'upstream', upstream: 'web' } },
      reason: null,
      ifMatch: null,
      confirmed: false,
      values: {},
      others: [],
    }),
    { kind: 'failed', words: 'there is no daemon nowhere here' },
  );
});
