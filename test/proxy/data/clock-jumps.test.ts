/** The wall clock is set by an hour while the proxy works: only what is shown to people follows it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startPlane } from '../../helpers/data-plane.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { ok, type OriginRequest, startOrigin } from '../../helpers/origin.ts';
import { scenery, sceneOf } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

class SetClock extends ManualClock {
  offset = 0;

  override wallMs(): number {
    return super.wallMs() + this.offset;
  }
}

const HOUR = 3_600_000;

for (const [how, offset] of [
  ['forward', HOUR],
  ['back', -HOUR],
] as const) {
  test(`no time limit runs out and none stands still when the clock is set ${how}`, async (t) => {
    const held: OriginRequest[] = [];
    const origin = await startOrigin(t, { request: (request) => void held.push(request) });
    const clock = new SetClock();
    const settings = scenery([origin.port], { accessLog: {}, listener: { headerTimeoutMs: 10_000 } });
    const scene = sceneOf(t, await startPlane(t, settings, clock));
    const [waiting, idle, halfway] = [await scene.client(), await scene.client(), await scene.client()];
    waiting.send(get());
    idle.send(get());
    halfway.send('GET / HTTP/1.1\r\n');
    await eventually(() => held.length === 2);
    const [first, second] = held as [OriginRequest, OriginRequest];
    (first.target === '/' ? second : first).connection.send(ok());
    await eventually(() => waiting.received.length + idle.received.length > 0);
    const before = clock.wallMs();
    clock.offset = offset;
    clock.advance(500);
    assert.deepEqual([waiting.ending, idle.ending, halfway.ending], [null, null, null]);
    for (const { connection } of held) connection.send(ok());
    await eventually(() => waiting.received.length > 0 && idle.received.length > 0);
    for (const number of [0, 1]) {
      const line = await scene.line(number);
      assert.ok(
        (line['duration_ms'] as number) >= 0 && (line['duration_ms'] as number) <= 500,
        String(line['duration_ms']),
      );
    }
    assert.ok(Math.abs(clock.wallMs() - before) >= HOUR - 1000);
    clock.advance(10_000);
    assert.equal((await halfway.response()).status, 408, 'a limit that runs out by the time that passed');
  });
}
