/**
 * One writer at a time in a folder, over processes: a socket in the folder with a number for a name, that only the process that
 * holds the folder answers. It goes with its process however that ends, nobody who may not enter the folder can take it, and it
 * holds over containers that share the folder. Called by the store.
 */
import { closeSync, linkSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { randomHex } from '../../base/ids.ts';

/** How long a writer waits for another: each takes some milliseconds. */
const PATIENCE_MS = 5_000;
/** How long it waits for all that come before it. */
const LONGEST_QUEUE_MS = 60_000;
const PAUSE_MS = 7;
/** A name of a socket is no longer than this on every system that we know. */
const LONGEST_NAME = 100;
/** What a process left that ended between making its socket and giving it its number. */
const FORGOTTEN_MS = 60_000;

const prefix = '.lock-';
const waiting = new Map<string, Promise<void>>();
/** Who holds a folder and since when, as this process has seen it: of many who wait for one that hangs none waits anew. */
const holders = new Map<string, { readonly number: number; readonly since: number }>();

/** Names in a folder that belong to its lock and to nothing else. */
function isLockName(name: string): boolean {
  return name.startsWith(prefix);
}

/**
 * Does `task` while nobody else does anything in `folder`.
 * @throws SNT-I006 one other is at it for more than 5 s, or the file system knows no such locks; what `task` throws; the
 * system error of a folder that cannot be written
 */
export async function withFolderLock<T>(folder: string, clock: Clock, task: () => T | Promise<T>): Promise<T> {
  // Within a process they queue; only processes compete.
  const begun = clock.now();
  const before = waiting.get(folder) ?? Promise.resolve();
  const turn = Promise.withResolvers<void>();
  const mine = before.then(() => turn.promise);
  waiting.set(folder, mine);
  await before;
  try {
    const release = await acquire(folder, clock, begun);
    try {
      return await task();
    } finally {
      release();
    }
  } finally {
    turn.resolve();
    if (waiting.get(folder) === mine) waiting.delete(folder);
  }
}

async function acquire(folder: string, clock: Clock, begun: number): Promise<() => void> {
  for (;;) {
    const last = numbersIn(folder).at(-1) ?? 0;
    if (last === 0 || !(await answers(folder, `${prefix}${last}`))) {
      const release = await take(folder, last + 1, clock);
      if (release === null) continue;
      holders.delete(folder);
      return release;
    }
    // Of many who wait each has its turn: it is one that holds on for which nobody waits longer.
    const seen = holders.get(folder);
    const since = seen?.number === last ? seen.since : clock.now();
    holders.set(folder, { number: last, since });
    if (clock.now() - since > PATIENCE_MS || clock.now() - begun > LONGEST_QUEUE_MS)
      throw unavailable(folder, 'another process holds it for more than 5 s');
    const pause = Promise.withResolvers<void>();
    clock.after(PAUSE_MS, pause.resolve);
    await pause.promise;
  }
}

/**
 * The socket answers before it gets its number, and a number is given once: whoever finds a higher one after that came too late.
 * The highest is never removed, so that nobody can get a number which somebody else has had.
 */
async function take(folder: string, number: number, clock: Clock): Promise<(() => void) | null> {
  const draft = `${prefix}draft-${randomHex(6)}`;
  const server = await listen(folder, draft);
  const mine = join(folder, `${prefix}${number}`);
  let held = false;
  try {
    linkSync(join(folder, draft), mine);
    held = numbersIn(folder).at(-1) === number;
    if (!held) rmSync(mine, { force: true });
  } catch (error) {
    // Somebody else was quicker, or took the draft for a forgotten one.
    if (errnoOf(error) !== 'EEXIST' && errnoOf(error) !== 'ENOENT') throw unlockable(folder, error);
  } finally {
    rmSync(join(folder, draft), { force: true });
    if (!held) server.close();
  }
  if (!held) return null;
  sweep(folder, number, clock);
  return () => void server.close();
}

function listen(folder: string, name: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.destroy();
  });
  return withShortPath(
    folder,
    name,
    (path) =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => reject(unlockable(folder, error)));
        // The folder keeps others out; its owner must be able to ask what root has left there.
        server.listen({ path, exclusive: true, readableAll: true, writableAll: true }, () => resolve(server));
      }),
  );
}

/** Whether a process is behind it. Where that cannot be said, one is. */
function answers(folder: string, name: string): Promise<boolean> {
  return withShortPath(
    folder,
    name,
    (path) =>
      new Promise((resolve) => {
        const socket = connect({ path });
        socket.once('connect', () => {
          socket.destroy();
          resolve(true);
        });
        socket.once('error', (error) => {
          const errno = errnoOf(error);
          resolve(errno !== 'ECONNREFUSED' && errno !== 'ENOENT');
        });
      }),
  );
}

/** A path of a socket must be short; the folder's may be long. */
async function withShortPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_NAME || process.platform !== 'linux') return use(path);
  const fd = openSync(folder, 'r');
  try {
    return await use(`/proc/self/fd/${fd}/${name}`);
  } finally {
    closeSync(fd);
  }
}

function numbersIn(folder: string): readonly number[] {
  return readdirSync(folder)
    .flatMap((name) => (/^\.lock-\d{1,15}$/.test(name) ? [Number(name.slice(prefix.length))] : []))
    .sort((one, other) => one - other);
}

/** Takes away what those before have left. A failure matters to nobody. */
function sweep(folder: string, mine: number, clock: Clock): void {
  try {
    for (const name of readdirSync(folder)) {
      if (!isLockName(name)) continue;
      const number = Number(name.slice(prefix.length));
      if (number < mine || (Number.isNaN(number) && isForgotten(join(folder, name), clock)))
        rmSync(join(folder, name), { force: true });
    }
  } catch {
    // The next one tries again.
  }
}

function isForgotten(path: string, clock: Clock): boolean {
  return clock.wallMs() - statSync(path).mtimeMs > FORGOTTEN_MS;
}

/** Full, read-only or forbidden is for the caller to say; anything else means that there are no such locks here. */
function unlockable(folder: string, error: unknown): Error {
  const errno = errnoOf(error) ?? String(error);
  const plain = ['EACCES', 'ENOSPC', 'EROFS', 'EDQUOT', 'ENOENT', 'EMFILE', 'ENFILE'];
  return error instanceof Error && plain.includes(errno)
    ? error
    : unavailable(folder, `the file system does not let a socket be made there (${errno})`);
}

function unavailable(folder: string, why: string): SentinelError {
  return new SentinelError('SNT-I006', `${folder} could not be locked: ${why}; nothing was written`, {
    hint: 'try again, or name another folder with SENTINEL_INCIDENTS',
  });
}
