/** A thread that writes numbered records of many lengths into a ring, and waits where it is full: nothing may be lost then. */
import { parentPort, workerData } from 'node:worker_threads';
import { SpanWriter } from '../../src/proxy/shared/span-ring.ts';

const { memory, records } = workerData as { readonly memory: SharedArrayBuffer; readonly records: number };
const writer = new SpanWriter(memory, () => parentPort?.postMessage('called'));
const nap = new Int32Array(new SharedArrayBuffer(4));
for (let number = 0; number < records; number++) {
  while (!writer.append(`${number} ${'ä'.repeat((number * 37) % 200)}`)) Atomics.wait(nap, 0, 0, 1);
}
parentPort?.postMessage('done');
