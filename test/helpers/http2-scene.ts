/** The usual scene over HTTP/2: a plane with a TLS listener in front of an origin, clients of node:http2 and clients that write frames. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';
import { once } from 'node:events';
import { connectionRejectReasons } from '../../src/proxy/shared/plan.ts';
import { eventually } from './eventually.ts';
import { FrameClient } from './http2-frames.ts';
import { type SecuredOptions, type SecuredScene, securedScene } from './secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

export interface Http2Scene extends SecuredScene {
  /** A client of node:http2. */
  session(): Promise<ClientHttp2Session>;
  /** One request on a session of its own. */
  fetch(fields?: OutgoingHttpHeaders, body?: string | Buffer): Promise<Answer>;
  /** A client that has said hello, and has heard our settings. */
  frames(...settings: readonly (readonly [id: number, value: number])[]): Promise<FrameClient>;
  /** Connections closed for what they did. */
  abuses(): number;
}

export interface Answer {
  readonly status: number;
  readonly fields: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: readonly string[];
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string | string[] | undefined>>;
  /** How the stream ended: 0 = well. */
  readonly code: number;
}

export async function http2Scene(t: Cleanup, options: SecuredOptions = {}): Promise<Http2Scene> {
  const scene = await securedScene(t, options);
  const session = async () => {
    const client = connect(`https://localhost:${scene.port}`, {
      ca: scene.authority.cert,
      lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }] as never, 4),
    });
    client.on('error', () => {});
    t.after(() => client.destroy());
    await once(client, 'remoteSettings');
    return client;
  };
  return {
    ...scene,
    session,
    fetch: async (fields, body) => {
      const client = await session();
      const answer = await answerOf(send(client, fields, body));
      client.close();
      return answer;
    },
    frames: async (...settings) => {
      const client = new FrameClient(await scene.connect({ ALPNProtocols: ['h2'] })).begin(...settings);
      await eventually(() => {
        if (client.of(4).length < 2) throw new Error('no settings yet');
      });
      return client;
    },
    abuses: () =>
      scene.registry.sum(scene.plan.cells.connectionRejects, connectionRejectReasons.indexOf('http2_abuse')),
  };
}

/** Sends a request; an answer is not awaited. */
export function send(
  client: ClientHttp2Session,
  fields: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): ClientHttp2Stream {
  const stream = client.request(fields, { endStream: body === undefined });
  stream.on('error', () => {});
  if (body !== undefined) stream.end(body);
  return stream;
}

/** The whole answer, whatever became of it. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const chunks: Buffer[] = [];
  let [status, fields, trailers, raw]: [number, Answer['fields'], Answer['trailers'], readonly string[]] = [
    0,
    {},
    {},
    [],
  ];
  stream.on('response', (head, _flags, list) => {
    status = Number(head[':status']);
    fields = head as Answer['fields'];
    raw = list as unknown as readonly string[];
  });
  stream.on('trailers', (list) => {
    trailers = list as Answer['trailers'];
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!stream.closed || !stream.destroyed) await new Promise((done) => stream.on('close', done));
  return { status, fields, raw, trailers, body: Buffer.concat(chunks), code: stream.rstCode ?? 0 };
}
