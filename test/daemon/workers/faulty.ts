/**
 * A worker that runs the real data plane and can be told, by a file, to go wrong: `throw`, `spin` or `exit` in the file
 * that `SENTINEL_TEST_FAULT` names, followed by the number of the worker. Each word serves once.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WorkerStart } from '../../../src/proxy/shared/messages.ts';
import '../../../src/proxy/data/worker.ts';

const { worker } = workerData as WorkerStart;
const order = `${process.env['SENTINEL_TEST_FAULT']}.${worker}`;

const still = new Int32Array(new SharedArrayBuffer(4));

setInterval(() => {
  if (!existsSync(order)) return;
  const word = readFileSync(order, 'utf8');
  rmSync(order);
  if (word === 'throw') throw new Error('told to throw');
  if (word === 'exit') process.exit(3);
  // Gives nothing else a turn, and leaves the processor to other tests.
  if (word === 'spin') for (;;) Atomics.wait(still, 0, 0, 100);
}, 20);
