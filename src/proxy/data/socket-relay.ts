/**
 * Doubles listening sockets that another thread of this process has, so that they outlive it. Node cannot double a
 * descriptor; a child process gets doubles of those that it inherits, and sends them back. Called by `listener.ts` alone.
 */
import { spawn } from 'node:child_process';
import type { Server } from 'node:net';

/** Some thirty milliseconds are the rule. */
const LIMIT_MS = 5_000;

/** In a build this file and the child's are JavaScript; from source both are TypeScript. */
const entry = new URL(
  `./socket-relay-child${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

/**
 * A double of each, in their order, to be listened on with `server.listen(double)` at once. What could not be had is left out
 * at the end; never rejects.
 */
export function relaySockets(fds: readonly number[]): Promise<readonly Server[]> {
  if (fds.length === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const doubles: Server[] = [];
    // The program that runs, also where its file has been replaced.
    const program = process.platform === 'linux' ? '/proc/self/exe' : process.execPath;
    const child = spawn(program, [entry.pathname, String(fds.length)], {
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', ...fds],
      timeout: LIMIT_MS,
    });
    child.on('message', (_word, double) => {
      doubles.push(double as Server);
      child.send('next', () => {});
    });
    child.once('error', () => resolve(doubles));
    child.once('close', () => resolve(doubles));
  });
}
