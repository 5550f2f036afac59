/** A day of clients, events, errors and lines, none of which comes twice, leaves what is kept of them as large as two hours did. */
import { test } from 'node:test';
import { clientSorts } from '../../src/admin/contract/client-shapes.ts';
import { sketchKeys } from '../../src/proxy/data/talkers/windows.ts';
import { longestTalkerWindowMs } from '../../src/proxy/shared/talkers.ts';
import { recordRingBytes } from '../../src/proxy/shared/record-rings.ts';
import { assertBounded, dayOf } from './day-report.ts';

const KIB = 1 << 10;
const MIB = 1 << 20;
/** Slots of 20 s, and the one that is filled. */
const sketches = (longestTalkerWindowMs / 20_000 + 1) * clientSorts.length;

test('ten million addresses in floods leave no more keys than the sketches have', async () => {
  assertBounded(await dayOf('talkers-in-floods'), { keys: sketches * sketchKeys, heldBytes: 8 * MIB }, 512 * KIB);
});

test('170 000 different events leave a thousand, and no more than they may weigh', async () => {
  // Kept are 1000 and 200; how much of their megabyte they fill changes with how long their texts are.
  assertBounded(await dayOf('events'), { events: 1200, characters: MIB + 256 * KIB, heldBytes: 8 * MIB }, 3 * MIB);
});

test('lines of a day leave the latest megabyte', async () => {
  assertBounded(await dayOf('lines'), { bytes: MIB, heldBytes: 4 * MIB }, 512 * KIB);
});

test('288 000 errors leave the ring as large as it was made', async () => {
  assertBounded(
    await dayOf('records'),
    { bytes: recordRingBytes.errors + 64, records: 4096, heldBytes: 3 * MIB },
    512 * KIB,
  );
});

test('a day of windows, with targets that come and go, leaves five minutes of them and a quarter of an hour of points', async () => {
  assertBounded(await dayOf('traffic'), { subjects: 2 * 42, points: 120 + 90, heldBytes: 6 * MIB }, 512 * KIB);
});
