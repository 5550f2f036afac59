/** The body of an admin request: bounded, JSON or nothing. */
import type { IncomingMessage } from 'node:http';
import type { Endpoint } from '../../../admin/contract/endpoints.ts';
import { maxConfigBytes } from '../../../config/documents.ts';
import { AdminProblem } from './problem.ts';

/** No request of the contract comes near. */
const MAX_BYTES = 256 << 10;
/** The largest configuration, each line end and each quote of it escaped. */
const MAX_TEXT_BYTES = 2 * maxConfigBytes + (64 << 10);

/**
 * The parsed body, `undefined` when there is none.
 * @throws 413 when it is too large, 400 when it is not JSON or breaks off
 */
export async function readBody(request: IncomingMessage, { takesText }: Pick<Endpoint, 'takesText'>): Promise<unknown> {
  const text = await readText(request, takesText === true ? MAX_TEXT_BYTES : MAX_BYTES);
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AdminProblem(400, 'SNT-A008', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= maxBytes) parts.push(part);
      else {
        request.pause();
        reject(new AdminProblem(413, 'SNT-A008', `the body is larger than ${maxBytes >> 10} KiB`));
      }
    });
    request.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    request.once('error', () => reject(new AdminProblem(400, 'SNT-A008', 'the body broke off')));
  });
}
