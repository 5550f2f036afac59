/** Incidents on disk: many processes at once, processes that die, folders that were there, disks that say no. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import type { SentinelError } from '../../../src/base/errors.ts';
import { systemJournalSteps } from '../../../src/incident/record/journal.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { openedBody, privateFolder, storeIn } from './journals.ts';
import { dieAtSteps, openTogether } from './store-workers.ts';

test('processes that open at once get an id each, and those that write at once lose nothing', (t) =>
  openTogether(t, 5, 10));

test('a process that is killed while it opens or writes leaves an incident that is whole, or none', (t) =>
  dieAtSteps(t, { open: [1, 3, 6, 8, 10], append: [0, 1, 4] }));

test('an id is a name of a folder and nothing else, and an incident that exists is not opened again', async (t) => {
  const folder = privateFolder(t);
  const store = storeIn(folder);
  const refused = [
    '../x',
    '/etc',
    'a/b',
    '.',
    '..',
    '.hidden',
    '-rf',
    'a\\b',
    'a b',
    'a\nb',
    'a\u0000b',
    '',
    'x'.repeat(65),
    'ä',
  ];
  for (const id of refused) {
    await assert.rejects(store.open({ id, body: openedBody }), (error: SentinelError) => error.code === 'SNT-I001', id);
    assert.throws(
      () => store.read(id),
      (error: SentinelError) => error.code === 'SNT-I001',
      id,
    );
  }
  assert.deepEqual(readdirSync(folder), []);
  await store.open({ id: 'INC-001', body: openedBody });
  await assert.rejects(
    store.open({ id: 'INC-001', body: openedBody }),
    (error: SentinelError) => error.code === 'SNT-I005',
  );
  writeFileSync(join(folder, 'file'), 'x');
  await assert.rejects(
    store.open({ id: 'file', body: openedBody }),
    (error: SentinelError) => error.code === 'SNT-I005',
  );
  symlinkSync('/tmp', join(folder, 'link'));
  await assert.rejects(
    store.open({ id: 'link', body: openedBody }),
    (error: SentinelError) => error.code === 'SNT-I005',
  );
  assert.equal(store.entries('INC-001').length, 1);
  await assert.rejects(
    store.append('INC-002', [{ kind: 'acked' }]),
    (error: SentinelError) => error.code === 'SNT-I002',
  );
  assert.equal(statSync(store.folderOf('INC-001')).mode & 0o777, 0o700);
  assert.equal(statSync(join(store.folderOf('INC-001'), 'journal.ndjson')).mode & 0o777, 0o600);
});

test('a folder that somebody made by hand becomes the incident, with what is in it', async (t) => {
  const folder = privateFolder(t);
  const store = storeIn(folder);
  mkdirSync(join(folder, 'INC-001'));
  writeFileSync(join(folder, 'INC-001', 'metrics.txt'), 'x');
  mkdirSync(join(folder, 'INC-002'));
  for (const id of ['INC-001', 'INC-002']) {
    assert.equal((await store.open({ id, body: openedBody })).id, id);
    assert.equal(store.verify(id).whole, true);
  }
  assert.equal(readFileSync(join(folder, 'INC-001', 'metrics.txt'), 'utf8'), 'x');
});

test('a disk that is full in the middle of a line leaves the journal as it was, and says so', async (t) => {
  const folder = privateFolder(t);
  const full = (at: 'append' | 'create'): never => {
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${at}`), { code: 'ENOSPC' });
  };
  const store = storeIn(folder);
  await store.open({ id: 'INC-001', body: openedBody });
  const before = readFileSync(join(folder, 'INC-001', 'journal.ndjson'));
  for (const steps of [
    {
      ...systemJournalSteps,
      append(fd: number, content: Uint8Array): void {
        systemJournalSteps.append(fd, content.subarray(0, 20));
        full('append');
      },
    },
    { ...systemJournalSteps, create: () => full('create') },
  ]) {
    await assert.rejects(
      storeIn(folder, { steps }).append('INC-001', [{ kind: 'acked' }]),
      (error: SentinelError) => error.code === 'SNT-I004' && /disk is full/.test(error.message),
    );
    assert.deepEqual(readFileSync(join(folder, 'INC-001', 'journal.ndjson')), before);
    assert.equal(store.verify('INC-001').whole, true);
    await assert.rejects(
      storeIn(folder, { steps: { ...steps, create: () => full('create') } }).open({ body: openedBody }),
    );
    assert.deepEqual(readdirSync(folder), ['INC-001']);
  }
});

test('order is that of the entries, whatever the clock says, and secrets do not get in', async (t) => {
  const folder = privateFolder(t);
  const early = new ManualClock(Date.UTC(2026, 10, 21));
  const late = new ManualClock(Date.UTC(2026, 10, 22));
  await storeIn(folder, { clock: late }).open({ id: 'INC-001', body: openedBody });
  const store = storeIn(folder, { clock: early });
  await store.append('INC-001', [
    { kind: 'note', text: 'curl -H "Authorization: Bearer abcdef123456" password=hunter2' },
  ]);
  const entries = store.entries('INC-001');
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    [1, 2],
  );
  assert.ok((entries[1]?.at ?? '') < (entries[0]?.at ?? ''));
  assert.equal(store.verify('INC-001').whole, true);
  assert.doesNotMatch(readFileSync(join(folder, 'INC-001', 'journal.ndjson'), 'utf8'), /hunter2|abcdef123456/);
  await assert.rejects(
    store.append('INC-001', [{ kind: 'note', text: 'x '.repeat(200_000) }]),
    (error: SentinelError) => error.code === 'SNT-I007',
  );
});

test('a lock whose process is gone is taken over at once, and one that is held is waited for no longer than five seconds', async (t) => {
  const folder = privateFolder(t);
  const clock = new ManualClock();
  const store = storeIn(folder, { clock });
  const { folder: own } = await store.open({ id: 'INC-001', body: openedBody });
  const holder = createServer().listen({ path: join(own, '.lock-41') });
  t.after(() => holder.close());
  await once(holder, 'listening');
  const turn = setInterval(() => clock.advance(500), 1);
  await assert.rejects(
    store.append('INC-001', [{ kind: 'acked' }]),
    (error: SentinelError) => error.code === 'SNT-I006',
  );
  clearInterval(turn);
  assert.equal(store.entries('INC-001').length, 1);
  holder.close();
  await once(holder, 'close');
  // What a process leaves that was killed: a name that nobody answers.
  writeFileSync(join(own, '.lock-42'), '');
  await store.append('INC-001', [{ kind: 'acked' }]);
  assert.equal(store.verify('INC-001').whole, true);
  assert.equal(existsSync(join(own, '.lock-42')), false, 'what is left of others is taken away');
});

test('of many who wait in one process for another that hangs none waits anew', async (t) => {
  const folder = privateFolder(t);
  const clock = new ManualClock();
  const store = storeIn(folder, { clock });
  const { folder: own } = await store.open({ id: 'INC-001', body: openedBody });
  const holder = createServer().listen({ path: join(own, '.lock-41') });
  t.after(() => holder.close());
  await once(holder, 'listening');
  const turn = setInterval(() => clock.advance(50), 1);
  const begun = clock.now();
  const many = await Promise.allSettled(Array.from({ length: 20 }, () => store.append('INC-001', [{ kind: 'acked' }])));
  clearInterval(turn);
  assert.ok(many.every(({ status }) => status === 'rejected'));
  assert.ok(clock.now() - begun < 50_000, `${clock.now() - begun} ms`);
  holder.close();
  await once(holder, 'close');
  await store.append('INC-001', [{ kind: 'acked' }]);
  assert.equal(store.entries('INC-001').length, 2);
});

test('numbers of a day go on after those that are there, with four digits after 999', async (t) => {
  const folder = privateFolder(t);
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 23, 59));
  const store = storeIn(folder, { clock });
  for (const name of ['INC-20261121-007', 'INC-20261120-998', 'INC-20261121-abc']) mkdirSync(join(folder, name));
  assert.equal((await store.open({ body: openedBody })).id, 'INC-20261121-008');
  mkdirSync(join(folder, 'INC-20261121-999'));
  assert.equal((await store.open({ body: openedBody })).id, 'INC-20261121-1000');
  clock.advance(60_000);
  assert.equal((await store.open({ body: openedBody })).id, 'INC-20261122-001');
  assert.deepEqual(
    store.list().map(({ id }) => id),
    ['INC-20261122-001', 'INC-20261121-1000', 'INC-20261121-008'],
  );
});
