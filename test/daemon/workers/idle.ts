/** A worker that lives and never gets ready: its daemon stays in its start. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => {});
