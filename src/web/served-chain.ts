/**
 * The certificates that a TLS server sends: one bounded handshake that trusts nobody, and nothing asked afterwards. Gives what
 * came over the wire, in its order, so that what this machine happens to have in store cannot mend it. Judges nothing.
 */
import { X509Certificate } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { errnoOf } from '../base/errors.ts';

export type ServedAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface ServedQuestion {
  readonly to: ServedAddress;
  /** Sent as SNI; null = none. Never an address. */
  readonly servername: string | null;
  /** Of all that is tried, from the first packet on. */
  readonly timeoutMs: number;
  /** Bytes before the handshake, where the listener wants a PROXY header. */
  readonly preface?: Buffer;
  /** The server is known to speak nothing older. */
  readonly tls13Only?: boolean;
}

export interface ServedChain {
  /** As they were sent, the server's own first. */
  readonly certificates: readonly X509Certificate[];
}

/** No certificates came; the message is the reason in words. */
export class NothingServed extends Error {
  override readonly name = 'NothingServed';
}

/**
 * TLS 1.2 first: there the certificates cross the wire in the clear, as they are. A server that speaks only 1.3 is asked once
 * more, and Node's picture of its chain taken.
 * @throws NothingServed
 */
export async function servedChain(question: ServedQuestion, clock: Clock): Promise<ServedChain> {
  const deadline = clock.now() + question.timeoutMs;
  if (question.tls13Only !== true) {
    const first = await attempt(question, 'TLSv1.2', deadline, clock);
    const sent = certificatesSent(first.bytes);
    if (sent.length > 0) return { certificates: sent };
    if (first.beforeTls || clock.now() >= deadline) throw new NothingServed(first.failure ?? 'it sent no certificate');
  }
  const second = await attempt(question, 'TLSv1.3', deadline, clock);
  if (second.seen.length > 0) return { certificates: second.seen };
  throw new NothingServed(second.failure ?? 'it sent no certificate');
}

interface Attempt {
  /** All that came from the server, up to a bound. */
  readonly bytes: Buffer;
  readonly seen: readonly X509Certificate[];
  readonly failure: string | null;
  /** The failure came before the server said anything: another version will not help. */
  readonly beforeTls: boolean;
}

/** Clients give up after ten or so. */
const maxCertificates = 32;
/** More than any chain that clients accept (OpenSSL: 100 KiB). */
const maxBytes = 512 << 10;

function attempt(
  question: ServedQuestion,
  version: 'TLSv1.2' | 'TLSv1.3',
  deadline: number,
  clock: Clock,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const { to, servername, preface } = question;
    const socket = to.kind === 'tcp' ? connectSocket({ host: to.host, port: to.port }) : connectSocket(to.path);
    const received: Buffer[] = [];
    const wire = tapped(socket, received);
    const options: ConnectionOptions = {
      socket: wire,
      minVersion: version,
      maxVersion: version,
      rejectUnauthorized: false,
      // Nothing of this machine's store may complete what was sent, and weak keys are to be seen, not refused.
      ca: [],
      ciphers: 'DEFAULT:@SECLEVEL=0',
      ...(servername === null ? {} : { servername }),
    };
    let ended = false;
    const end = (seen: readonly X509Certificate[], failure: string | null): void => {
      if (ended) return;
      ended = true;
      timer.stop();
      const bytes = Buffer.concat(received);
      socket.destroy();
      resolve({ bytes, seen, failure, beforeTls: failure !== null && bytes.length === 0 });
    };
    const timer = clock.after(Math.max(1, deadline - clock.now()), () =>
      end([], received.length === 0 ? 'it did not answer in time' : 'the handshake took too long'),
    );
    socket.on('error', (error) => end([], reasonOf(error)));
    socket.once('connect', () => {
      if (preface !== undefined) socket.write(preface);
      const secured = connectTls(options);
      secured.on('error', (error) => end([], reasonOf(error)));
      secured.once('close', () => end([], 'it closed the connection'));
      secured.once('secureConnect', () => {
        const leaf = secured.getPeerX509Certificate();
        end(leaf === undefined ? [] : pathOf(leaf), null);
      });
    });
  });
}

/** The socket as a stream whose bytes are kept while they pass. */
function tapped(socket: Socket, received: Buffer[]): Duplex {
  let bytes = 0;
  const wire = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => void socket.write(chunk, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBytes) return void socket.destroy();
    received.push(chunk);
    if (!wire.push(chunk)) socket.pause();
  });
  socket.on('end', () => wire.push(null));
  socket.on('close', () => wire.destroy());
  return wire;
}

function pathOf(leaf: X509Certificate): readonly X509Certificate[] {
  const path = [leaf];
  for (let next = leaf.issuerCertificate; next !== undefined && path.length < 20; next = next.issuerCertificate) {
    if (path.some(({ fingerprint256 }) => fingerprint256 === next?.fingerprint256)) break;
    path.push(next);
  }
  return path;
}

/** The Certificate message of TLS 1.2 (RFC 5246 §7.4.2) in what a server sent; empty where there is none. */
function certificatesSent(bytes: Buffer): readonly X509Certificate[] {
  const handshake: Buffer[] = [];
  // Records (§6.2.1) up to the first that is not plain.
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 22; ) {
    const length = bytes.readUInt16BE(at + 3);
    handshake.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  const messages = Buffer.concat(handshake);
  for (let at = 0; at + 4 <= messages.length; ) {
    const length = messages.readUIntBE(at + 1, 3);
    if (messages[at] === 11 && at + 4 + length <= messages.length)
      return listed(messages.subarray(at + 7, at + 4 + length));
    at += 4 + length;
  }
  return [];
}

function listed(list: Buffer): readonly X509Certificate[] {
  const certificates: X509Certificate[] = [];
  for (let at = 0; at + 3 <= list.length && certificates.length < maxCertificates; ) {
    const length = list.readUIntBE(at, 3);
    try {
      certificates.push(new X509Certificate(list.subarray(at + 3, at + 3 + length)));
    } catch {
      return certificates;
    }
    at += 3 + length;
  }
  return certificates;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: nothing listens there',
  ENOTFOUND: 'the name has no address',
  EAI_AGAIN: 'the name could not be resolved now',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'it did not answer in time',
  ECONNRESET: 'it closed the connection during the handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
  ENOENT: 'there is no such socket',
};

function reasonOf(error: Error): string {
  // Several addresses of one name: the first reason stands for all.
  const [one = error] = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  const code = errnoOf(one) ?? '';
  const alert = /alert ([a-z ]+)$/.exec((one as { reason?: string }).reason ?? '')?.[1];
  if (alert !== undefined) return `it refused the handshake (alert ${alert})`;
  return reasons[code] ?? (one as { reason?: string }).reason ?? (code === '' ? one.message : code);
}
