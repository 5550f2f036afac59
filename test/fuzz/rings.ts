/**
 * Fuzz target of the rings in shared memory that hand on what workers say of requests: texts of any alphabet and length, by
 * writers that die and are followed by others, with positions that wrap. Held against lists of what was put in: nothing is
 * half, changed, twice or out of order, and of the newest nothing is missing.
 */
import { RecordRing, RecordRingReader } from '../../src/proxy/shared/record-ring.ts';
import { newRingMemory } from '../../src/proxy/shared/ring-memory.ts';
import { newSpanRing, SpanReader, SpanWriter } from '../../src/proxy/shared/span-ring.ts';
import { pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

const letters = ['a', 'é', '三', '😀', '"', '\n', '\0', '\ud800'];
/** Words of the header that hold positions. */
const [HEAD, TAIL] = [0, 1];

function text(dice: Dice, most: number): string {
  return Array.from({ length: dice.roll(most) }, () => pick(dice, letters)).join('');
}

/** As it comes back: half a pair of UTF-16 has no bytes of its own. */
function asBytes(written: string): string {
  return Buffer.from(written).toString('utf8');
}

/** Just before the place where positions wrap, or anywhere else that a ring of that size may be. */
function moveOn(dice: Dice, memory: SharedArrayBuffer, capacity: number): void {
  const words = new Int32Array(memory);
  const at = dice.chance(50) ? -capacity : (dice.word() & -capacity) | 0;
  words[HEAD] = at;
  words[TAIL] = at;
}

function recordComplaint(dice: Dice): string | null {
  const capacity = 1024 << dice.roll(3);
  const memory = newRingMemory(capacity);
  moveOn(dice, memory, capacity);
  let ring = new RecordRing(memory);
  const reader = new RecordRingReader(memory);
  const written: string[] = [];
  let skipped = 0;
  let position = reader.position;
  let told = 0;
  for (let turn = dice.roll(400); turn > 0; turn--) {
    if (dice.chance(2)) ring = new RecordRing(memory);
    const one = text(dice, pick(dice, [4, 30, capacity >> 4]));
    if (ring.append(one)) written.push(asBytes(one));
    else {
      skipped++;
      if (Buffer.byteLength(one) <= capacity >> 3) return `${Buffer.byteLength(one)} bytes did not go into ${capacity}`;
    }
    if (dice.chance(20)) {
      const all = reader.all();
      const wrong = endComplaint(all, written, 'all');
      if (wrong !== null) return wrong;
      const bytes = all.reduce((sum, record) => sum + 12 + Buffer.byteLength(record.text), 0);
      if (all.length < written.length && bytes < capacity >> 1) return `only ${bytes} bytes of ${capacity} are kept`;
    }
    if (dice.chance(10)) {
      const news = reader.since(position);
      const wrong = endComplaint(news.records, written, 'news');
      if (wrong !== null) return wrong;
      if (news.records.length > written.length - told) return 'the same news came twice';
      [position, told] = [news.position, written.length];
    }
  }
  return reader.skipped === skipped ? null : `${reader.skipped} were skipped, not ${skipped}`;
}

function endComplaint(
  records: readonly { readonly number: number; readonly text: string }[],
  written: readonly string[],
  what: string,
): string | null {
  const from = written.length - records.length;
  const wrong = records.findIndex(
    (record, index) => record.number !== from + index || record.text !== written[from + index],
  );
  return wrong === -1 ? null : `${what}: record ${from + wrong} is ${JSON.stringify(records[wrong])}`;
}

function spanComplaint(dice: Dice): string | null {
  const capacity = 1024 << dice.roll(3);
  const memory = newSpanRing(capacity);
  moveOn(dice, memory, capacity);
  let calls = 0;
  let writer = new SpanWriter(memory, () => calls++);
  const reader = new SpanReader(memory);
  const waiting: string[] = [];
  for (let turn = dice.roll(400); turn > 0; turn--) {
    if (dice.chance(2)) writer = new SpanWriter(memory, () => calls++);
    if (dice.chance(60)) {
      const one = text(dice, pick(dice, [4, 30, capacity >> 5]));
      if (writer.append(one)) waiting.push(asBytes(one));
      else if (waiting.length === 0 && Buffer.byteLength(one) + 8 <= capacity >> 4) return 'an empty ring took nothing';
    } else {
      const taken = reader.take();
      const wanted = waiting.shift() ?? null;
      if (taken !== wanted) return `took ${JSON.stringify(taken)}, not ${JSON.stringify(wanted)}`;
      calls = 0;
    }
    if (calls > 1) return 'the reader was called twice';
    if (reader.empty !== (waiting.length === 0)) return `empty is ${reader.empty} with ${waiting.length} in it`;
  }
  return null;
}

await fuzz('rings', (seed) => {
  const dice = new Dice(seed);
  return recordComplaint(dice) ?? spanComplaint(dice);
});
