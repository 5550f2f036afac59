/** gRPC through the proxy with the libraries that people use: a client over TLS, a listener, and servers in plain text or under TLS. */
import {
  type CallOptions,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  credentials,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Config } from '../../src/config/model.ts';
import { type Issued, TestAuthority } from '../helpers/certificates.ts';
import { startPlane } from '../helpers/data-plane.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { type SceneOptions, sceneOf, scenery } from '../helpers/proxied.ts';
import { listenerTls, TestCertificates, upstreamTls } from '../helpers/secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

const same = (value: Buffer): Buffer => value;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

/** Messages are bytes: what is in them is no business of a proxy. */
const service = {
  unary: method('Unary', false, false),
  serverStream: method('ServerStream', false, true),
  clientStream: method('ClientStream', true, false),
  bidi: method('Bidi', true, true),
};

export interface Handlers {
  readonly unary: handleUnaryCall<Buffer, Buffer>;
  readonly serverStream: handleServerStreamingCall<Buffer, Buffer>;
  readonly clientStream: handleClientStreamingCall<Buffer, Buffer>;
  readonly bidi: handleBidiStreamingCall<Buffer, Buffer>;
}

const unlimited: ChannelOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.enable_retries': 0,
};

/** Echoes, in each form. */
export const echo: Handlers = {
  unary: ({ request }, done) => done(null, request),
  serverStream: (call) => {
    for (let i = 0; i < 10; i++) call.write(Buffer.concat([call.request, Buffer.from(String(i))]));
    call.end();
  },
  clientStream: (call, done) => {
    const parts: Buffer[] = [];
    call.on('data', (part: Buffer) => parts.push(part));
    call.on('end', () => done(null, Buffer.concat(parts)));
  },
  bidi: (call) => {
    call.on('data', (part: Buffer) => call.write(part));
    call.on('end', () => call.end());
  },
};

export interface GrpcServer {
  readonly port: number;
  readonly server: Server;
}

/** Starts a server on loopback; `tls` = under TLS. */
export async function grpcServer(t: Cleanup, handlers: Partial<Handlers>, tls: Issued | null): Promise<GrpcServer> {
  const server = new Server(unlimited);
  server.addService(service, { ...echo, ...handlers });
  const shown =
    tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }]);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', shown, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  t.after(() => server.forceShutdown());
  return { port, server };
}

export type GrpcOptions = Omit<SceneOptions, 'listener' | 'script'> & {
  readonly handlers?: Partial<Handlers>;
  /** Speak TLS to the server, too. */
  readonly tls?: boolean;
  /** Further targets beside the server. */
  readonly others?: readonly number[];
};

/** A client, the proxy, and a server. */
export async function grpcScene(t: Cleanup, options: GrpcOptions = {}) {
  const authority = TestAuthority.root(t);
  const issued = authority.issue();
  const target = await grpcServer(t, options.handlers ?? {}, options.tls === true ? issued : null);
  const settings: Config = scenery([target.port, ...(options.others ?? [])], {
    policies: { maxBodyBytes: 0 },
    ...options,
    listener: { tls: listenerTls(issued) },
    upstream: { httpVersion: '2', tls: options.tls === true ? upstreamTls(authority) : null, ...options.upstream },
  });
  const clock = new ManualClock();
  const plane = await startPlane(t, settings, options.manual === true ? clock : undefined, undefined, {
    certificates: new TestCertificates(),
  });
  return { ...sceneOf(t, plane), target, clock, echo: () => new EchoClient(t, plane.port, authority) };
}

export interface Answer {
  readonly message: Buffer | null;
  readonly error: ServiceError | null;
  readonly metadata: Metadata;
  readonly trailers: Metadata;
}

/** A client with a connection of its own. */
export class EchoClient {
  readonly #client: Client;

  constructor(t: Cleanup, port: number, authority: TestAuthority) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(authority.cert)), {
      ...unlimited,
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.use_local_subchannel_pool': 1,
    });
    t.after(() => this.#client.close());
  }

  /** One unary call, and all that came of it. */
  async unary(message: Buffer, metadata = new Metadata(), options: CallOptions = {}): Promise<Answer> {
    return new Promise((resolve) => {
      let first = new Metadata();
      let last = new Metadata();
      let answered: Pick<Answer, 'message' | 'error'> | null = null;
      let closed = false;
      const settle = () => {
        if (answered !== null && closed) resolve({ ...answered, metadata: first, trailers: last });
      };
      const call = this.#client.makeUnaryRequest(
        service.unary.path,
        same,
        same,
        message,
        metadata,
        options,
        (error, reply) => {
          answered = { message: reply ?? null, error };
          settle();
        },
      );
      call.on('metadata', (given: Metadata) => {
        first = given;
      });
      call.on('status', ({ metadata: given }) => {
        last = given;
        closed = true;
        settle();
      });
    });
  }

  serverStream(message: Buffer, options: CallOptions = {}): ClientReadableStream<Buffer> {
    const { path } = service.serverStream;
    return this.#client.makeServerStreamRequest(path, same, same, message, new Metadata(), options);
  }

  clientStream(done: (error: ServiceError | null, reply?: Buffer) => void): ClientWritableStream<Buffer> {
    return this.#client.makeClientStreamRequest(service.clientStream.path, same, same, new Metadata(), {}, done);
  }

  bidi(options: CallOptions = {}): ClientDuplexStream<Buffer, Buffer> {
    return this.#client.makeBidiStreamRequest(service.bidi.path, same, same, new Metadata(), options);
  }
}

/** How a streaming call ended: its messages, and the code of its status. */
export async function drained(call: ClientReadableStream<Buffer> | ClientDuplexStream<Buffer, Buffer>) {
  const messages: Buffer[] = [];
  call.on('data', (message: Buffer) => messages.push(message));
  call.on('error', () => {});
  const status = await new Promise<{ code: number; details: string; metadata: Metadata }>((resolve) =>
    call.on('status', resolve),
  );
  return { messages, ...status };
}
