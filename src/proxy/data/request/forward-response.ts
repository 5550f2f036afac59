/** What of a response goes back to the client: the mirror of `forward-request.ts`. Framing is the downstream's own. */
import { fieldIds } from '../http1/head.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Exchange } from './exchange.ts';

/** Known fields that concern the target's connection only, or that the downstream writes itself. */
const dropped = new Uint8Array(64);
for (const id of [
  fieldIds.transferEncoding,
  fieldIds.contentLength,
  fieldIds.connection,
  fieldIds.keepAlive,
  fieldIds.proxyConnection,
  fieldIds.upgrade,
  fieldIds.te,
  fieldIds.xCorrelationId,
]) {
  dropped[id] = 1;
}

/** Names that a `Connection` field must not remove. */
export const endToEnd: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'set-cookie',
  'location',
  'cache-control',
  'date',
]);

/** The field lines for the client, each with its CRLF. */
export function responseFieldsText(x: Exchange, head: ResponseHead): string {
  const lines = `${keptLines(head)}X-Correlation-Id: ${x.correlationId}\r\n`;
  const rules = x.route?.responseRules ?? null;
  return (rules === null ? lines : rules.applyToLines(lines)) + x.guardFields + x.stickyField;
}

/** Field lines of an interim or final response that may go on, copied in runs. */
export function keptLines(head: ResponseHead): string {
  const { text, ids, nameStart, lineEnd, count } = head;
  const options = head.connectionOptions;
  let out = '';
  let runFrom = -1;
  for (let i = 0; i < count; i++) {
    const id = ids[i] as number;
    if (dropped[id] === 0 && (options === null || !namedAway(options, head.name(i)))) {
      if (runFrom === -1) runFrom = nameStart[i] as number;
    } else if (runFrom !== -1) {
      out += text.substring(runFrom, nameStart[i] as number);
      runFrom = -1;
    }
  }
  if (runFrom !== -1) out += text.substring(runFrom, lineEnd[count - 1] as number);
  return out;
}

function namedAway(options: readonly string[], name: string): boolean {
  const lower = name.toLowerCase();
  return options.includes(lower) && !endToEnd.has(lower);
}
