/** One line of the access log. The order of the fields is a promise (docs/logs.md); values are facts of a finished exchange. */
import { redactQuery, redactUrl, redactValue } from '../../base/redaction.ts';
import { KnownPairs, KnownPieces, QuotedPieces } from './line-pieces.ts';

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
  const short = shortTimes[hundredths];
  if (short !== undefined) return short;
  const whole = Math.floor(hundredths / 100);
  return `${whole}${decimals[hundredths - whole * 100] as string}`;
}

const decimals = Array.from({ length: 100 }, (_, at) => `.${String(at).padStart(2, '0')}`);
/** In hundredths of a millisecond: most times of most requests. */
const shortTimes = Array.from({ length: 1000 }, (_, at) => `${Math.floor(at / 100)}${decimals[at % 100]}`);

/**
 * As a JSON object. What repeats from line to line is kept ready: every piece of a line costs, so there are few and long
 * ones (docs/decisions/0028-cheap-lines.md).
 */
export function jsonLine(line: AccessLine): string {
  const { query, status, attempts, bytesIn, referer } = line;
  const usual = line.cause === '' && query === '';
  const waited = line.queueMs !== 0 || line.connectMs !== 0;
  const plain = line.tlsVersion === '';
  return `${isoHead(line.wallMs)}${line.correlationId}","trace_id":"${line.traceId}","client_ip":"${line.clientIp}${
    keptMethods.has(line.method) ? entries.of(line.listener, line.method) : entryOf(line.listener, line.method)
  }${hosts.of(line.host)}${quote(redactValue(line.path))}${
    usual
      ? outcomes.of(line.protocol, status)
      : `,"query":${quote(redactQuery(query))}${outcomeOf(line.protocol, status, line.cause)}`
  }${times(line.durationMs)}${
    waited ? `,"queue_ms":${times(line.queueMs)},"connect_ms":${times(line.connectMs)},"first_byte_ms":` : noWait
  }${times(line.firstByteMs)},"transfer_ms":${times(line.transferMs)}${
    plain ? plainRoutes.of(line.route, line.upstream) : routeOf(line.route, line.upstream, line.tlsVersion)
  }${
    attempts === 1 && bytesIn === 0 ? targets.of(line.target) : targetOf(line.target, attempts, bytesIn)
  }${line.bytesOut}${
    referer === ''
      ? userAgents.of(line.userAgent)
      : `,"user_agent":${quote(redactValue(line.userAgent))},"referer":${quote(redactUrl(referer))}}`
  }`;
}

const noWait = ',"queue_ms":0,"connect_ms":0,"first_byte_ms":';
/** A method is the client's word: only those that everybody uses are worth keeping. */
const keptMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

/** From `listener` to `host`. */
function entryOf(listener: string, method: string): string {
  return `","listener":${quote(listener)},"method":${quote(method)}`;
}
const entries = new KnownPairs<string>(entryOf);
const hosts = new QuotedPieces(',"host":', ',"path":', quote);

/** From `protocol` to `duration_ms`. */
function outcomeOf(protocol: string, status: number, cause: string): string {
  return `,"protocol":"${protocol}","status":${status},"cause":"${cause}","duration_ms":`;
}
const outcomes = new KnownPairs<number>((protocol, status) => `,"query":""${outcomeOf(protocol, status, '')}`);

/** From `tls_version` to `upstream`. */
function routeOf(route: string, upstream: string, tlsVersion: string): string {
  return `,"tls_version":"${tlsVersion}","route":${quote(route)},"upstream":${quote(upstream)}`;
}
const plainRoutes = new KnownPairs<string>((route, upstream) => routeOf(route, upstream, ''));

/** From `target` to `bytes_out`. */
function targetOf(target: string, attempts: number, bytesIn: number): string {
  return `,"target":${quote(target)},"attempts":${attempts},"bytes_in":${bytesIn},"bytes_out":`;
}
const targets = new KnownPieces<string>((target) => targetOf(target, 1, 0));
const userAgents = new QuotedPieces(',"user_agent":', ',"referer":""}', (value) => quote(redactValue(value)));

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

/** As a JSON string, safe on a terminal. */
export function quote(value: string): string {
  return unsafe.test(value)
    ? JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, escapeUnicode)
    : `"${value}"`;
}

/** For between quotes, safe on a terminal. */
export function bare(value: string): string {
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
