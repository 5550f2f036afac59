/**
 * The only door to a running daemon: the typed client made from the table of `admin/contract`. Every command uses it;
 * nothing here knows how the daemon works inside.
 */
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { dirname, join } from 'node:path';
import { codes, type ErrorCode } from '../../base/codes.ts';
import { errnoOf, SentinelError, type SentinelErrorOptions } from '../../base/errors.ts';
import {
  type Endpoint,
  type EndpointId,
  type EndpointShapes,
  endpoints,
  fields,
  isMutation,
  type ParamsOf,
  peerFolder,
  peerScheme,
} from '../contract/endpoints.ts';
import { fillPath } from '../contract/path-templates.ts';
import type { Problem } from '../contract/shapes.ts';
import { addressText, type DaemonAddress, type DaemonTarget } from './address.ts';
import { type Answer, begin, exchange, gather, type ReplyRoom } from './exchange.ts';
import { defaultSilenceMs, followStream, type StreamItem, type StreamOptions } from './stream.ts';
import { unreachable } from './unreachable.ts';

export interface ClientOptions {
  readonly target: DaemonTarget;
  /** Version of this program, to be held against the daemon's. */
  readonly version: string;
  /** Bearer token (`token.ts`): sent to addresses of TCP only, for a socket proves the user by itself. */
  readonly token?: string;
  /** Longest silence; default 30 s, as a reload may take that long. */
  readonly timeoutMs?: number;
  /** Reads go over connections that stay open, for those who ask every second; `close` ends them. Default: one for each call. */
  readonly keepAlive?: boolean;
}

/** What a call may carry besides its endpoint. */
export interface CallInput<K extends EndpointId> {
  /** What stands in the places of its path. */
  readonly params?: ParamsOf<K>;
  readonly query?: EndpointShapes[K]['query'];
  readonly body?: EndpointShapes[K]['body'];
  /** Why; goes into the audit log of a mutation. */
  readonly reason?: string;
  /** The ETag of the state that this is meant for. */
  readonly ifMatch?: string;
  /** Longest silence of this call; default that of the client. */
  readonly timeoutMs?: number;
  /** Gives the call up; its connection is cut. */
  readonly signal?: AbortSignal;
  /** For replies that are kept together. */
  readonly room?: ReplyRoom;
}

/** How long a call may go on. */
type Patience = Pick<CallInput<'status'>, 'timeoutMs' | 'signal' | 'room'>;

/** A reply with what every reply says of the daemon. */
export interface Reply<T> {
  readonly data: T;
  readonly daemon: string;
  readonly time: string;
  readonly generation: number;
  readonly digest: string;
  readonly etag: string;
  readonly version: string;
  /** Remarks for the operator, such as a daemon of another version. */
  readonly notes: readonly string[];
}

/** The daemon answered with a problem. */
export class AdminRefusal extends SentinelError {
  readonly status: number;
  /** One line each, where the daemon had several things to say. */
  readonly problems: readonly string[];

  constructor(code: ErrorCode, problem: Problem, options: SentinelErrorOptions) {
    super(code, problem.detail, options);
    this.status = problem.status;
    this.problems = problem.problems ?? [];
  }
}

/** Calls that are under way at once where connections are kept; more of them would make no daemon answer sooner. */
const KEPT_CONNECTIONS = 6;

export class AdminClient {
  readonly #options: ClientOptions;
  /** The address that answered; later calls go straight there. */
  #address: DaemonAddress | null = null;
  readonly #agent: Agent | null;

  constructor(options: ClientOptions) {
    this.#options = options;
    const bound = { maxSockets: KEPT_CONNECTIONS, maxFreeSockets: KEPT_CONNECTIONS };
    this.#agent = options.keepAlive === true ? new Agent({ keepAlive: true, ...bound }) : null;
  }

  /** Ends the connections that were kept; those of calls under way too. */
  close(): void {
    this.#agent?.destroy();
  }

  /**
   * Calls one endpoint.
   * @throws SNT-A001 nothing answers · SNT-A002 the socket may not be opened · SNT-A010 not a daemon ·
   *   `AdminRefusal` with the daemon's own code when it refuses
   */
  async call<K extends Exclude<EndpointId, 'stream'>>(
    id: K,
    input: CallInput<K> = {},
  ): Promise<Reply<EndpointShapes[K]['reply']>> {
    const { method, path: template, danger, takesText } = endpoints[id] as Endpoint;
    const path = fillPath(template, input.params ?? {});
    const query =
      input.query === undefined ? '' : `?${new URLSearchParams(input.query as unknown as Record<string, string>)}`;
    const answer = await this.#send(
      method,
      path + query,
      input.body === undefined ? null : JSON.stringify(input.body),
      {
        accept: 'application/json',
        ...(input.reason === undefined ? {} : { [fields.reason]: encodeReason(input.reason) }),
        ...(input.ifMatch === undefined ? {} : { 'if-match': input.ifMatch }),
      },
      takesText === true && isMutation(danger),
      input,
    );
    const data = parseJson(answer.text);
    if (answer.status >= 400 || data === undefined) throw this.#refusal(answer, data);
    return { data: data as EndpointShapes[K]['reply'], ...this.#facts(answer) };
  }

  /**
   * The news of some topics, in order, until the iteration is left or `signal` is aborted: reconnects and goes on where it broke
   * off, and tells by callbacks what was missed (`stream.ts`).
   * @throws as `call` when it cannot begin, or is refused later
   */
  stream(
    topics: readonly string[],
    query: Readonly<Record<string, string>> = {},
    options: StreamOptions = {},
  ): AsyncIterable<StreamItem> {
    const path = `${endpoints.stream.path}?${new URLSearchParams({ ...query, topics: topics.join(',') })}`;
    const message = { method: 'GET', path, body: null, timeoutMs: options.silenceMs ?? defaultSilenceMs };
    return followStream(
      {
        open: async (lastEventId) => {
          const resume: Record<string, string> = lastEventId === null ? {} : { 'last-event-id': lastEventId };
          const headers = { accept: 'text/event-stream', ...resume };
          const answer = await this.#reach((address) =>
            begin(address, { ...message, headers: { ...headers, ...this.#bearer(address) } }),
          );
          if (answer.status === 200 && answer.headers['content-type']?.includes('text/event-stream') === true) {
            return answer.body;
          }
          const whole = await gather(answer);
          throw this.#refusal(whole, parseJson(whole.text));
        },
        isFinal: (error) => error instanceof AdminRefusal && error.status !== 503,
      },
      options,
    );
  }

  /** The text at a path outside the table: `/metrics`, `/health`, `/ready`. Any status is returned, none is an error. */
  async text(path: string, patience: Patience = {}): Promise<{ readonly status: number; readonly text: string }> {
    const { status, text } = await this.#send('GET', path, null, {}, false, patience);
    return { status, text };
  }

  /** @param proveFirst It may be long: a daemon that asks for proof closes the connection without reading it. */
  async #send(
    method: string,
    path: string,
    body: string | null,
    headers: Record<string, string>,
    proveFirst = false,
    { timeoutMs = this.#options.timeoutMs ?? 30_000, signal, room }: Patience = {},
  ): Promise<Answer> {
    const patience = {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
      ...(room === undefined ? {} : { room }),
      // A change that met a connection which the daemon just closed could not be sent again: nobody knew whether it was done.
      ...(this.#agent === null || method !== 'GET' ? {} : { agent: this.#agent }),
    };
    const message = { method, path, body, ...patience };
    const answer = await this.#reach((address) => {
      const bearer = this.#bearer(address);
      const unproven = proveFirst && bearer.authorization === undefined;
      return exchange(address, {
        ...message,
        ...(unproven ? { body: null } : {}),
        headers: { ...headers, ...bearer },
      });
    });
    const nonce = peerNonce(answer);
    if (nonce === null || this.#address?.kind !== 'socket') return answer;
    const proof = join(dirname(realpathSync(this.#address.path)), peerFolder, nonce);
    try {
      writeFileSync(proof, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw new SentinelError(
        'SNT-A009',
        `could not prove the user to the daemon: cannot create ${proof} (${errnoOf(error) ?? error})`,
        {
          cause: error,
        },
      );
    }
    try {
      const authorization = `${peerScheme} ${nonce}`;
      return await this.#reach((address) => exchange(address, { ...message, headers: { ...headers, authorization } }));
    } finally {
      rmSync(proof, { force: true });
    }
  }

  #bearer({ kind }: DaemonAddress): { readonly authorization?: string } {
    const { token } = this.#options;
    return token === undefined || kind === 'socket' ? {} : { authorization: `Bearer ${token}` };
  }

  /** Tries the addresses in order until one answers. */
  async #reach<T>(send: (address: DaemonAddress) => Promise<T>): Promise<T> {
    const failures: { readonly address: DaemonAddress; readonly error: unknown }[] = [];
    for (const address of this.#address === null ? this.#options.target.addresses : [this.#address]) {
      try {
        const answer = await send(address);
        this.#address = address;
        return answer;
      } catch (error) {
        failures.push({ address, error });
      }
    }
    // The next daemon may be at another of its places.
    this.#address = null;
    throw unreachable(failures);
  }

  #facts(answer: Answer): Omit<Reply<unknown>, 'data'> {
    const version = field(answer, fields.version);
    const notes =
      version === this.#options.version
        ? []
        : [
            `the daemon runs version ${version}, this command is ${this.#options.version}; restart the daemon after an upgrade`,
          ];
    return {
      daemon: this.#address === null ? '' : addressText(this.#address),
      time: field(answer, fields.time),
      generation: Number(field(answer, fields.generation)),
      digest: field(answer, fields.digest),
      etag: field(answer, 'etag'),
      version,
      notes,
    };
  }

  #refusal(answer: Answer, data: unknown): SentinelError {
    const where = this.#address === null ? '' : addressText(this.#address);
    const problem = data as Partial<Problem> | null | undefined;
    if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') {
      return new SentinelError(
        'SNT-A010',
        `${where} answered ${answer.status} with something that is not an answer of the admin API`,
        { hint: 'name the admin socket, or the address of metrics and admin, with --daemon' },
      );
    }
    // A daemon of another version may have codes that this program lacks.
    const code = problem.code in codes ? (problem.code as ErrorCode) : 'SNT-A010';
    return new AdminRefusal(code, problem as Problem, problem.hint === undefined ? {} : { hint: problem.hint });
  }
}

/** The nonce of a demand for proof; `null` when the answer is none. Checked, since it becomes a file name. */
function peerNonce(answer: Answer): string | null {
  if (answer.status !== 401) return null;
  const found = new RegExp(`^${peerScheme} nonce="([0-9a-f]{32})"$`).exec(field(answer, 'www-authenticate'));
  return found?.[1] ?? null;
}

/** Percent-encoded, since a header field carries ASCII only. */
function encodeReason(reason: string): string {
  return encodeURIComponent(reason).replaceAll('%20', ' ');
}

function field(answer: Answer, name: string): string {
  const value = answer.headers[name];
  return typeof value === 'string' ? value : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
