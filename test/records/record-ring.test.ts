/** The ring of records: newest kept, oldest overwritten, never half a record, whatever the writer does meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { RecordRing, RecordRingReader } from '../../src/proxy/shared/record-ring.ts';
import { newRingMemory } from '../../src/proxy/shared/ring-memory.ts';

test('a ring gives back what was put into it, oldest first, whatever its alphabet', () => {
  const memory = newRingMemory(1024);
  const ring = new RecordRing(memory);
  for (const text of ['one', 'zwölf', '三', '']) assert.equal(ring.append(text), true);
  const records = new RecordRingReader(memory).all();
  assert.deepEqual(
    records.map(({ number, text }) => [number, text]),
    [
      [0, 'one'],
      [1, 'zwölf'],
      [2, '三'],
      [3, ''],
    ],
  );
});

test('a full ring gives up its oldest records and keeps the newest, at every length of record', () => {
  for (let length = 1; length <= 128; length++) {
    const memory = newRingMemory(1024);
    const ring = new RecordRing(memory);
    const reader = new RecordRingReader(memory);
    for (let at = 0; at < 200; at++) {
      const text = String(at).padEnd(Math.max(3, length), '.');
      if (!ring.append(text)) break;
      const kept = reader.all();
      assert.equal(kept.at(-1)?.text, text, `length ${length}, record ${at}`);
      kept.forEach((record, index) => assert.equal(record.number, at - kept.length + 1 + index));
    }
    assert.ok(reader.all().length >= 4, `length ${length}`);
  }
});

test('a record that would wash out the others is refused and counted', () => {
  const memory = newRingMemory(1024);
  const ring = new RecordRing(memory);
  ring.append('small');
  assert.equal(ring.append('x'.repeat(129)), false);
  const reader = new RecordRingReader(memory);
  assert.equal(reader.skipped, 1);
  assert.deepEqual(
    reader.all().map(({ text }) => text),
    ['small'],
  );
});

test('a reader that comes back gets what is new, and after a long time what is left', () => {
  const memory = newRingMemory(1024);
  const ring = new RecordRing(memory);
  const reader = new RecordRingReader(memory);
  ring.append('before');
  let { position } = { position: reader.position };
  assert.deepEqual(reader.since(position).records, []);
  ring.append('after');
  const first = reader.since(position);
  assert.deepEqual(
    first.records.map(({ text }) => text),
    ['after'],
  );
  position = first.position;
  for (let at = 0; at < 500; at++) ring.append(`record ${at}`);
  const late = reader.since(position).records;
  assert.equal(late.at(-1)?.text, 'record 499');
  assert.equal((late[0]?.number ?? 0) + late.length, reader.next);
});

test('who goes on with the ring of a dead writer goes on where it stopped', () => {
  const memory = newRingMemory(1024);
  new RecordRing(memory).append('of the dead');
  new RecordRing(memory).append('of the successor');
  assert.deepEqual(
    new RecordRingReader(memory).all().map(({ number, text }) => [number, text]),
    [
      [0, 'of the dead'],
      [1, 'of the successor'],
    ],
  );
});

test('positions may pass 2^31 and 2^32', () => {
  for (const start of [2 ** 31 - 512, 2 ** 32 - 512]) {
    const memory = newRingMemory(1024);
    new Int32Array(memory, 0, 2).fill(start | 0);
    const ring = new RecordRing(memory);
    const reader = new RecordRingReader(memory);
    let { position } = reader.since(start | 0);
    for (let at = 0; at < 100; at++) {
      ring.append(`record ${at}`);
      const news = reader.since(position);
      assert.deepEqual(
        news.records.map(({ text }) => text),
        [`record ${at}`],
      );
      position = news.position;
    }
    assert.ok(reader.all().length > 10);
  }
});

/** Each record is one character, repeated: a torn one would show two. */
const writer = `
  const { workerData } = require('node:worker_threads');
  import(workerData.module).then(({ RecordRing }) => {
    const ring = new RecordRing(workerData.memory);
    const stop = new Int32Array(workerData.stop);
    for (let at = 0; Atomics.load(stop, 0) === 0; at++) {
      ring.append(String.fromCharCode(97 + (at % 26)).repeat(1 + ((at * 7919) % 400)));
    }
  });
`;

test('copies taken while another thread writes hold whole records only', { timeout: 60_000 }, async (t) => {
  const memory = newRingMemory(4096);
  const stop = new SharedArrayBuffer(4);
  const module = new URL('../../src/proxy/shared/record-ring.ts', import.meta.url).href;
  const worker = new Worker(writer, { eval: true, workerData: { memory, stop, module } });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  t.after(async () => {
    Atomics.store(new Int32Array(stop), 0, 1);
    await ended;
  });
  const reader = new RecordRingReader(memory);
  let copies = 0;
  for (let last = 0; copies < 2000; ) {
    const next = reader.next;
    if (next === last) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    last = next;
    copies++;
    for (const { number, text } of reader.all()) {
      const letter = String.fromCharCode(97 + (number % 26));
      if (text !== letter.repeat(1 + ((number * 7919) % 400))) assert.fail(`record ${number} is torn: ${text}`);
    }
  }
});
