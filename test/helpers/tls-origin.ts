/** An upstream for tests that speaks TLS: the scripted origin over TLS sockets, and the usual scene in front of it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import type { UpstreamConfig, UpstreamTlsConfig } from '../../src/config/model.ts';
import type { LiveSources } from '../../src/proxy/control/live-parts.ts';
import { type Issued, TestAuthority } from './certificates.ts';
import { startPlane } from './data-plane.ts';
import { ManualClock } from './manual-clock.ts';
import { answering, ok, Origin, OriginConnection, type Script } from './origin.ts';
import { type Scene, type SceneOptions, scenery, sceneOf } from './proxied.ts';
import { TestCertificates, upstreamTls } from './secured-plane.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** What the origin saw of one handshake. */
export interface Handshake {
  /** The SNI; false = none. */
  readonly servername: string | false;
  readonly resumed: boolean;
  readonly alpn: string | false;
  /** Common name of the client certificate; undefined = none. */
  readonly client: string | undefined;
}

export class TlsOrigin extends Origin {
  /** Handshakes that were completed, in order. */
  readonly handshakes: Handshake[] = [];
  /** Connections beneath TLS, whatever became of their handshakes. */
  readonly raw: Socket[] = [];

  /** Makes all tickets worthless that were given out; set when the origin is started. */
  replaceTicketKeys: (keys: Buffer) => void = () => {};

  /** Shows another certificate from now on; set when the origin is started. */
  show: (shown: { readonly cert: string; readonly key: string }) => void = () => {};

  /** The connection beneath: ending it is an end that TLS does not announce. */
  beneath(connection: OriginConnection): Socket {
    const port = connection.socket.remotePort;
    return this.raw.find((socket) => socket.remotePort === port) as Socket;
  }
}

/** Starts an origin on loopback, or on the unix socket `at`, that shows `issued`; by default it answers every request with `ok`. */
export async function startTlsOrigin(
  t: Cleanup,
  issued: Issued,
  script: Script = answering(ok()),
  options: TlsOptions = {},
  at?: string,
): Promise<TlsOrigin> {
  const origin = new TlsOrigin();
  const settled = {
    cert: issued.cert,
    key: issued.key,
    ALPNProtocols: ['http/1.1'],
    noDelay: true,
    allowHalfOpen: true,
    ...options,
  };
  const server = createServer(settled, (socket: TLSSocket) => {
    const connection = new OriginConnection(socket, script, (request) => origin.requests.push(request));
    origin.handshakes.push({
      servername: (socket as TLSSocket & { servername: string | false }).servername,
      resumed: socket.isSessionReused(),
      alpn: socket.alpnProtocol as string | false,
      client: socket.getPeerCertificate().subject?.CN as string | undefined,
    });
    origin.connections.push(connection);
    script.connected?.(connection);
  });
  origin.replaceTicketKeys = (keys) => server.setTicketKeys(keys);
  origin.show = (shown) => server.setSecureContext({ ...settled, ...shown });
  server.on('connection', (socket: Socket) => void origin.raw.push(socket.on('error', () => {})));
  server.on('tlsClientError', () => {});
  if (at === undefined) server.listen(0, '127.0.0.1');
  else server.listen(at);
  await once(server, 'listening');
  t.after(() => {
    for (const socket of origin.raw) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address !== null && typeof address === 'object') origin.port = address.port;
  return origin;
}

export interface TlsUpstreamOptions extends Omit<SceneOptions, 'upstream'> {
  readonly authority?: TestAuthority;
  /** What the origin shows; default: a certificate for `localhost` and 127.0.0.1. */
  readonly issued?: Issued;
  /** Of the origin's server. */
  readonly origin?: TlsOptions;
  /** Of the upstream; default: the authority is believed. */
  readonly tls?: Partial<UpstreamTlsConfig>;
  /** The host that the target is written with; default: its address. */
  readonly host?: string;
  readonly upstream?: Partial<UpstreamConfig>;
  /** Instead of `manual`: a clock with another wall time. */
  readonly clock?: ManualClock;
  readonly sources?: Partial<LiveSources>;
}

export interface TlsUpstreamScene extends Scene {
  readonly origin: TlsOrigin;
  readonly authority: TestAuthority;
  /** Why TLS failed, as the log has it. */
  reasons(): string[];
}

/** A plane in front of one origin that speaks TLS. */
export async function tlsUpstreamScene(t: Cleanup, options: TlsUpstreamOptions = {}): Promise<TlsUpstreamScene> {
  const authority = options.authority ?? TestAuthority.root(t);
  const origin = await startTlsOrigin(t, options.issued ?? authority.issue(), options.script, options.origin);
  const clock = options.clock ?? new ManualClock();
  const turned = options.clock !== undefined || options.manual === true;
  const { host = '127.0.0.1' } = options;
  const config = scenery([origin.port], {
    ...options,
    upstream: {
      tls: upstreamTls(authority, options.tls),
      targets: [
        {
          address: `${host}:${origin.port}`,
          socket: { kind: 'tcp', host: '127.0.0.1', port: origin.port },
          weight: 1,
        },
      ],
      ...options.upstream,
    },
  });
  const certificates = new TestCertificates();
  const plane = await startPlane(t, config, turned ? clock : undefined, undefined, {
    certificates,
    ...options.sources,
  });
  return {
    ...sceneOf(t, plane),
    origin,
    clock,
    config,
    authority,
    reasons: () =>
      plane.reports
        .filter((line) => line.startsWith('TLS to a target failed '))
        .map((line) => (JSON.parse(line.slice(line.indexOf('{'))) as { why: string }).why),
  };
}
