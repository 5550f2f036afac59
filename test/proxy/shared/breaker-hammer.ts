/** A thread that uses one breaker as a worker does, together with others, as hard as it can. */
import { parentPort, workerData } from 'node:worker_threads';
import { Breaker } from '../../../src/proxy/shared/breaker.ts';
import { viewCell } from '../../../src/proxy/shared/cells.ts';
import { type Hammered, type Hammering, runWords } from './breaker-run.ts';

const { work, segments, cell, lane, limits, run, rounds, steps } = workerData as Hammering;
const words = new Int32Array(run);
const changes = { closed: 0, open: 0, half_open: 0, forced_open: 0 };
const breaker = new Breaker(viewCell(segments, cell, lane), limits, (to) => void changes[to]++);
let admitted = 0;
let seed = lane * 7919 + 1;

/** 0 … 99, another sequence in each thread. */
function dice(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % 100;
}

/** Fails whatever it is let in with, until it is no longer. */
function failAll(): void {
  for (;;) {
    const ticket = breaker.admit(0);
    if (ticket === -1) return;
    admitted++;
    breaker.failed(ticket, 0, 'refused');
  }
}

/** Comes and goes while the breaker is half-open, and notes how many were in at once. */
function tryOften(): void {
  const now = Atomics.load(words, runWords.now);
  for (let step = 0; step < steps; step++) {
    const ticket = breaker.admit(now);
    if (ticket === -1) continue;
    admitted++;
    const inside = Atomics.add(words, runWords.inside, 1) + 1;
    if (inside > Atomics.load(words, runWords.most)) Atomics.store(words, runWords.most, inside);
    Atomics.sub(words, runWords.inside, 1);
    if (step % 2 === 0) breaker.withdrawn(ticket);
    else breaker.succeeded(ticket);
  }
}

/** Every end that a request can have, the one that nobody reports too, while time passes. */
function doEverything(): void {
  const tickets: number[] = [];
  for (let step = 0; step < steps; step++) {
    const now = Atomics.add(words, runWords.now, 1);
    const roll = dice();
    if (roll < 55) {
      const ticket = breaker.admit(now);
      if (ticket !== -1) {
        admitted++;
        tickets.push(ticket);
      }
      if (tickets.length < 8) continue;
    }
    const ticket = tickets.splice(dice() % 8, 1)[0];
    if (ticket === undefined || roll > 97) continue;
    if (roll % 5 < 3) breaker.succeeded(ticket);
    else if (roll % 5 === 3) breaker.failed(ticket, now, 'refused');
    else breaker.withdrawn(ticket);
  }
}

Atomics.add(words, runWords.ready, 1);
Atomics.notify(words, runWords.ready);
for (let round = 1; round <= rounds; round++) {
  while (Atomics.load(words, runWords.round) < round) Atomics.wait(words, runWords.round, round - 1);
  if (work === 'fail') failAll();
  else if (work === 'try') tryOften();
  else doEverything();
  Atomics.add(words, runWords.done, 1);
  Atomics.notify(words, runWords.done);
}
parentPort?.postMessage({ admitted, changes } satisfies Hammered);
