/**
 * One editor at a time for a file: a name in the kernel, so that it is gone with the process that holds it, however that ends.
 * Whoever holds it says who it is to the second. A kindness, no fence: what is on disk is looked at again before it is replaced.
 */
import { createHash } from 'node:crypto';
import { createServer, connect } from 'node:net';
import { userInfo } from 'node:os';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { rfc3339 } from '../../base/units.ts';
import { printable } from '../text.ts';

/** Who is to answer in that time, or stays unnamed. */
const PATIENCE_MS = 1_000;
const LONGEST_ANSWER = 300;

/**
 * @param path The file, links followed.
 * @returns the way to let go
 * @throws SNT-P060 somebody else edits it
 */
export async function lockFile(path: string, nowMs: number): Promise<() => void> {
  // There are such names on Linux only.
  if (process.platform !== 'linux') return () => undefined;
  const name = `\0sentinel-edit-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${userInfo().username}, process ${process.pid}, since ${rfc3339(nowMs)}`);
  });
  const problem = await new Promise<unknown>((resolve) => {
    server.once('error', resolve);
    server.listen({ path: name }, () => resolve(null));
  });
  if (problem === null) return () => void server.close();
  if (errnoOf(problem) !== 'EADDRINUSE') return () => undefined;
  const holder = await holderOf(name);
  throw new SentinelError(
    'SNT-P060',
    `${path} is being edited by ${holder ?? 'somebody who does not say who'}; try again when they are done`,
    {
      hint: 'sentinel config edit',
    },
  );
}

/** What the holder says of itself; null when it does not answer. */
function holderOf(name: string): Promise<string | null> {
  return new Promise((resolve) => {
    let said = '';
    const socket = connect({ path: name, timeout: PATIENCE_MS });
    const done = (): void => {
      socket.destroy();
      resolve(said === '' ? null : printable(said.slice(0, LONGEST_ANSWER)));
    };
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.length > LONGEST_ANSWER) done();
    });
    socket.once('end', done).once('timeout', done).once('error', done);
  });
}
