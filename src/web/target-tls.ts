/**
 * How TLS is spoken to one target: the name that is asked for and checked, the authorities that are believed, the client
 * certificate that is shown, the session that may be resumed. Kept by whoever keeps connections to the target, a pool or its
 * health check; opens sockets, owns none.
 */
import { createHash } from 'node:crypto';
import { isIP, type OnReadOpts } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { OutboundAddress } from './outbound-request.ts';

export interface TargetTlsSettings {
  readonly socket: OutboundAddress;
  /** The target as it is written: its host is the name of the certificate where `tls` gives none. */
  readonly written: string;
  readonly tls: TlsDemands | null;
  readonly identity: TlsIdentity | null;
}

/** What an upstream says of TLS, beside its files. */
export interface TlsDemands {
  /** Name that is asked for and that the certificate must have; null = the host of the target as it is written. */
  readonly sni: string | null;
  readonly insecureSkipVerify: boolean;
}

/** What its files hold, PEM. */
export interface TlsIdentity {
  /** Authorities that are believed; null = those of the system. */
  readonly ca: string | null;
  /** Shown to targets that ask for one. */
  readonly pair: { readonly cert: string; readonly key: string } | null;
}

export class TargetTls {
  /** What the certificate must name, and what is asked for where it is no address; null = there is none, nothing is believed. */
  readonly name: string | null;
  /** False where the configuration believes anybody. */
  readonly verifies: boolean;
  readonly #context: SecureContext;
  readonly #clock: Clock;
  readonly #resumes: boolean;
  #session: Buffer | null = null;
  /** The certificate that `#session` was made under is good until then; wall clock. */
  #sessionEnd = 0;

  private constructor(name: string | null, tls: TlsDemands, context: SecureContext, clock: Clock, resumes: boolean) {
    this.name = name;
    this.verifies = !tls.insecureSkipVerify;
    this.#context = context;
    this.#clock = clock;
    this.#resumes = resumes;
  }

  /**
   * Null for a target that is spoken to in plain text.
   * @param resumes False = every handshake is a whole one, so that the certificate is looked at each time.
   * @throws what OpenSSL says of PEM that it cannot read
   */
  static of({ socket, written, tls, identity }: TargetTlsSettings, clock: Clock, resumes: boolean): TargetTls | null {
    if (tls === null) return null;
    return new TargetTls(certifiedName(tls, written, socket), tls, contextOf(identity), clock, resumes);
  }

  /**
   * Begins to connect. `secureConnect` comes after the certificate has been verified; nothing that is written before leaves
   * earlier. A fault comes as `error`, before and after; `tlsFault` (`tls-fault.ts`) names its cause.
   * @param alpn Protocols that are offered, the best first.
   * @param onread Reads go into its buffer instead of into `data` events. 16 KiB hold what comes at once.
   */
  connect(to: OutboundAddress, alpn: readonly string[], onread?: OnReadOpts): TLSSocket {
    const { name } = this;
    const session = this.#clock.wallMs() < this.#sessionEnd ? this.#session : null;
    // A resumed handshake shows no certificate: what comes of it is good as long as the one that was verified.
    let end = this.verifies ? this.#sessionEnd : Number.POSITIVE_INFINITY;
    const socket = connect({
      ...(to.kind === 'unix'
        ? { path: to.path }
        : { host: to.host, port: to.port, noDelay: true, autoSelectFamily: false }),
      secureContext: this.#context,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: this.verifies,
      checkServerIdentity: (_, certificate) => {
        if (name === null) return new Error('it has no name to check: `sni` is missing');
        if (this.verifies) end = Date.parse(certificate.valid_to);
        return checkServerIdentity(name, certificate);
      },
      ...(name !== null && isIP(name) === 0 ? { servername: name } : {}),
      ...(session === null ? {} : { session }),
      ...(onread === undefined ? {} : { onread }),
    });
    if (this.#resumes) {
      socket.on('session', (ticket: Buffer) => {
        this.#session = ticket;
        this.#sessionEnd = end;
      });
    }
    return socket;
  }

  /** A handshake failed: the session may be why. */
  forget(): void {
    this.#session = null;
  }
}

/** Name or address that the certificate of a target must have; null = a unix socket without `sni`. */
export function certifiedName(
  { sni }: Pick<TlsDemands, 'sni'>,
  written: string,
  socket: OutboundAddress,
): string | null {
  if (sni !== null) return sni;
  if (socket.kind === 'unix') return null;
  const host = written.slice(0, written.lastIndexOf(':'));
  return host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/** By what is in them, for as long as somebody uses them: a thousand targets of one trust share one. */
const contexts = new Map<string, WeakRef<SecureContext>>();
const unused = new FinalizationRegistry<string>((key) => {
  if (contexts.get(key)?.deref() === undefined) contexts.delete(key);
});

function contextOf(identity: TlsIdentity | null): SecureContext {
  const ca = identity?.ca ?? null;
  const pair = identity?.pair ?? null;
  const key = createHash('sha256')
    .update(JSON.stringify([ca, pair?.cert, pair?.key]))
    .digest('base64');
  const known = contexts.get(key)?.deref();
  if (known !== undefined) return known;
  const context = createSecureContext({
    ca: ca ?? systemAuthorities(),
    minVersion: 'TLSv1.2',
    ...(pair === null ? {} : { cert: pair.cert, key: pair.key }),
  });
  contexts.set(key, new WeakRef(context));
  unused.register(context, key);
  return context;
}

/** Those of the machine, or those that come with Node where the machine has none (docs/decisions/0019-upstream-tls.md). */
function systemAuthorities(): string[] {
  const installed = new Set(getCACertificates('system'));
  return installed.size > 0 ? [...installed] : getCACertificates('bundled');
}
