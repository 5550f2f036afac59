/**
 * Lets only one daemon at a time look for another and take its place: between seeing a stale pid file or socket and writing
 * one's own, nobody else may do the same. The lock is a name in the kernel, so it cannot be left behind.
 */
import { createServer } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';

/** In the abstract namespace (the leading NUL): no file, gone with the process that holds it. */
const NAME = '\0sentinel-start';
const RETRY_MS = 25;
/** Any local user could hold the name, and must not be able to keep a daemon from starting. */
const PATIENCE_MS = 3_000;

/** Runs `step` while no other daemon of this machine runs its own; after three seconds of waiting it runs all the same. */
export async function whileStartingAlone<T>(clock: Clock, step: () => Promise<T>): Promise<T> {
  const release = await takeLock(clock);
  try {
    return await step();
  } finally {
    release();
  }
}

async function takeLock(clock: Clock): Promise<() => void> {
  const end = clock.now() + PATIENCE_MS;
  while (process.platform === 'linux') {
    const release = await tryLock();
    if (release !== null) return release;
    if (clock.now() > end) break;
    await new Promise<void>((resolve) => {
      clock.after(RETRY_MS, resolve);
    });
  }
  return () => {};
}

/** The way to let go, or `null` when somebody else holds it. Where there are no such names, nobody is kept out. */
function tryLock(): Promise<(() => void) | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => resolve(errnoOf(error) === 'EADDRINUSE' ? null : () => {}));
    server.listen({ path: NAME }, () => resolve(() => void server.close()));
  });
}
