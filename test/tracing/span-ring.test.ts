/** The ring between a worker and the main thread: whole records in their order, nothing beyond its memory, one call for help. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { newSpanRing, SpanReader, SpanWriter } from '../../src/proxy/shared/span-ring.ts';

test('records come out whole and in order, however often the ring goes round', () => {
  const memory = newSpanRing(4096);
  const writer = new SpanWriter(memory, () => {});
  const reader = new SpanReader(memory);
  const waiting: string[] = [];
  for (let number = 0; number < 5_000; number++) {
    const text = `${number} ${'é'.repeat((number * 31) % 120)}`;
    while (!writer.append(text)) assert.equal(reader.take(), waiting.shift());
    waiting.push(text);
    if (number % 3 === 0) assert.equal(reader.take(), waiting.shift());
  }
  for (const text of waiting) assert.equal(reader.take(), text);
  assert.equal(reader.take(), null);
  assert.equal(reader.empty, true);
});

test('what does not fit is refused, and the reader is called once until it comes', () => {
  const memory = newSpanRing(4096);
  let calls = 0;
  const writer = new SpanWriter(memory, () => calls++);
  const reader = new SpanReader(memory);
  assert.equal(writer.append('x'.repeat(300)), false, 'one record must not fill the ring');
  const fill = () => {
    let taken = 0;
    while (writer.append('x'.repeat(100))) taken++;
    return taken;
  };
  const first = fill();
  assert.ok(first > 30 && first * 104 <= 4096);
  assert.equal(calls, 1);
  while (reader.take() !== null);
  assert.ok(Math.abs(fill() - first) <= 1);
  assert.equal(calls, 2);
});

test('its successor goes on where a worker died', () => {
  const memory = newSpanRing(4096);
  new SpanWriter(memory, () => {}).append('before');
  new SpanWriter(memory, () => {}).append('after');
  const reader = new SpanReader(memory);
  assert.deepEqual([reader.take(), reader.take(), reader.take()], ['before', 'after', null]);
});

test('two threads at its ends lose nothing and see no half record', async (t) => {
  const records = 20_000;
  const memory = newSpanRing(8192);
  const writer = new Worker(new URL('ring-writer.ts', import.meta.url), { workerData: { memory, records } });
  t.after(() => writer.terminate());
  const reader = new SpanReader(memory);
  for (let number = 0; number < records; ) {
    const text = reader.take();
    if (text === null) await new Promise((resolve) => setImmediate(resolve));
    else {
      assert.equal(text, `${number} ${'ä'.repeat((number * 37) % 200)}`);
      number++;
    }
  }
});
