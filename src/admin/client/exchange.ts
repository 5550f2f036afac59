/** One HTTP exchange with a daemon over a unix socket or TCP, bounded in time and size. Knows no endpoint. */
import { type Agent, type IncomingMessage, request } from 'node:http';
import { errnoOf } from '../../base/errors.ts';
import type { DaemonAddress } from './address.ts';

/** More than any reply has; a peer that sends more is no daemon of ours. */
const MAX_REPLY_BYTES = 64 << 20;

export interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Longest silence. */
  readonly timeoutMs: number;
  /** Cuts the connection, whatever is under way. */
  readonly signal?: AbortSignal;
  /** Shared by calls that are under way at once and whose replies are all kept. */
  readonly room?: ReplyRoom;
  /** Keeps connections for the next; only for what may be sent twice. Default: a connection of its own, which nothing keeps alive afterwards. */
  readonly agent?: Agent;
}

/** How many bytes of replies there is room for; what a reply takes that comes to nothing is given back. */
export interface ReplyRoom {
  bytes: number;
}

export interface Answer {
  readonly status: number;
  /** Names lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A reply of which the head has arrived. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly body: IncomingMessage;
}

/** @throws the system error; a silence too long is `ETIMEDOUT`, a reply too large `EMSGSIZE` */
export async function exchange(address: DaemonAddress, message: Message): Promise<Answer> {
  return gather(await begin(address, message), message.room);
}

/** The rest of a reply, as text. */
export function gather(
  { status, headers, body }: OpenAnswer,
  room: ReplyRoom = { bytes: MAX_REPLY_BYTES },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    body.on('data', (part: Buffer) => {
      size += part.length;
      room.bytes -= part.length;
      if (size > MAX_REPLY_BYTES || room.bytes < 0) body.destroy(fault('EMSGSIZE', 'the reply is too large'));
      else parts.push(part);
    });
    body.on('error', (error) => {
      room.bytes += size;
      size = 0;
      parts.length = 0;
      reject(error);
    });
    body.on('end', () => resolve({ status, headers, text: Buffer.concat(parts).toString('utf8') }));
  });
}

/** Sends a request; resolves with the head of its reply. Silence is counted until the reply has ended. */
export function begin(address: DaemonAddress, message: Message): Promise<OpenAnswer> {
  return new Promise((resolve, reject) => {
    const to = address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port };
    let body: IncomingMessage | null = null;
    const call = request(
      {
        ...to,
        agent: message.agent ?? false,
        ...(message.signal === undefined ? {} : { signal: message.signal }),
        method: message.method,
        path: message.path,
        headers: {
          host: address.kind === 'socket' ? 'localhost' : hostField(address.host, address.port),
          ...(message.body === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(message.body) }),
          ...message.headers,
        },
      },
      (reply) => {
        body = reply;
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: reply });
      },
    );
    call.setTimeout(message.timeoutMs, () => (body ?? call).destroy(fault('ETIMEDOUT', 'no answer in time')));
    call.on('error', (error) => {
      // The daemon may close a kept connection at the moment in which it is used again.
      const closed = call.reusedSocket && body === null && ['ECONNRESET', 'EPIPE'].includes(errnoOf(error) ?? '');
      if (!closed || message.signal?.aborted === true) return reject(error);
      const { agent: _kept, ...again } = message;
      begin(address, again).then(resolve, reject);
    });
    call.end(message.body);
  });
}

function hostField(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
