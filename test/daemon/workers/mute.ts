/** A worker that takes over plans and never beats. */
import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../../src/proxy/shared/messages.ts';

const say = (message: FromWorker): void => parentPort?.postMessage(message);

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'prepare') say({ kind: 'prepared', serial: message.plan.serial, ok: true, listeners: [] });
  if (message.kind === 'commit') say({ kind: 'committed', serial: message.serial });
});
