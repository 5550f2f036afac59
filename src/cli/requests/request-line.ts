/** How single requests look in text: the same in `requests`, `inflight`, `tap` and `trace`. Decides nothing. */
import type { InflightPhase, InflightRequest, RequestRecord } from '../../admin/contract/request-shapes.ts';
import { bytesText } from '../../base/units.ts';
import type { Style } from '../streams.ts';
import { latencyText, oneLine } from '../text.ts';

/** Host, path and query as the client asked for them; secrets were taken out by the daemon. */
export function addressOf({ host, path, query }: Pick<RequestRecord, 'host' | 'path' | 'query'>): string {
  return `${host}${path}${query === '' ? '' : `?${query}`}`;
}

/** Whether it failed, was refused, or is all right: by glyph, so that colour says nothing alone. */
export function glyphOf({ status, cause }: Pick<RequestRecord, 'status' | 'cause'>): string {
  if (isError({ status, cause })) return '✗';
  return cause !== '' || status >= 400 ? '▲' : '✓';
}

function isError({ status, cause }: Pick<RequestRecord, 'status' | 'cause'>): boolean {
  return status >= 500 || (cause !== '' && status < 400);
}

export function paintOf(record: Pick<RequestRecord, 'status' | 'cause'>, style: Style): (text: string) => string {
  if (isError(record)) return style.red;
  return record.cause !== '' || record.status >= 400 ? style.yellow : (text) => text;
}

/** One line of a tap, without its end. */
export function requestLine(record: RequestRecord, style: Style): string {
  const { time, status, method, duration_ms, route, target, cause, attempts, client_ip, id } = record;
  const words = [
    time.slice(11, 23),
    glyphOf(record),
    status,
    latencyText(duration_ms).padStart(7),
    method,
    addressOf(record),
    ...(route === '' ? [] : [`route=${route}`]),
    ...(target === '' ? [] : [`target=${target}`]),
    ...(cause === '' ? [] : [`cause=${cause}`]),
    ...(attempts > 1 ? [`attempts=${attempts}`] : []),
    `client=${client_ip}`,
    `id=${id}`,
  ];
  return paintOf(record, style)(oneLine(words.join(' ')));
}

/** What a request waits for, in a few words. */
export const phaseWords: Readonly<Record<InflightPhase, string>> = {
  guard: 'held back by a rate limit',
  receive: 'its body is taken whole first',
  pause: 'waits for the next try',
  queue: 'waits for a connection to the target',
  connect: 'a connection to the target is made',
  send: 'the request goes out',
  wait: 'waits for the target to answer',
  relay: 'the answer flows',
  client: 'waits for the client to read the answer',
  websocket: 'is a WebSocket',
};

/** What it means to end it. */
export function cutWords({ age_ms, phase, client_ip, target, protocol, bytes_out }: InflightRequest): string {
  const cut = protocol === 'HTTP/2.0' ? 'its stream is reset' : 'its connection is closed';
  const at = target === '' ? '' : ` at ${target}`;
  return `runs for ${latencyText(age_ms)}, ${phaseWords[phase]}${at}, ${bytesText(bytes_out)} sent; of client ${client_ip} ${cut}`;
}
