/**
 * A worker that runs the real data plane and kills the whole process when it is told to `prepare` or to `commit` a plan, if that
 * is the word in the file that `SENTINEL_TEST_FAULT` names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const order = process.env['SENTINEL_TEST_FAULT'] ?? '';

parentPort?.on('message', ({ kind }: { readonly kind: string }) => {
  if (existsSync(order) && readFileSync(order, 'utf8') === kind) process.kill(process.pid, 'SIGKILL');
});

await import('../../../src/proxy/data/worker.ts');
