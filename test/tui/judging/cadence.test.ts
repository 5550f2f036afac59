/** When the screen judges anew, and what it says where what it needs was not read. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';
import { createJudge } from '../../../src/tui/feed/judging.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import { startDaemonProcess } from '../../helpers/daemon.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { judgeParts, readingOf, targetOf } from './court.ts';

test('the verdict of the screen: when it is made anew, and when there is none', async (t) => {
  const daemon = await startDaemonProcess(t, { workers: 1 });

  await t.test(
    'what did not change is judged again after ten seconds, what did after two, and nothing sooner',
    async () => {
      const clock = new ManualClock();
      const judge = createJudge({ ...judgeParts, clock, targets: [targetOf(daemon)] });
      const reading = { ...(await readingOf(daemon)), receivedMs: clock.now() };
      const changed: Reading = { ...reading, status: { ...reading.status, degraded: ['a worker is being replaced'] } };

      const first = await judge.judge(reading);
      assert.deepEqual([first.verdict?.status, first.why], ['ok', null]);
      clock.advance(1_999);
      assert.equal(await judge.judge(changed), first, 'within two seconds nothing is judged');
      clock.advance(1);
      assert.equal(await judge.judge(reading), first, 'nothing has changed since');
      const second = await judge.judge(changed);
      assert.notEqual(second, first, 'something has changed');
      clock.advance(9_999);
      assert.equal(await judge.judge(changed), second, 'nothing has changed since');
      clock.advance(1);
      assert.notEqual(await judge.judge(changed), second, 'ten seconds have passed');
    },
  );

  await t.test('two readings of one daemon are not judged at once', async () => {
    const clock = new ManualClock();
    const judge = createJudge({ ...judgeParts, clock, targets: [targetOf(daemon)] });
    const reading = { ...(await readingOf(daemon)), receivedMs: clock.now() };
    const first = judge.judge(reading);
    clock.advance(20_000);
    assert.equal(await judge.judge(reading), await first);
  });

  await t.test('a daemon that leaves the other questions open is not said to be well', async (t) => {
    const reading = await readingOf(daemon);
    const mute = createServer((_, response) => {
      response.statusCode = 500;
      response.end('no');
    }).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    t.after(() => mute.close());
    const { port } = mute.address() as { port: number };
    const addresses = [{ kind: 'tcp', host: '127.0.0.1', port } as const];
    const judge = createJudge({ ...judgeParts, targets: [{ name: 'local', addresses }] });
    const { verdict } = await judge.judge(reading);
    assert.equal(verdict?.status, 'unknown');
    const missing = verdict.unknown.filter(({ mandatory }) => mandatory).map(({ section }) => section);
    assert.deepEqual(missing, ['process', 'daemon', 'traffic', 'targets', 'certificates']);
  });

  await t.test('a reading of a daemon that nobody named has no verdict, and says why', async () => {
    const judge = createJudge({ ...judgeParts, targets: [targetOf(daemon)] });
    const { verdict, why } = await judge.judge({ ...(await readingOf(daemon)), node: 'elsewhere' });
    assert.equal(verdict, null);
    assert.match(why ?? '', /elsewhere/);
  });
});
