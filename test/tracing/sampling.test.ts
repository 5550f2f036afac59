/** Of which requests spans are told, and what targets hear of that. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Sampling } from '../../src/proxy/data/tracing/sampling.ts';
import { SpanReader } from '../../src/proxy/shared/span-ring.ts';
import { proxied } from '../helpers/proxied.ts';
import { startOrigin } from '../helpers/origin.ts';
import { get } from '../helpers/raw-http.ts';
import { traced } from '../helpers/traced.ts';

const parent = (flags: string, id = '4bf92f3577b34da6a3ce929d0e0e4736') =>
  `traceparent: 00-${id}-00f067aa0ba902b7-${flags}`;

test('the rate takes its share of the traces, always the same ones, and a higher rate takes them too', () => {
  const ids = Array.from({ length: 20_000 }, () => randomBytes(16).toString('hex'));
  const taken = (samplingRate: number) => {
    const sampling = new Sampling({ samplingRate });
    return new Set(ids.filter((id) => sampling.takes(id)));
  };
  const [none, few, half, all] = [taken(0), taken(0.01), taken(0.5), taken(1)] as const;
  assert.deepEqual([none.size, all.size], [0, ids.length]);
  // Six standard deviations of a share of 20,000.
  assert.ok(Math.abs(few.size - 200) < 85, `${few.size} of 20,000 at 0.01`);
  assert.ok(Math.abs(half.size - 10_000) < 425, `${half.size} of 20,000 at 0.5`);
  assert.deepEqual(
    [...few].filter((id) => !half.has(id)),
    [],
  );
  assert.deepEqual(few, taken(0.01));
});

test('only the random part of a trace id decides', () => {
  const sampling = new Sampling({ samplingRate: 0.01 });
  for (const start of ['0'.repeat(19), 'f'.repeat(19)]) {
    assert.equal(sampling.takes(`${start}${'f'.repeat(13)}`), true);
    assert.equal(sampling.takes(`${start}${'0'.repeat(13)}`), false);
  }
});

for (const rate of [0, 1]) {
  test(`the decision of a trusted peer stands where ${rate} of the traces that begin here are taken`, async (t) => {
    const origin = await startOrigin(t);
    const scene = await traced(t, [origin.port], { rate, listener: { trustedProxies: ['127.0.0.0/8'] } });
    const told = [];
    for (const line of [parent('01'), parent('00'), parent('03'), parent('02'), 'X: no context']) {
      await scene.ask(get('/', line));
      told.push((await origin.request(told.length)).header('traceparent')?.slice(-2));
    }
    assert.deepEqual(told, ['01', '00', '01', '00', rate === 1 ? '01' : '00'], 'unknown flags are not passed on');
    await scene.ask(get('/last', parent('01', 'a'.repeat(32))));
    const wanted = 2 * (rate === 1 ? 4 : 3);
    const spans = await scene.spans(wanted);
    assert.equal(spans.length, wanted);
    assert.equal(spans.at(-1)?.traceId, 'a'.repeat(32));
  });
}

test('strangers cannot raise the rate, neither by the flag nor by a trace id of their choice', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port], { rate: 0 });
  const told = [];
  for (const line of [parent('01'), parent('01', 'f'.repeat(32)), parent('00')]) {
    await scene.ask(get('/', line));
    told.push((await origin.request(told.length)).header('traceparent')?.slice(-2));
  }
  assert.deepEqual(told, ['00', '00', '00']);
  await scene.tracing.flush(5_000);
  assert.deepEqual(scene.receiver.spans, []);
});

test('of what strangers want to be traced the rate takes its share', () => {
  const sampling = new Sampling({ samplingRate: 0.25 });
  const taken = Array.from({ length: 1000 }, (_, at) => sampling.takesOne(at / 1000)).filter(Boolean);
  assert.equal(taken.length, 250);
  assert.equal(new Sampling({ samplingRate: 0 }).takesOne(0.999999), false);
  assert.equal(new Sampling({ samplingRate: 1 }).takesOne(0), true);
});

test('a context that is not valid begins a trace of its own, without the state of the other', async (t) => {
  const origin = await startOrigin(t);
  const scene = await traced(t, [origin.port]);
  await scene.ask(get('/', parent('01'), parent('01', 'b'.repeat(32)), 'tracestate: a=1'));
  const [server] = await scene.spans(2);
  assert.ok(server !== undefined && !['4bf92f3577b34da6a3ce929d0e0e4736', 'b'.repeat(32)].includes(server.traceId));
  assert.deepEqual([server.parentId, server.state], ['', '']);
  assert.equal((await origin.request()).header('tracestate'), undefined);
});

test('without tracing nothing is told, and the context goes on all the same', async (t) => {
  const scene = await proxied(t);
  await scene.ask(get('/', parent('01')));
  assert.match(
    (await scene.origin.request()).header('traceparent') ?? '',
    /^00-4bf92f3577b34da6a3ce929d0e0e4736-.*-01$/,
  );
  assert.equal(new SpanReader(scene.spans).empty, true);
});
