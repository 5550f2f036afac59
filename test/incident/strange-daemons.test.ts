/** What answers in the place of a daemon, and is none or one of another version: it costs a snapshot neither time nor memory. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { AdminClient } from '../../src/admin/client/client.ts';
import { collectItems } from '../../src/incident/collect/collect.ts';
import type { Collector } from '../../src/incident/collect/collector.ts';
import { Lookups } from '../../src/incident/collect/lookups.ts';
import type { Surroundings } from '../../src/diagnosis/probe.ts';
import { systemClock } from '../../src/base/clock.ts';
import { eventually } from '../helpers/eventually.ts';
import { testFolder } from '../helpers/daemon.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

async function strangeDaemon(t: TestContext, clock: ManualClock, answer: RequestListener): Promise<Lookups> {
  const path = join(testFolder(t), 'admin.sock');
  const server = createServer(answer).listen(path);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const client = new AdminClient({ target: { name: 'x', addresses: [{ kind: 'socket', path }] }, version: '0' });
  return new Lookups({ client, clock } as unknown as Surroundings, new AbortController().signal, true);
}

test('whoever says a little now and then is not waited for longer than whoever says nothing', async (t) => {
  const clock = new ManualClock();
  let said = 0;
  let cut = 0;
  const lookups = await strangeDaemon(t, clock, (_, reply) => {
    reply.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => {
      reply.write(' ');
      said++;
    }, 5);
    reply.once('close', () => {
      clearInterval(timer);
      cut++;
    });
  });
  const asked = [lookups.status(), lookups.text('/metrics')].map((one) =>
    assert.rejects(one, /no whole answer within \d s/),
  );
  await eventually(() => assert.ok(said > 4));
  clock.advance(3_000);
  await Promise.all(asked);
  await eventually(() => assert.equal(cut, 2));
});

test('answers that do not end come to no more than there is room for, whatever is asked at once', async (t) => {
  const piece = Buffer.alloc(1 << 20, 0x20);
  let sent = 0;
  const lookups = await strangeDaemon(t, new ManualClock(), (_, reply) => {
    const more = (): void => {
      while (!reply.destroyed && reply.write(piece)) sent++;
      sent++;
      if (!reply.destroyed) reply.once('drain', more);
    };
    more();
  });
  const asked = [lookups.status(), lookups.ask('upstreams'), lookups.ask('events'), lookups.text('/metrics')];
  await Promise.all(asked.map((one) => assert.rejects(one, /too large/)));
  assert.ok(sent < 200, `${sent} MiB were read`);
});

test('a collector that a daemon of another version gives nothing to is missing, and takes no other with it', async () => {
  const collector = (path: string, content: unknown): Collector => ({
    path,
    class: 'state',
    kind: 'text',
    source: 'x',
    fast: true,
    find: async () => [{ content: content as string }],
  });
  const items = await collectItems(
    { surroundings: { clock: systemClock } as unknown as Surroundings, incidentFolder: null } as never,
    { fast: true, windowMs: 1, logsMs: 1, table: [collector('a', undefined), collector('b', 'x')] },
  );
  const [one, other] = items;
  assert.ok(one !== undefined && 'error' in one);
  assert.match(one.error, /lacks what was asked for/);
  assert.ok(other !== undefined && 'content' in other);
});
