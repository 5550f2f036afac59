/** A thread that enters and leaves a table of client connections without end, and reports the most that were ever in at once. */
import { parentPort, workerData } from 'node:worker_threads';
import { ClientConnections } from '../../../src/proxy/shared/client-connections.ts';

export interface Visiting {
  readonly table: SharedArrayBuffer;
  readonly lane: number;
  readonly limit: number;
  readonly rounds: number;
  /** Words: connections inside by the visitors' own count, the most of them at once, visits so far. */
  readonly inside: SharedArrayBuffer;
}

const { table, lane, limit, rounds, inside } = workerData as Visiting;
const connections = new ClientConnections(table, lane);
const words = new Int32Array(inside);
const client = '192.0.2.1';
let held = 0;
for (let round = 0; round < rounds; round++) {
  if ((round * 7) % 3 !== 0 && connections.enter(client, limit)) {
    held++;
    const now = Atomics.add(words, 0, 1) + 1;
    for (let most = Atomics.load(words, 1); now > most; most = Atomics.load(words, 1)) {
      if (Atomics.compareExchange(words, 1, most, now) === most) break;
    }
  } else if (held > 0) {
    Atomics.sub(words, 0, 1);
    connections.leave(client);
    held--;
  }
  Atomics.add(words, 2, 1);
}
parentPort?.postMessage(held);
