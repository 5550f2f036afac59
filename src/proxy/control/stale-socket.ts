/** Unix sockets in the file system outlive their process: tells a dead one from a live one, and removes the dead one. */
import { lstatSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { errnoOf, SentinelError } from '../../base/errors.ts';

/** A live peer answers a connection at once; one that does not is taken for live, since stealing is the worse mistake. */
const ANSWER_MS = 1_000;

/**
 * Removes the socket at `path` when nobody listens on it. Does nothing when there is none.
 * @throws SNT-P003 when somebody does, or when something else than a socket is there
 */
export async function clearStaleSocket(path: string, what: string): Promise<void> {
  try {
    const facts = lstatSync(path);
    // A link is judged by who answers behind it.
    if (!facts.isSocket() && !facts.isSymbolicLink()) {
      throw new SentinelError('SNT-P003', `address in use: unix:${path} (${what}) is a file, not a socket`, {
        hint: 'name another path, or move the file away',
      });
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  if (await isLive(path)) {
    throw new SentinelError('SNT-P003', `address in use: another process listens on unix:${path} (${what})`, {
      hint: `\`ss -xlp src ${path}\` shows it; stop it, or name another path`,
    });
  }
  rmSync(path, { force: true });
}

function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(ANSWER_MS);
    const settle = (live: boolean) => {
      socket.destroy();
      resolve(live);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(true));
    socket.once('error', (error) => settle(errnoOf(error) !== 'ECONNREFUSED' && errnoOf(error) !== 'ENOENT'));
  });
}
