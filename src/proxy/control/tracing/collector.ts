/**
 * One collector: posts batches to it by OTLP over HTTP and says what became of each. One request, one answer; repeating, counting
 * and telling people is the business of `tracing.ts`.
 */
import { connect, createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../../../base/clock.ts';
import type { TracingConfig } from '../../../config/model.ts';
import {
  type OutboundAnswer,
  OutboundFault,
  type OutboundRequest,
  sendOutbound,
} from '../../../web/outbound-request.ts';

/** From the first packet to the end of the answer. */
const ANSWER_MS = 10_000;
/** Of the answer: it holds two fields at most. */
const ANSWER_BYTES = 64 * 1024;
/** A collector that asks for more patience than this is asked again after it all the same. */
const LONGEST_PAUSE_MS = 300_000;
const tracesPath = '/v1/traces';

/**
 * `taken`: the body of the answer says what exactly. `again`: it may be taken if it is sent again, after `pauseMs` if the
 * collector said so. `refused`: it never will.
 */
export type Posted =
  | { readonly kind: 'taken'; readonly answer: Buffer }
  | { readonly kind: 'again'; readonly why: string; readonly pauseMs: number | null }
  | { readonly kind: 'refused'; readonly why: string };

const compress = promisify(gzip);

export class Collector {
  /** Where batches go, for people: it holds no secret. */
  readonly url: string;
  readonly #clock: Clock;
  readonly #to: { readonly kind: 'tcp'; readonly host: string; readonly port: number };
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #context: SecureContext | null;

  constructor({ endpoint, headers }: TracingConfig['backend'], userAgent: string, clock: Clock) {
    const { protocol, hostname, host, port, pathname } = new URL(endpoint);
    const secured = protocol === 'https:';
    const base = pathname.replace(/\/+$/, '');
    this.#clock = clock;
    this.#path = base.endsWith(tracesPath) ? base : `${base}${tracesPath}`;
    this.url = `${protocol}//${host}${this.#path}`;
    this.#to = {
      kind: 'tcp',
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (secured ? 443 : 80) : Number(port),
    };
    this.#headers = {
      ...Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
      host,
      'user-agent': userAgent,
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
    };
    this.#context = secured ? createSecureContext({ ca: systemAuthorities() }) : null;
  }

  /** Sends one `ExportTraceServiceRequest`; never throws. `signal` gives up. */
  async post(body: Uint8Array, signal: AbortSignal): Promise<Posted> {
    try {
      return this.#judge(await sendOutbound(await this.#request(body, signal), this.#clock));
    } catch (error) {
      if (error instanceof OutboundFault) return { kind: 'again', why: faultWords(error), pauseMs: null };
      // A defect of ours costs spans, and nothing else.
      return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #request(body: Uint8Array, signal: AbortSignal): Promise<OutboundRequest> {
    const packed = await compress(body, { level: constants.Z_BEST_SPEED });
    return {
      to: this.#to,
      ...(this.#context === null ? {} : { openTls: () => this.#open(this.#context as SecureContext) }),
      method: 'POST',
      path: this.#path,
      headers: this.#headers,
      body: packed,
      timeoutMs: ANSWER_MS,
      bodyBytes: ANSWER_BYTES,
      signal,
    };
  }

  #open(secureContext: SecureContext) {
    const { host, port } = this.#to;
    const named = /[a-z]/i.test(host) && !host.includes(':');
    return connect({ host, port, secureContext, ALPNProtocols: ['http/1.1'], ...(named ? { servername: host } : {}) });
  }

  /** By the OTLP specification: of failures these four statuses alone are worth another try. */
  #judge({ status, headers, body }: OutboundAnswer): Posted {
    if (status >= 200 && status < 300) return { kind: 'taken', answer: body };
    const why = `it answered ${status}`;
    if (status !== 429 && status !== 502 && status !== 503 && status !== 504) return { kind: 'refused', why };
    return { kind: 'again', why, pauseMs: this.#pauseAsked(headers['retry-after']) };
  }

  /** `Retry-After`: seconds, or a date (RFC 9110 §10.2.3). */
  #pauseAsked(field: string | string[] | undefined): number | null {
    const text = typeof field === 'string' ? field.trim() : '';
    const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - this.#clock.wallMs();
    return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS);
  }
}

function systemAuthorities(): string[] {
  const installed = getCACertificates('system');
  return installed.length > 0 ? installed : getCACertificates('bundled');
}

function faultWords({ phase, timedOut, code, message }: OutboundFault): string {
  if (timedOut) {
    const done = phase === 'answer' ? 'it took the connection, and gave no answer' : `no connection (${phase})`;
    return `${done} within ${ANSWER_MS / 1000} s`;
  }
  const what = code === '' ? message : code;
  return phase === 'answer' ? `the connection ended without an answer (${what})` : `${phase} failed (${what})`;
}
