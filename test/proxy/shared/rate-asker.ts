/** A thread that asks one rate table for one key, as often as the others let it, while every question moves time on. */
import { parentPort, workerData } from 'node:worker_threads';
import { KeyedHash } from '../../../src/proxy/shared/keyed-hash.ts';
import { RateTable, rateVerdicts } from '../../../src/proxy/shared/rate-table.ts';

export interface Asking {
  readonly table: SharedArrayBuffer;
  /** One word: questions asked so far, by all threads. */
  readonly asked: SharedArrayBuffer;
  readonly questions: number;
  readonly msPerQuestion: number;
}

const { table, asked, questions, msPerQuestion } = workerData as Asking;
const rate = new RateTable(table);
const count = new Int32Array(asked);
const hash = new KeyedHash();
let admitted = 0;
for (;;) {
  const number = Atomics.add(count, 0, 1);
  if (number >= questions) break;
  rate.begin(hash);
  hash.client('192.0.2.1');
  hash.end();
  if (rate.ask(hash, number * msPerQuestion) === rateVerdicts.admitted) admitted++;
}
parentPort?.postMessage(admitted);
