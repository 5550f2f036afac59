/** The export under a collector that is slow, ill, dead or moved: requests never notice, nothing is lost in silence. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Stoppable } from '../../src/base/clock.ts';
import type { Config } from '../../src/config/model.ts';
import { SpanWriter } from '../../src/proxy/shared/span-ring.ts';
import { upstream } from '../helpers/data-plane.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { deadPort, startOrigin } from '../helpers/origin.ts';
import { get } from '../helpers/raw-http.ts';
import { partly, TraceReceiver } from '../helpers/trace-receiver.ts';
import { traced, tracingConfig } from '../helpers/traced.ts';

/** The time that a collector has for an answer; whatever else the export waits for is a pause. */
const answerMs = 10_000;

/** Time that the test turns, and what the export wants to pause for. */
class PauseClock extends ManualClock {
  readonly pauses: number[] = [];

  override after(delayMs: number, task: () => void): Stoppable {
    if (delayMs !== answerMs) this.pauses.push(delayMs);
    return super.after(delayMs, task);
  }

  /** Waits until pause number `number`, from 1, has begun, and lets it pass. Its length. */
  async pass(number: number): Promise<number> {
    await eventually(() => this.pauses.length >= number);
    const pause = this.pauses[number - 1] as number;
    this.advance(pause);
    return pause;
  }
}

/** A plane that samples everything, an export whose clock the test turns, and some requests that wait to be told of. */
async function scenario(t: TestContext, requests = 3, config: Partial<Config> = {}) {
  const origin = await startOrigin(t);
  const clock = new PauseClock();
  const scene = await traced(t, [origin.port], { clock, config });
  for (let i = 0; i < requests; i++) assert.equal((await scene.ask(get('/'))).status, 200);
  return { ...scene, clock, sent: () => scene.receiver.exports.length };
}

test('503 is asked again after what Retry-After says, with the same spans, and trouble is told once', async (t) => {
  const scene = await scenario(t);
  const { receiver, clock, tracing, logged } = scene;
  receiver.answer = (response) => response.writeHead(503, { 'retry-after': '7' }).end();
  tracing.wake();
  await eventually(() => clock.pauses.length === 1);
  receiver.answer = (response) => response.writeHead(200).end();
  await scene.ask(get('/meanwhile'));
  clock.advance(6_999);
  assert.equal(scene.sent(), 1, 'not before its time');
  clock.advance(1);
  await eventually(() => scene.sent() >= 2);
  assert.deepEqual(receiver.exports[1]?.spans, receiver.exports[0]?.spans);
  await eventually(() => tracing.exported === 8);
  assert.equal(tracing.failed, 0);
  assert.deepEqual(logged.events(), ['trace_export_failing', 'trace_export_recovered']);
  assert.match(JSON.stringify(logged.lines[0]), /it answered 503/);
});

test('Retry-After may be a date, and nobody is waited for longer than five minutes', async (t) => {
  const scene = await scenario(t);
  const { receiver, clock, tracing } = scene;
  const fields = [new Date(clock.wallMs() + 42_000).toUTCString(), '999999', 'soon'];
  receiver.answer = (response) => response.writeHead(429, { 'retry-after': fields.shift() ?? '' }).end();
  tracing.wake();
  const first = await clock.pass(1);
  assert.ok(first > 40_000 && first <= 42_000, `${first}`);
  assert.equal(await clock.pass(2), 300_000);
  assert.equal(await clock.pass(3), 4_000, 'what cannot be read is as nothing');
});

for (const status of [429, 502, 504]) {
  test(`${status} is worth four more tries, each later than the one before, and then the batch has failed`, async (t) => {
    const scene = await scenario(t);
    const { receiver, clock, tracing, logged } = scene;
    receiver.answer = (response) => response.writeHead(status).end();
    tracing.wake();
    for (const [index, pause] of [1000, 2000, 4000, 8000].entries()) assert.equal(await clock.pass(index + 1), pause);
    await eventually(() => tracing.failed === 6);
    assert.deepEqual([scene.sent(), clock.pauses.length], [5, 4]);
    assert.equal(tracing.exported, 0);
    assert.deepEqual(logged.events(), ['trace_export_failing']);
  });
}

for (const status of [400, 401, 404, 500]) {
  test(`${status} is final, and the next batch is tried all the same`, async (t) => {
    const scene = await scenario(t);
    const { receiver, tracing, logged } = scene;
    receiver.answer = (response) => response.writeHead(status).end();
    tracing.wake();
    await eventually(() => tracing.failed === 6);
    assert.equal(scene.sent(), 1);
    receiver.answer = (response) => response.writeHead(200).end();
    await scene.ask(get('/'));
    await scene.spans(8);
    await eventually(() => tracing.exported === 2);
    assert.deepEqual(logged.events(), ['trace_export_failing', 'trace_export_recovered']);
    assert.equal(logged.lines[1]?.fields['lost_spans'], 6);
  });
}

test('spans that a collector rejects have failed, the others have not, and its words are told', async (t) => {
  const scene = await scenario(t);
  const { receiver, tracing, logged } = scene;
  receiver.answer = partly(2, 'too old');
  tracing.wake();
  await eventually(() => tracing.exported === 4);
  assert.equal(tracing.failed, 2);
  assert.match(JSON.stringify(logged.lines), /it rejected 2 of 6 spans: too old/);
  receiver.answer = partly(0, 'all is well');
  await scene.ask(get('/'));
  await scene.spans(8);
  await eventually(() => tracing.exported === 6);
  assert.deepEqual(logged.events(), ['trace_export_failing', 'trace_export_recovered']);
});

test('what a collector says at length is cut before it becomes a line of the log', async (t) => {
  const { receiver, tracing, logged } = await scenario(t);
  receiver.answer = partly(2, 'x'.repeat(60_000));
  tracing.wake();
  await eventually(() => tracing.failed === 2);
  assert.match(String(logged.lines[0]?.fields['why']), /^it rejected 2 of 6 spans: x{300}…$/);
});

test('an answer that is no protobuf counts as taken', async (t) => {
  const scene = await scenario(t);
  scene.receiver.answer = (response) => response.writeHead(200).end('{"partialSuccess":{}}');
  scene.tracing.wake();
  await eventually(() => scene.tracing.exported === 6);
});

test('a collector that takes all and answers nothing costs no request, no memory, and one line', async (t) => {
  const requests = 1500;
  const fixed = { status: 204, headers: [], bodyBase64: '' };
  const scene = await scenario(t, 0, { upstreams: [upstream([], { static: fixed })] });
  const { receiver, clock, tracing, logged, dropped } = scene;
  receiver.answer = () => {};
  const client = await scene.client();
  const long = 'x'.repeat(1000);
  const request = get(`/${long}?${long}`, `User-Agent: ${long}`);
  for (let sent = 0; sent < requests; sent += 100) {
    client.send(request.repeat(100));
    for (let i = 0; i < 100; i++) assert.equal((await client.response()).status, 204);
    tracing.wake();
    if (sent === 0) {
      await eventually(() => scene.sent() === 1);
      clock.advance(3_000);
    }
  }
  assert.ok(dropped() > 0, 'the ring is full');
  assert.equal(receiver.exports.length, 1, 'one request is under way, and no other');
  tracing.wake();
  assert.deepEqual(
    logged.lines.map(({ fields }) => [fields['event'], fields['why']]),
    [['trace_export_failing', 'it has not answered for 3 s']],
  );
  receiver.answer = (response) => response.writeHead(200).end();
  // The silent request is given up, and the batch is sent again.
  clock.advance(answerMs - 3_000);
  await clock.pass(1);
  await eventually(() => {
    tracing.wake();
    return tracing.exported + tracing.failed + dropped() === requests;
  });
  assert.equal(tracing.failed, 0);
  clock.advance(10_000);
  await scene.ask(get('/'));
  await eventually(() => {
    tracing.wake();
    return logged.lines.length === 2;
  });
  assert.deepEqual(
    [logged.lines[1]?.fields['event'], logged.lines[1]?.fields['lost_spans']],
    ['trace_export_recovered', dropped()],
  );
});

test('a collector that cannot be reached, or speaks something else, is one trouble', async (t) => {
  const scene = await scenario(t);
  const { clock, tracing, logged } = scene;
  const talker = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')).listen(0, '127.0.0.1');
  await once(talker, 'listening');
  t.after(() => talker.close());
  const { port } = talker.address() as { port: number };
  tracing.follow(tracingConfig(`http://127.0.0.1:${await deadPort()}`));
  tracing.wake();
  await clock.pass(1);
  tracing.follow(tracingConfig(`http://127.0.0.1:${port}`));
  for (const number of [2, 3, 4]) await clock.pass(number);
  await eventually(() => tracing.failed === 6);
  assert.deepEqual(logged.events(), ['trace_export_failing']);
});

test('a batch that waits goes to the collector that a reload names', async (t) => {
  const scene = await scenario(t);
  const { receiver, tracing } = scene;
  receiver.answer = (response) => response.writeHead(503, { 'retry-after': '200' }).end();
  tracing.wake();
  await eventually(() => scene.logged.lines.length === 1);
  const other = await TraceReceiver.start(t);
  tracing.follow(tracingConfig(`${other.url}/otlp/`));
  await eventually(() => other.spans.length === 6);
  assert.equal(other.exports[0]?.path, '/otlp/v1/traces');
  await scene.ask(get('/'));
  tracing.follow(null);
  tracing.wake();
  await eventually(() => other.spans.length === 8);
  assert.equal(receiver.exports.length, 1);
});

test('fields that are configured are sent, and ours win over them', async (t) => {
  const scene = await scenario(t);
  const headers: [string, string][] = [
    ['Authorization', 'Bearer s3cret'],
    ['Content-Type', 'text/plain'],
  ];
  scene.tracing.follow(tracingConfig(`${scene.receiver.url}/v1/traces`, 1, headers));
  await scene.spans(6);
  const [{ headers: got, path } = { headers: {}, path: '' }] = scene.receiver.exports;
  assert.deepEqual(
    [got.authorization, got['content-type'], got['content-encoding'], path],
    ['Bearer s3cret', 'application/x-protobuf', 'gzip', '/v1/traces'],
  );
});

test('what is left at the end is sent at once', async (t) => {
  const scene = await scenario(t);
  await scene.tracing.flush(5_000);
  assert.equal(scene.receiver.spans.length, 6);
  assert.deepEqual(scene.logged.events(), []);
});

test('at the end nobody waits for a collector beyond the limit, and what is lost is said', async (t) => {
  const scene = await scenario(t);
  scene.receiver.answer = () => {};
  scene.tracing.wake();
  await eventually(() => scene.sent() === 1);
  await scene.ask(get('/'));
  const flushed = scene.tracing.flush(5_000);
  scene.clock.advance(5_000);
  await flushed;
  assert.equal(scene.tracing.failed, 8);
  assert.equal(scene.logged.lines.at(-1)?.fields['lost_spans'], 8);
});

test('a record that cannot be read costs its own spans, counted and told, and those behind it go out', async (t) => {
  const { ring, tracing, logged, ask, sent } = await scenario(t, 0);
  assert.ok(new SpanWriter(ring, () => {}).append('no record'));
  assert.equal((await ask(get('/'))).status, 200);
  tracing.wake();
  await eventually(() => sent() === 1 && tracing.exported === 2);
  assert.equal(tracing.failed, 1);
  assert.match(String(logged.lines[0]?.fields['why']), /^a defect of the export: SyntaxError/);
});
