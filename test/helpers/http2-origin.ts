/** An upstream that speaks HTTP/2, in plain text or under TLS, by node:http2, and remembers what reached it. */
import { once } from 'node:events';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { eventually } from './eventually.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface StreamSeen {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value …, in the order that came. */
  readonly raw: readonly string[];
  readonly session: ServerHttp2Session;
  /** Body so far. */
  body: Buffer;
  trailers: IncomingHttpHeaders | null;
  ended: boolean;
  /** Code of the reset that closed it; null while it is open. */
  closed: number | null;
}

export type Behaviour = (seen: StreamSeen) => void;

export interface Http2OriginOptions {
  readonly settings?: Settings;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Keep the bodies of requests. Default true. */
  readonly read?: boolean;
}

export class Http2Origin {
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[] = [];
  readonly streams: StreamSeen[] = [];
  port = 0;

  constructor(server: Http2Server) {
    this.server = server;
  }

  /** Sessions that are open. */
  get open(): number {
    return this.sessions.filter((session) => !session.destroyed).length;
  }

  /** Stream number `number` over all sessions, from 0, once its head has come. */
  async stream(number = 0): Promise<StreamSeen> {
    return eventually(() => {
      const seen = this.streams[number];
      if (seen === undefined) throw new Error(`only ${this.streams.length} streams reached the origin`);
      return seen;
    });
  }

  /** The same, once its request is complete. */
  async request(number = 0): Promise<StreamSeen> {
    const seen = await this.stream(number);
    await eventually(() => seen.ended);
    return seen;
  }
}

/** Answers 200 with `ok` once the request is complete. */
export const okBehaviour: Behaviour = ({ stream }) => {
  stream.on('end', () => {
    stream.respond({ ':status': 200, 'content-length': 2 });
    stream.end('ok');
  });
};

/** Starts one on loopback. */
export async function startHttp2Origin(
  t: Cleanup,
  behave: Behaviour = okBehaviour,
  { settings = {}, tls, read = true }: Http2OriginOptions = {},
): Promise<Http2Origin> {
  const server: Http2Server =
    tls === undefined ? createServer({ settings }) : createSecureServer({ settings, ...tls, allowHTTP1: false });
  const origin = new Http2Origin(server);
  server.on('session', (session) => {
    origin.sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers, _flags, raw) => {
    const seen: StreamSeen = {
      stream,
      headers,
      raw: raw as unknown as readonly string[],
      session: stream.session as ServerHttp2Session,
      body: Buffer.alloc(0),
      trailers: null,
      ended: false,
      closed: null,
    };
    origin.streams.push(seen);
    stream.on('error', () => {});
    stream.on('trailers', (trailers) => {
      seen.trailers = trailers;
    });
    stream.on('end', () => {
      seen.ended = true;
    });
    stream.on('close', () => {
      seen.closed = stream.rstCode;
    });
    behave(seen);
    if (read) {
      stream.on('data', (chunk: Buffer) => {
        seen.body = Buffer.concat([seen.body, chunk]);
      });
    }
  });
  server.on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin.port = (server.address() as AddressInfo).port;
  t.after(() => {
    for (const session of origin.sessions) session.destroy();
    server.close();
  });
  return origin;
}
