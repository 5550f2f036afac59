/** The ring of log lines: whole lines or nothing, in order, across any number of laps, and recoverable. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogRing, newLogRing, recoverRing } from '../../src/proxy/shared/log-ring.ts';

test('lines come out whole and in order whatever their length, however they are drained', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat({ max: 3 }), fc.integer({ min: 1, max: 90 })),
        {
          maxLength: 200,
        },
      ),
      (steps) => {
        const ring = new LogRing(newLogRing(128));
        const expected: string[] = [];
        let written = '';
        for (const [text, takes, limit] of steps) {
          const line = text.toWellFormed().replaceAll('\n', ' ');
          if (ring.append(line)) expected.push(line);
          for (let n = 0; n < takes; n++) {
            const chunk = ring.peek(limit);
            if (chunk.length > 0) assert.equal(chunk.at(-1), 0x0a, 'a chunk ends with a line');
            written += chunk.toString();
            ring.take(chunk.length);
          }
        }
        while (ring.pendingBytes > 0) {
          const chunk = ring.peek();
          written += chunk.toString();
          ring.take(chunk.length);
        }
        assert.deepEqual(written.split('\n').slice(0, -1), expected);
      },
    ),
  );
});

test('a head that comes to stand where the drained upper part ended hides nothing', () => {
  const ring = new LogRing(newLogRing(128));
  for (const length of [16, 36, 16]) {
    ring.append('a'.repeat(length));
    ring.take(ring.peek().length);
  }
  // 71 bytes on, the ring is empty; the next lines begin at the front and end where the upper part did.
  ring.append('b'.repeat(60));
  ring.append('c'.repeat(9));
  assert.equal(ring.peek().toString(), `${'b'.repeat(60)}\n${'c'.repeat(9)}\n`);
});

test('a line that does not fit is refused and leaves the ring as it was', () => {
  const ring = new LogRing(newLogRing(64));
  assert.equal(ring.append('a'.repeat(40)), true);
  assert.equal(ring.append('b'.repeat(40)), false);
  assert.equal(ring.pendingBytes, 41);
  assert.equal(ring.append('x'.repeat(500)), false);
});

test('a chunk never exceeds the limit unless one line alone does', () => {
  const ring = new LogRing(newLogRing(1024));
  for (let n = 0; n < 10; n++) ring.append('0123456789');
  assert.equal(ring.peek(40).length, 33);
  assert.equal(ring.peek(5).length, 11);
});

test('more than half full calls for a flush', () => {
  const ring = new LogRing(newLogRing(100));
  let calls = 0;
  ring.onDue = () => calls++;
  ring.append('a'.repeat(30));
  assert.equal(calls, 0);
  ring.append('a'.repeat(30));
  assert.equal(calls, 1);
});

test('what a dead thread left is recovered from the shared memory and the ring is empty for its successor', () => {
  const memory = newLogRing(64);
  const dead = new LogRing(memory);
  dead.append('x'.repeat(40));
  dead.take(dead.peek().length);
  dead.append('one');
  dead.append('two'.repeat(8));
  dead.append('three');
  assert.equal(recoverRing(memory).toString(), `one\n${'two'.repeat(8)}\nthree\n`);
  assert.equal(new LogRing(memory).pendingBytes, 0);
});
