/**
 * Fuzz target of the rate table: two threads ask for the same keys at the same moments of a made-up time, in bursts and after
 * pauses, while the table is swept. What both were told together is held against a limiter that one thread keeps with decimals.
 */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { KeyedHash } from '../../src/proxy/shared/keyed-hash.ts';
import { newRateTable, RateTable, type RateTableSettings, SWEEP_WITHIN_MS } from '../../src/proxy/shared/rate-table.ts';
import { pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

/** Of one trial, for both threads. */
interface Script {
  /**
   * Every moment comes twice: first one thread asks for each key, then both ask for what has a slot already. Otherwise both may
   * take one slot for two keys at the same instant, and then the one may have the quota of the other.
   */
  readonly calm: boolean;
  readonly table: SharedArrayBuffer;
  /** When each moment is, ms. */
  readonly moments: readonly number[];
  /** What a thread asks for at each moment, as numbers of keys; -1 = it sweeps. */
  readonly asked: readonly (readonly (readonly number[])[])[];
  /** Told, by moment, key and verdict. */
  readonly told: SharedArrayBuffer;
  /** How many times a thread has come to the end of a moment. */
  readonly arrivals: SharedArrayBuffer;
}

const keys = 5;
const verdicts = 4;
const threads = 2;
const LONGEST_WAIT_MS = 20_000;

/** One thread's part. */
function play({ table, moments, asked, told, arrivals }: Script, thread: number): void {
  const rate = new RateTable(table);
  const hash = new KeyedHash();
  const counts = new Int32Array(told);
  const gate = new Int32Array(arrivals);
  for (const [moment, now] of moments.entries()) {
    for (const key of asked[moment]?.[thread] ?? []) {
      if (key === -1) {
        rate.sweep(now);
        continue;
      }
      rate.begin(hash);
      hash.word(key);
      hash.end();
      Atomics.add(counts, (moment * keys + key) * verdicts + rate.ask(hash, now), 1);
    }
    // Nobody's time goes on before that of the other.
    Atomics.add(gate, 0, 1);
    Atomics.notify(gate, 0);
    for (let come = 0; come < (moment + 1) * threads; come = Atomics.load(gate, 0)) {
      if (come > 0 && Atomics.wait(gate, 0, come, LONGEST_WAIT_MS) === 'timed-out')
        throw new Error('the other thread is gone');
    }
  }
}

function settingsOf(dice: Dice): RateTableSettings {
  return {
    requestsPerSecond: pick(dice, [0.01, 1, 7, 100, 33_333, 1_000_000]),
    burst: pick(dice, [1, 2, 10, 300]),
    maxKeys: pick(dice, [keys, 16, 17, 1000]),
    maxDelayMs: pick(dice, [0, 0, 5, 1000]),
  };
}

function scriptOf(dice: Dice, settings: RateTableSettings): Script {
  const interval = 1000 / settings.requestsPerSecond;
  const secret: [number, number] = [dice.roll(2 ** 31), dice.roll(2 ** 31)];
  const from = dice.roll(1_000_000);
  const count = 1 + dice.roll(30);
  const calm = dice.chance(70);
  let now = from;
  const moments = Array.from({ length: count }, () => {
    const pause = dice.roll(1000) * pick(dice, [0, interval / 1000, interval / 100, (interval * settings.burst) / 300]);
    now += Math.min(pause, SWEEP_WITHIN_MS);
    return now;
  }).flatMap((moment) => (calm ? [moment, moment] : [moment]));
  const turns = () =>
    Array.from({ length: dice.roll(40) }, () => (dice.chance(2) ? -1 : dice.roll(dice.chance(50) ? 1 : keys)));
  const each = Array.from({ length: keys }, (_, key) => key);
  return {
    calm,
    table: newRateTable(settings, secret, from),
    moments,
    // Once a moment it is swept for certain, as no pause may be longer without.
    asked: moments.map((_, index) => (calm && index % 2 === 0 ? [[-1, ...each], []] : [[-1, ...turns()], turns()])),
    told: new SharedArrayBuffer(moments.length * keys * verdicts * 4),
    arrivals: new SharedArrayBuffer(4),
  };
}

function complaintOf(settings: RateTableSettings, { calm, table, moments, asked, told }: Script): string | null {
  const counts = new Int32Array(told);
  const interval = 1000 / settings.requestsPerSecond;
  const ends = Array.from({ length: keys }, () => 0);
  // Within this of a border both answers are right: time is counted in ticks.
  const grain = 2 * (new Float64Array(table, 0, 2)[1] as number) + interval * 1e-6;
  for (const [moment, now] of moments.entries()) {
    for (let key = 0; key < keys; key++) {
      const [admitted = 0, delayed = 0, refused = 0, undecided = 0] = counts.subarray((moment * keys + key) * verdicts);
      const number = asked[moment]?.flat().filter((one) => one === key).length ?? 0;
      const begin = Math.max(ends[key] as number, now);
      const fitting = (within: number) =>
        Math.min(number, Math.max(0, Math.floor((now + settings.burst * interval + within - begin) / interval)));
      const taken = admitted + delayed;
      const shown = () =>
        `${JSON.stringify(settings)}: at moment ${moment}, key ${key} of ${number} questions: ${admitted} admitted, ${delayed} delayed, ${refused} refused, ${undecided} undecided; `;
      if (taken + refused + undecided !== number || undecided > 0) return `${shown()}all of them should be decided`;
      if (!calm) {
        if (taken > fitting(settings.maxDelayMs + grain) + settings.burst)
          return `${shown()}even with another's quota that is too many`;
        if (taken > 0) ends[key] = begin + taken * interval;
        continue;
      }
      if (admitted < fitting(-grain) || admitted > fitting(grain)) return `${shown()}${fitting(0)} should be admitted`;
      const most = settings.maxDelayMs;
      if (taken < fitting(most - grain) || taken > fitting(most + grain))
        return `${shown()}${fitting(most)} should be taken`;
      if (taken > 0) ends[key] = begin + taken * interval;
    }
  }
  return null;
}

if (isMainThread) {
  const other = new Worker(new URL(import.meta.url));
  other.unref();
  await fuzz('trials of two threads', (seed) => {
    const dice = new Dice(seed);
    const settings = settingsOf(dice);
    const script = scriptOf(dice, settings);
    other.postMessage(script);
    play(script, 0);
    return complaintOf(settings, script);
  });
} else {
  parentPort?.on('message', (script: Script) => play(script, 1));
}
