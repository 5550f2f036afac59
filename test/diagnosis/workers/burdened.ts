/**
 * A worker that runs the real data plane and has something else to do, by the word in `SENTINEL_TEST_BURDEN`: `spin` = it never
 * comes back; `compute` = it computes most of the time; `fail` = requests meet a defect; `exit` = it ends at
 * once. `spin:1` = only worker 1. The word is read from the file of that name where there is one, again and again.
 */
import { readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { TraceIds } from '../../../src/proxy/data/trace-ids.ts';
import type { WorkerStart } from '../../../src/proxy/shared/messages.ts';
import '../../../src/proxy/data/worker.ts';

const { worker } = workerData as WorkerStart;
const file = process.env['SENTINEL_TEST_BURDEN'] ?? '';

function burden(): string {
  try {
    const [word = '', only] = readFileSync(file, 'utf8').trim().split(':');
    return only === undefined || Number(only) === worker ? word : '';
  } catch {
    return '';
  }
}

function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

// Every third request needs something that is broken.
const { spanId } = TraceIds.prototype;
let asked = 0;
let failing = false;
TraceIds.prototype.spanId = function broken(this: TraceIds): string {
  if (failing && ++asked % 3 === 0) throw new Error('planted fault: no span');
  return spanId.call(this);
};

setInterval(() => {
  const word = burden();
  failing = word === 'fail';
  if (word === 'spin') for (;;);
  if (word === 'exit') throw new Error('planted fault: the worker ends');
  if (word === 'compute') compute(700);
}, 50);
