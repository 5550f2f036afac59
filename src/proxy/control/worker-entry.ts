/** The file that data plane threads begin with. */
import { threadEntry } from '../../base/package-files.ts';

export function workerEntry(): URL {
  return threadEntry(() => {
    // In a build this file and the worker's are JavaScript; from source both are TypeScript. The single binary has no such files.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    return new URL(`../data/worker${extension}`, import.meta.url);
  }, 'threads/worker.mjs');
}
