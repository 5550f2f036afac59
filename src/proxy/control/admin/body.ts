/** The body of an admin request: bounded, JSON or nothing. */
import type { IncomingMessage } from 'node:http';
import { AdminProblem } from './problem.ts';

/** No request of the contract comes near. */
const MAX_BYTES = 256 << 10;

/**
 * The parsed body, `undefined` when there is none.
 * @throws 413 when it is too large, 400 when it is not JSON or breaks off
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AdminProblem(400, 'SNT-A008', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MAX_BYTES) parts.push(part);
      else {
        request.pause();
        reject(new AdminProblem(413, 'SNT-A008', `the body is larger than ${MAX_BYTES >> 10} KiB`));
      }
    });
    request.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    request.once('error', () => reject(new AdminProblem(400, 'SNT-A008', 'the body broke off')));
  });
}
