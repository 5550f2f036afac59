/** A worker entry that works for the workers of the start and throws for all that come later. */
import { workerData } from 'node:worker_threads';

if (workerData.worker >= 2) throw new Error('no more workers here');
await import('../../../src/proxy/data/worker.ts');
