/** What was found of one request as text: its facts, a small timeline of its tries, its log lines. Used by `trace`. */
import { bytesText } from '../../base/units.ts';
import type { FailedTryState, InflightRequest, RequestRecord } from '../../admin/contract/request-shapes.ts';
import { lineText } from '../logs/line-text.ts';
import type { Style } from '../streams.ts';
import { latencyText, oneLine, printable } from '../text.ts';
import { addressOf, glyphOf, paintOf, phaseWords } from './request-line.ts';
import type { LookedAt, Traced } from './trace-sources.ts';

/** Columns of the bars of the timeline. */
const BAR = 32;

export function traceText(traced: Traced, style: Style): string {
  const { requests, inflight, log_lines: logLines, access_lines: accessLines, looked_at: looked } = traced;
  const parts = [
    ...requests.map((one) => recordText(one, style)),
    ...inflight.map((one) => inflightText(one, style)),
    linesText('log', logLines, style),
    linesText('access log', accessLines, style),
  ].filter((part) => part !== '');
  const nothing = parts.length === 0 ? [`nothing is known of ${printable(traced.id)}\n`] : [];
  const next = parts.length === 0 ? `${style.cyan('next:')} sentinel explain SNT-P050\n` : '';
  return `${[...nothing, ...parts, lookedText(looked, style)].join('\n')}${next}`;
}

function recordText(record: RequestRecord, style: Style): string {
  const { method, status, cause, duration_ms, time, kept } = record;
  const head = `${glyphOf(record)} ${method} ${addressOf(record)}  ${status}${cause === '' ? '' : ` ${cause}`}  ${latencyText(duration_ms)}`;
  const facts = factsText(
    [
      ['when', `${time}, kept as ${kept}`],
      ['ids', `correlation ${record.correlation_id}  trace ${record.trace_id}  short ${record.id}`],
      [
        'client',
        `${record.client_ip}  ${record.protocol}${record.tls_version === '' ? '' : ` ${record.tls_version}`}  listener ${record.listener}`,
      ],
      ['agent', record.user_agent],
      ['route', record.route === '' ? 'none' : `${record.route} → ${record.upstream}`],
      ['bytes', `${bytesText(record.bytes_in)} in, ${bytesText(record.bytes_out)} out`],
    ],
    style,
  );
  return `${paintOf(record, style)(style.bold(oneLine(head)))}\n${facts}${timeline(record, style)}`;
}

function inflightText(request: InflightRequest, style: Style): string {
  const { method, host, path, age_ms, phase } = request;
  const head = `… ${method} ${host}${path}  under way for ${latencyText(age_ms)}: ${phaseWords[phase]}`;
  const facts = factsText(
    [
      ['ids', `correlation ${request.correlation_id}  trace ${request.trace_id}  short ${request.id}`],
      ['client', `${request.client_ip}  ${request.protocol}  listener ${request.listener}`],
      ['route', request.route === '' ? 'none' : `${request.route} → ${request.upstream}`],
      ['target', request.target],
      ['bytes', `${bytesText(request.bytes_in)} in, ${bytesText(request.bytes_out)} out`],
    ],
    style,
  );
  const tries = request.tries.map((one) => tryRow(one, age_ms, style)).join('');
  return `${style.bold(oneLine(head))}\n${facts}${tries}`;
}

function factsText(facts: readonly (readonly [string, string])[], style: Style): string {
  return facts
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `  ${style.dim(name.padEnd(7))} ${oneLine(text)}\n`)
    .join('');
}

/** The failed tries, then the one that answered, on one scale. */
function timeline(record: RequestRecord, style: Style): string {
  const { tries, tries_omitted: omitted, attempts, duration_ms: total, last_try: kind, target, upstream } = record;
  const answered = attempts > tries.length + omitted;
  const lastStart = tries.reduce((end, one) => Math.max(end, one.start_ms + one.duration_ms), 0);
  const rows = tries.map((one) => tryRow(one, total, style));
  if (omitted > 0) rows.splice(-1, 0, `  ${style.dim(`… ${omitted} more failed tries`)}\n`);
  if (answered) {
    const waits = [
      ...(record.queue_ms > 0 ? [`queue ${latencyText(record.queue_ms)}`] : []),
      ...(record.connect_ms > 0 ? [`connect ${latencyText(record.connect_ms)}`] : []),
      ...(record.first_byte_ms > 0 ? [`first byte ${latencyText(record.first_byte_ms)}`] : ['no answer']),
      ...(record.transfer_ms > 0 ? [`transfer ${latencyText(record.transfer_ms)}`] : []),
    ];
    rows.push(
      row(
        lastStart,
        total - lastStart,
        total,
        `${kind}  ${upstream} ${target}  ${waits.join(', ')}`,
        (text) => text,
        style,
      ),
    );
  }
  return rows.join('');
}

function tryRow(one: FailedTryState, total: number, style: Style): string {
  const why = one.status === 0 ? one.cause : `answered ${one.status}`;
  return row(
    one.start_ms,
    one.duration_ms,
    total,
    `${one.kind}  ${one.upstream} ${one.target}  ${why}`,
    style.red,
    style,
  );
}

function row(
  startMs: number,
  durationMs: number,
  total: number,
  words: string,
  paint: (text: string) => string,
  style: Style,
): string {
  const scale = total > 0 ? BAR / total : 0;
  const from = Math.min(BAR - 1, Math.floor(startMs * scale));
  const length = Math.max(1, Math.min(BAR - from, Math.round(durationMs * scale)));
  const bar = `${'·'.repeat(from)}${'█'.repeat(length)}`.padEnd(BAR, '·');
  return `  ${style.dim(latencyText(startMs).padStart(7))} ${paint(bar)} ${latencyText(durationMs).padStart(7)}  ${oneLine(words)}\n`;
}

function linesText(title: string, lines: Traced['log_lines'], style: Style): string {
  if (lines.length === 0) return '';
  return `${style.bold(title)}\n${lines.map((fields) => `  ${lineText(fields, style)}`).join('')}`;
}

function lookedText(looked: readonly LookedAt[], style: Style): string {
  const rows = looked.map(({ what, found, fault }) => {
    if (fault !== null) return `  ${style.yellow(`? ${oneLine(what)}: ${oneLine(fault)}`)}\n`;
    return style.dim(
      `  ${found > 0 ? '✓' : '·'} ${oneLine(what)}${found > 0 ? `: ${found} found` : what.startsWith('no ') ? '' : ': nothing'}\n`,
    );
  });
  return `${style.dim('looked at')}\n${rows.join('')}`;
}
