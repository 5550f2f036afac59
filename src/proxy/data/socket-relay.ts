/**
 * Doubles listening sockets that another thread of this process has, so that they outlive it. Node cannot double a
 * descriptor; a child process gets doubles of those that it inherits, and sends them back. Called by `listener.ts` alone.
 */
import { spawn } from 'node:child_process';
import type { Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ownVariables } from '../../base/environment.ts';
import { isSingleBinary } from '../../base/package-files.ts';

/** Some thirty milliseconds are the rule. */
const LIMIT_MS = 5_000;
/** As the launcher has it: USR1 to the whole process group must open no port here either. */
const NO_INSPECTOR = '--inspect-port=no..inspector:9229';

/** In a build this file and the child's are JavaScript; from source both are TypeScript. The single binary knows the child by a word. */
function childArgs(): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if (isSingleBinary) return { args: [], env: { [ownVariables.launch]: 'relay' } };
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const entry = fileURLToPath(new URL(`./socket-relay-child${extension}`, import.meta.url));
  return { args: [NO_INSPECTOR, entry], env: {} };
}

/**
 * Calls `take` with a double of each that can be had, and resolves when there are no more; never rejects. A double takes
 * connections from the moment that it is there: `take` must give it to who serves them, with `server.listen(double)`, at once.
 */
export function relaySockets(fds: readonly number[], take: (index: number, double: Server) => void): Promise<void> {
  if (fds.length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    let index = 0;
    // The program that runs, also where its file has been replaced.
    const program = process.platform === 'linux' ? '/proc/self/exe' : process.execPath;
    const { args, env } = childArgs();
    const child = spawn(program, [...args, String(fds.length)], {
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', ...fds],
      timeout: LIMIT_MS,
    });
    child.on('message', (_word, double) => {
      take(index++, double as Server);
      child.send('next', () => {});
    });
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
}
