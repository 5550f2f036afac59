/** A worker that dies as soon as it has taken over its plan. */
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from '../../../src/proxy/shared/messages.ts';

const { worker } = workerData as WorkerStart;
const say = (message: FromWorker): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'prepare') say({ kind: 'prepared', serial: message.plan.serial, ok: true, listeners: [] });
  if (message.kind === 'commit') {
    say({ kind: 'committed', serial: message.serial });
    setImmediate(() => {
      throw new Error(`worker ${worker} cannot live`);
    });
  }
});
