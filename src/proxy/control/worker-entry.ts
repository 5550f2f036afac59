/** The file that data plane threads begin with. */
import { threadEntry } from '../../base/package-files.ts';

/** In a build this file and the worker's are JavaScript; from source both are TypeScript. */
export function workerEntry(): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return threadEntry(() => new URL(`../data/worker${extension}`, import.meta.url), 'threads/worker.mjs');
}
