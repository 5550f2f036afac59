/** How a finished request and one under way stand in a row of the views "Errors" and "In-flight", and of what was entered. */
import type { InflightRequest, RequestRecord } from '../../admin/contract/request-shapes.ts';
import { addressOf, phaseWords } from '../../cli/requests/request-line.ts';
import { countText, latencyText } from '../../cli/text.ts';
import { requestValue } from '../../filter/request-subject.ts';
import { bytesCell, cell, countCell, momentCell, noneCell, said, saidCell } from './cells.ts';
import { asShown } from './drafted.ts';
import type { Cell, Row, Standing } from './row.ts';
import type { Shown } from './shown.ts';
import { standingCell } from './standing.ts';

/** Failed, refused or all right, as `sentinel requests` marks them. */
function standingOf({ status, cause }: Pick<RequestRecord, 'status' | 'cause'>): Standing {
  if (status >= 500 || (cause !== '' && status < 400)) return 'down';
  return cause !== '' || status >= 400 ? 'degraded' : 'none';
}

/** Newest first, whatever else they are: somebody who looks at errors looks for what happens now. */
export function recordRow(shown: Shown, record: RequestRecord, several: boolean): Row {
  const endedMs = Date.parse(record.time) + record.duration_ms;
  const ageMs = (shown.atMs ?? endedMs) - endedMs;
  const standing = standingOf(record);
  const name = `${record.method} ${addressOf(record)}`;
  return {
    id: `${shown.node} ${record.id}`,
    node: shown.node,
    thing: { kind: 'request', id: record.id, correlationId: record.correlation_id },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        time: momentCell(record.time, shown.atMs ?? endedMs),
        status:
          record.status === 0
            ? noneCell
            : cell(String(record.status), standing === 'down' ? 'bad' : standing === 'degraded' ? 'warn' : undefined),
        duration: cell(latencyText(record.duration_ms)),
        cause: saidCell(record.cause),
        attempts: cell(String(record.attempts)),
        route: saidCell(record.route),
        upstream: saidCell(record.upstream),
        target: saidCell(record.target),
        client: saidCell(record.client_ip),
        out: bytesCell(record.bytes_out),
        name: saidCell(name),
      },
      several,
    ),
    sortBy: {
      st: standing === 'down' ? 2 : standing === 'degraded' ? 1 : 0,
      time: endedMs,
      status: record.status,
      duration: record.duration_ms,
      cause: record.cause === '' ? null : record.cause,
      attempts: record.attempts,
      route: record.route,
      upstream: record.upstream,
      target: record.target,
      client: record.client_ip,
      out: record.bytes_out,
      name,
      node: shown.node,
    },
    badness: endedMs,
    name: `${record.method} ${record.host}${record.path}`,
    value: (field) => requestValue(record, field, ageMs),
    why: whyOfRecord(record),
    code: record.cause === '' ? null : record.cause,
  };
}

function whyOfRecord({ cause, status, tries, tries_omitted: omitted, target, upstream }: RequestRecord): string {
  const failed = tries.map(
    (one) => `${one.kind} at ${said(one.target)}: ${one.status === 0 ? said(one.cause) : `answered ${one.status}`}`,
  );
  const more = omitted > 0 ? [`${omitted} more failed tries`] : [];
  const end =
    cause === '' ? `answered ${status}${target === '' ? '' : ` by ${said(upstream)}/${said(target)}`}` : said(cause);
  return [end, ...failed, ...more, 'Enter: its timeline'].join('; ');
}

/** One that runs for so long is worth a look, unless it is meant to. */
const LONG_MS = 10_000;

export function inflightRow(shown: Shown, request: InflightRequest, several: boolean): Row {
  const { age_ms: ageMs, phase } = request;
  const isLong = ageMs >= LONG_MS && phase !== 'websocket';
  const standing: Standing = isLong ? 'degraded' : 'none';
  const name = `${request.method} ${request.host}${request.path}`;
  return {
    id: `${shown.node} ${request.id}`,
    node: shown.node,
    thing: { kind: 'inflight', id: request.id, correlationId: request.correlation_id },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        ...inflightCells(request, isLong),
        st: standingCell(standing),
        name: saidCell(name),
      },
      several,
    ),
    sortBy: {
      st: isLong ? 1 : 0,
      age: ageMs,
      phase,
      route: request.route,
      upstream: request.upstream,
      target: request.target,
      attempts: request.attempts,
      client: request.client_ip,
      in: request.bytes_in,
      out: request.bytes_out,
      name,
      node: shown.node,
      // Beside finished ones.
      time: (shown.atMs ?? 0) - ageMs,
      status: request.status === 0 ? null : request.status,
      duration: ageMs,
      cause: null,
    },
    // WebSockets are as old as they are on purpose.
    badness: phase === 'websocket' ? ageMs / 1e6 : ageMs,
    name,
    value: (field) => requestValue(request, field, ageMs),
    why: `under way for ${latencyText(ageMs)}: ${phaseWords[phase]}${triesWords(request)}`,
    code: null,
  };
}

function triesWords({ tries, attempts, target }: InflightRequest): string {
  const at = target === '' ? '' : `, at ${said(target)}`;
  const failed = tries.map(
    (one) =>
      `; ${one.kind} at ${said(one.target)} failed: ${one.status === 0 ? said(one.cause) : `answered ${one.status}`}`,
  );
  return `${at}${attempts > 1 ? `, try ${countText(attempts)}` : ''}${failed.join('')}`;
}

function inflightCells(request: InflightRequest, isLong: boolean): Readonly<Record<string, Cell>> {
  const age = cell(latencyText(request.age_ms), isLong ? 'warn' : undefined);
  return {
    age,
    phase: cell(request.phase),
    route: saidCell(request.route),
    upstream: saidCell(request.upstream),
    target: saidCell(request.target),
    attempts: countCell(request.attempts, 3),
    client: saidCell(request.client_ip),
    in: bytesCell(request.bytes_in),
    out: bytesCell(request.bytes_out),
    // Beside finished ones.
    time: cell('now', 'info'),
    status: request.status === 0 ? noneCell : cell(String(request.status)),
    duration: age,
    cause: cell(request.phase, 'info'),
  };
}
