/** One line of the access log. The order of the fields is a promise (docs/logs.md); values are facts of a finished exchange. */
import { redactQuery, redactUrl, redactValue } from '../../base/redaction.ts';

export interface AccessLine {
  readonly wallMs: number;
  readonly correlationId: string;
  readonly traceId: string;
  readonly clientIp: string;
  readonly listener: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  readonly protocol: string;
  readonly status: number;
  readonly cause: string;
  readonly durationMs: number;
  readonly queueMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly transferMs: number;
  readonly tlsVersion: string;
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly attempts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly userAgent: string;
  readonly referer: string;
}

/** Times are written with this many decimals: a microsecond is below what a timer here can mean. */
function times(ms: number): string {
  if (ms === 0) return '0';
  // `toFixed` costs ten times as much.
  const hundredths = Math.round(ms * 100);
  const whole = Math.floor(hundredths / 100);
  return `${whole}${decimals[hundredths - whole * 100] as string}`;
}

const decimals = Array.from({ length: 100 }, (_, at) => `.${String(at).padStart(2, '0')}`);

/** As a JSON object. What repeats from line to line is kept ready: fewer, longer pieces are what makes a line cheap. */
export function jsonLine(line: AccessLine): string {
  const waited = line.queueMs !== 0 || line.connectMs !== 0;
  return `${isoHead(line.wallMs)}${line.correlationId}","trace_id":"${line.traceId}","client_ip":"${line.clientIp}${entry(
    line.listener,
    line.method,
  )}${quote(line.host)},"path":${quote(redactValue(line.path))}${
    line.query === '' ? noQuery : `,"query":${quote(redactQuery(line.query))},"protocol":"`
  }${line.protocol}","status":${line.status},"cause":"${line.cause}","duration_ms":${times(line.durationMs)}${
    waited ? `,"queue_ms":${times(line.queueMs)},"connect_ms":${times(line.connectMs)},"first_byte_ms":` : noWait
  }${times(line.firstByteMs)},"transfer_ms":${times(line.transferMs)},"tls_version":"${line.tlsVersion}"${destination(
    line.route,
    line.upstream,
    line.target,
  )}${line.attempts},"bytes_in":${line.bytesIn},"bytes_out":${line.bytesOut},"user_agent":${quote(redactValue(line.userAgent))}${
    line.referer === '' ? noReferer : `,"referer":${quote(redactUrl(line.referer))}}`
  }`;
}

const noQuery = ',"query":"","protocol":"';
const noWait = ',"queue_ms":0,"connect_ms":0,"first_byte_ms":';
const noReferer = ',"referer":""}';

/** Pieces by the words of the configuration that they are made of; forgotten when they become many, as after many reloads. */
class Pieces {
  readonly #known = new Map<string, Map<string, string>>();
  #count = 0;

  find(first: string, second: string): string | undefined {
    return this.#known.get(first)?.get(second);
  }

  keep(first: string, second: string, piece: string): string {
    if (++this.#count > MAX_PIECES) {
      this.#known.clear();
      this.#count = 1;
    }
    const inner = this.#known.get(first) ?? new Map<string, string>();
    this.#known.set(first, inner.set(second, piece));
    return piece;
  }
}

const MAX_PIECES = 2000;
/** A method is the client's word: only those that everybody uses are worth keeping. */
const keptMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
const entries = new Pieces();
const targets = new Pieces();
const routes = new Pieces();

/** From `listener` to `host`. */
function entry(listener: string, method: string): string {
  const known = entries.find(listener, method);
  if (known !== undefined) return known;
  const piece = `","listener":${quote(listener)},"method":${quote(method)},"host":`;
  return keptMethods.has(method) ? entries.keep(listener, method, piece) : piece;
}

/** From `route` to `attempts`. */
function destination(route: string, upstream: string, target: string): string {
  const where =
    targets.find(upstream, target) ??
    targets.keep(upstream, target, `,"upstream":${quote(upstream)},"target":${quote(target)},"attempts":`);
  return routes.find(route, where) ?? routes.keep(route, where, `,"route":${quote(route)}${where}`);
}

/** The combined format of web servers, followed by `key="value"` pairs for what it has no place for. */
export function combinedLine(line: AccessLine): string {
  const path = redactValue(line.path);
  const target = line.query === '' ? path : `${path}?${redactQuery(line.query)}`;
  return `${line.clientIp || '-'} - - [${clfTime(line.wallMs)}] "${bare(line.method)} ${bare(target)} ${line.protocol}" ${
    line.status
  } ${line.bytesOut} "${bare(redactUrl(line.referer)) || '-'}" "${bare(redactValue(line.userAgent)) || '-'}" correlation_id="${bare(
    line.correlationId,
  )}" client_ip="${line.clientIp}" path="${bare(path)}" route="${bare(line.route)}" upstream="${bare(
    line.upstream,
  )}" target="${bare(line.target)}" cause="${line.cause}" duration_ms=${times(line.durationMs)}`;
}

const unsafe = /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function quote(value: string): string {
  return unsafe.test(value)
    ? JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, escapeUnicode)
    : `"${value}"`;
}

function bare(value: string): string {
  return unsafe.test(value) ? value.replace(/["\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, escapeUnicode) : value;
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

let isoSecond = -1;
let isoPrefix = '';

const millisecondsAndId = Array.from(
  { length: 1000 },
  (_, at) => `${String(at).padStart(3, '0')}Z","correlation_id":"`,
);

/** The time, RFC 3339 UTC with milliseconds, up to the quote that opens the correlation id (which needs no escape). */
function isoHead(wallMs: number): string {
  const second = Math.floor(wallMs / 1000);
  if (second !== isoSecond) {
    isoSecond = second;
    isoPrefix = `{"time":"${new Date(second * 1000).toISOString().slice(0, 20)}`;
  }
  return isoPrefix + (millisecondsAndId[Math.floor(wallMs - second * 1000)] as string);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** The time of the common log format, in UTC. */
function clfTime(wallMs: number): string {
  const iso = new Date(wallMs).toISOString();
  return `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
