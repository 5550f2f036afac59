/** The usual scene over TLS: certificates read from the files that the configuration names, a plane in front of an origin, clients that speak TLS. */
import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Clock } from '../../src/base/clock.ts';
import type {
  CertificatePair,
  ListenerConfig,
  ListenerTlsConfig,
  UpstreamConfig,
  UpstreamTlsConfig,
} from '../../src/config/model.ts';
import type { PlanListenerIdentity, PlanPair, PlanUpstreamIdentity } from '../../src/proxy/shared/plan.ts';
import { TestAuthority } from './certificates.ts';
import { startPlane } from './data-plane.ts';
import { eventually } from './eventually.ts';
import { ManualClock } from './manual-clock.ts';
import { startOrigin } from './origin.ts';
import { askBy, type Scene, type SceneOptions, scenery, sceneOf } from './proxied.ts';
import { RawClient } from './raw-http.ts';

interface Cleanup {
  after(task: () => void | Promise<void>): void;
}

/** A `certificates` source that reads the files anew for every plan, and keeps its ticket keys until a test makes others. */
export class TestCertificates {
  ticketKeys: Uint8Array = randomBytes(48);

  listenerIdentity({ id, tls }: ListenerConfig): PlanListenerIdentity | null {
    if (tls === null) return null;
    const { pair, sni, caFile, crlFile, clientAuth } = tls;
    const [ca, crl] = [read(caFile), read(crlFile)];
    return {
      pair: pair && readPair(pair),
      sni: sni.map((one) => ({ hostnames: one.hostnames, pair: readPair(one.pair) })),
      ca,
      crl,
      ticketKeys: this.ticketKeys,
      sessionContext: digest([id, clientAuth, ca, crl]).slice(0, 32),
    };
  }

  upstreamIdentity({ tls }: UpstreamConfig): PlanUpstreamIdentity | null {
    if (tls === null) return null;
    const ca = read(tls.caFile);
    const pair = tls.clientPair && readPair(tls.clientPair);
    return { ca, pair, digest: digest([ca, pair, tls]) };
  }
}

function read(file: string | null): string | null {
  return file === null ? null : readFileSync(file, 'utf8');
}

function readPair({ certFile, keyFile }: CertificatePair): PlanPair {
  const cert = readFileSync(certFile, 'utf8');
  const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
  return { cert, key: readFileSync(keyFile, 'utf8'), fingerprint };
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** The `tls` block of a listener that shows `issued`, or nobody but by name. */
export function listenerTls(
  issued: CertificatePair | null,
  overrides: Partial<ListenerTlsConfig> = {},
): ListenerTlsConfig {
  return {
    pair: issued && pairOf(issued),
    sni: [],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    cipherSuites: [],
    clientAuth: 'none',
    caFile: null,
    crlFile: null,
    subjectHeader: null,
    sessionResumption: true,
    ...overrides,
  };
}

/** The `tls` block of an upstream whose certificates `authority` has issued. */
export function upstreamTls(authority: TestAuthority, overrides: Partial<UpstreamTlsConfig> = {}): UpstreamTlsConfig {
  return { sni: null, caFile: authority.certFile, clientPair: null, insecureSkipVerify: false, ...overrides };
}

export function pairOf({ certFile, keyFile }: CertificatePair): CertificatePair {
  return { certFile, keyFile };
}

export interface SecuredOptions extends Omit<SceneOptions, 'listener'> {
  readonly listener?: Partial<Omit<ListenerConfig, 'tls'>>;
  readonly tls?: Partial<ListenerTlsConfig>;
  /** Instead of `manual`: any other clock. */
  readonly time?: Clock;
  /** Issues the certificate of the listener; default: a root made for this test. */
  readonly authority?: TestAuthority;
}

export interface SecuredScene extends Scene {
  readonly authority: TestAuthority;
  readonly certificates: TestCertificates;
  /** A TLS client that believes `authority`; by default it names `localhost` and speaks HTTP/1.1. Rejects where the handshake fails. */
  connect(options?: ConnectionOptions): Promise<TLSSocket>;
  /** The same, sending and reading HTTP/1.1 byte by byte. */
  client(options?: ConnectionOptions): Promise<RawClient>;
}

/** A plane with one TLS listener for `localhost` and 127.0.0.1, one route and one origin. */
export async function securedScene(t: Cleanup, options: SecuredOptions = {}): Promise<SecuredScene> {
  const authority = options.authority ?? TestAuthority.root(t);
  const certificates = new TestCertificates();
  const origin = await startOrigin(t, options.script);
  const clock = new ManualClock();
  const tls = listenerTls(options.tls?.pair === undefined ? authority.issue() : null, options.tls);
  const config = scenery([origin.port], { ...options, listener: { ...options.listener, tls } });
  const time = options.manual === true ? clock : options.time;
  const plane = await startPlane(t, config, time, undefined, { certificates });
  const tlsClient = (more?: ConnectionOptions) => connectTls(t, plane.port, { ca: authority.cert, ...more });
  const client = async (more?: ConnectionOptions) => RawClient.over(await tlsClient(more));
  return {
    ...sceneOf(t, plane),
    origin,
    clock,
    config,
    authority,
    certificates,
    connect: tlsClient,
    client,
    ask: askBy(client),
  };
}

const tickets = new WeakMap<TLSSocket, Buffer>();

/** What a client of `connectTls` was given to resume its session with. */
export async function ticketOf(socket: TLSSocket): Promise<Buffer> {
  return eventually(() => {
    const ticket = tickets.get(socket);
    if (ticket === undefined) throw new Error('no session ticket has come');
    return ticket;
  });
}

/** A TLS connection to a port of loopback, once its handshake is done; closed after the test. */
export async function connectTls(t: Cleanup, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const settled = { host: '127.0.0.1', port, servername: 'localhost', ALPNProtocols: ['http/1.1'], ...options };
  const socket = connect({ ...settled, allowHalfOpen: true } as ConnectionOptions);
  t.after(() => void socket.destroy());
  socket.on('session', (ticket: Buffer) => tickets.set(socket, ticket));
  await once(socket, 'secureConnect');
  return socket;
}
