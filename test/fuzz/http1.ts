/**
 * Fuzz target of the HTTP/1.1 parsers: `node test/fuzz/http1.ts --seconds 600 --seed 1`. Feeds them made and damaged
 * messages without end, holds each against Node's parser and against other cuts of itself, and stops with status 1 at
 * the first that reads wrong; the seed it prints brings that one back. Run by the long test tier.
 */
import { parseArgs } from 'node:util';
import { Dice, makeRequests, makeResponse, mutate } from '../proxy/http1/message-maker.ts';
import { compareWithNode, cutComplaint, splitComplaint, type Trial } from '../proxy/http1/trial.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const seconds = Number(values.seconds);
const firstSeed = Number(values.seed);
if (!(seconds > 0) || !Number.isInteger(firstSeed)) {
  console.error('usage: node test/fuzz/http1.ts [--seconds N] [--seed N]');
  process.exit(2);
}

/** How many trials pass before one is cut at each of its boundaries. */
const fullCutEvery = 50;

const end = performance.now() + seconds * 1000;
const explained = new Map<string, number>();
let seed = firstSeed;
for (; performance.now() < end; seed++) {
  const complaint = await complaintOf(seed);
  if (complaint !== null) {
    console.error(`seed ${seed}: ${complaint}`);
    process.exit(1);
  }
}
for (const [name, times] of [...explained].sort((a, b) => b[1] - a[1]))
  console.log(`${String(times).padStart(9)} ${name}`);
console.log(`${seed - firstSeed} messages from seed ${firstSeed}, no complaint`);

async function complaintOf(number: number): Promise<string | null> {
  const dice = new Dice(number);
  const trial = makeTrial(dice);
  const cuts = Array.from({ length: dice.below(4) }, () => dice.below(trial.text.length + 1));
  const cutFault = number % fullCutEvery === 0 ? splitComplaint(trial) : cutComplaint(trial, cuts);
  if (cutFault !== null) return cutFault;
  const { complaint, explanation } = await compareWithNode(trial, cuts);
  if (explanation !== null) explained.set(explanation.name, (explained.get(explanation.name) ?? 0) + 1);
  return complaint;
}

/** A made message or stream, damaged up to a few times. */
function makeTrial(dice: Dice): Trial {
  const isResponse = dice.once(3);
  const made = isResponse ? makeResponse(dice) : { text: makeRequests(dice), method: null };
  let { text } = made;
  for (let times = dice.below(5); times > 0; times--) text = mutate(dice, text);
  return { text, answering: made.method };
}
