/** What happened to a request, step by step on one scale: admitted, each try with where it failed, the waits of the one that answered, the end. */
import { bytesText } from '../../base/units.ts';
import type { FailedTryState, InflightRequest, RequestRecord } from '../../admin/contract/request-shapes.ts';
import { addressOf, phaseWords } from '../../cli/requests/request-line.ts';
import { latencyText } from '../../cli/text.ts';
import type { Column, Standing, Tone } from './row.ts';

/** Columns of the bars. */
const BAR = 24;

export const timelineColumns: readonly Column[] = [
  { id: 'at', title: 'AT', right: true, width: 8 },
  { id: 'took', title: 'TOOK', right: true, width: 8, drop: 1 },
  { id: 'bar', title: 'WHEN', width: BAR, drop: 2 },
  { id: 'name', title: 'WHAT' },
];

export interface TimelineStep {
  /** After the request began. */
  readonly at: string;
  readonly took: string;
  readonly bar: string;
  readonly words: string;
  readonly standing: Standing;
  readonly tone: Tone;
}

export function recordTimeline(record: RequestRecord): readonly TimelineStep[] {
  const { tries, tries_omitted: omitted, attempts, duration_ms: total, cause, status } = record;
  const answered = attempts > tries.length + omitted;
  const failed = cause !== '' || status >= 500;
  const steps = [
    fact(`${record.method} ${addressOf(record)}`, 'strong'),
    ...aboutRecord(record),
    step(0, null, total, admitted(record)),
  ];
  const triesSteps = tries.flatMap((one) => trySteps(one, total));
  if (omitted > 0) triesSteps.splice(-1, 0, fact(`… ${omitted} more failed tries`, 'dim'));
  const end =
    cause === ''
      ? `answered ${status}`
      : `${status === 0 ? 'ended without an answer' : `answered ${status}`}: ${cause}`;
  return [
    ...steps,
    ...triesSteps,
    ...(answered ? answerSteps(record) : []),
    step(
      total,
      null,
      total,
      `${end}, ${bytesText(record.bytes_out)} sent`,
      failed ? 'bad' : 'good',
      failed ? 'down' : 'up',
    ),
  ];
}

function aboutRecord(record: RequestRecord): readonly TimelineStep[] {
  const tls = record.tls_version === '' ? '' : ` ${record.tls_version}`;
  return [
    fact(
      `from ${record.client_ip}, ${record.protocol}${tls}${record.user_agent === '' ? '' : `, ${record.user_agent}`}`,
      'dim',
    ),
    fact(`${record.time}, kept as ${record.kept}; id ${record.correlation_id}, trace ${record.trace_id}`, 'dim'),
  ];
}

function admitted({ listener, route, upstream }: Pick<RequestRecord, 'listener' | 'route' | 'upstream'>): string {
  return `in at listener ${listener}, ${route === '' ? 'no route takes it' : `route ${route} → ${upstream}`}`;
}

function trySteps(one: FailedTryState, total: number): readonly TimelineStep[] {
  const {
    kind,
    upstream,
    target,
    start_ms: start,
    duration_ms: took,
    queue_ms: queue,
    connect_ms: connect,
    first_byte_ms: head,
  } = one;
  const why = one.status === 0 ? one.cause : `answered ${one.status} (${one.cause})`;
  const waits = waitsText([
    ['queued', queue],
    ['connect', connect],
    ['first byte', head],
  ]);
  return [
    step(
      start,
      took,
      total,
      `${kind} try at ${upstream} ${target}: ${why}${waits === '' ? '' : `; ${waits}`}`,
      'bad',
      'down',
    ),
  ];
}

/** The waits of the try that answered, one after the other: it is the last. */
function answerSteps(record: RequestRecord): readonly TimelineStep[] {
  const { duration_ms: total, tries, last_try: kind, upstream, target } = record;
  const start = tries.reduce((end, one) => Math.max(end, one.start_ms + one.duration_ms), 0);
  const phases: readonly (readonly [string, number])[] = [
    ['queued for a connection', record.queue_ms],
    ['connect', record.connect_ms],
    ['wait for the first byte', record.first_byte_ms],
    ['transfer', record.transfer_ms],
  ];
  const steps = [step(start, null, total, `${kind} try at ${upstream} ${target}`)];
  let at = start;
  for (const [words, took] of phases) {
    if (took <= 0) continue;
    steps.push(step(at, took, total, words));
    at = Math.min(total, at + took);
  }
  if (record.first_byte_ms === 0) steps.push(fact('no answer came', 'bad'));
  return steps;
}

export function inflightTimeline(request: InflightRequest): readonly TimelineStep[] {
  const { age_ms: total, phase, tries, attempts, upstream, target } = request;
  return [
    fact(`${request.method} ${request.host}${request.path}`, 'strong'),
    fact(
      `from ${request.client_ip}, ${request.protocol}${request.user_agent === '' ? '' : `, ${request.user_agent}`}`,
      'dim',
    ),
    fact(`id ${request.correlation_id}, trace ${request.trace_id}`, 'dim'),
    step(0, null, total, admitted(request)),
    ...tries.flatMap((one) => trySteps(one, total)),
    ...(target === '' ? [] : [fact(`try ${Math.max(1, attempts)} at ${upstream} ${target}`, 'plain')]),
    step(
      total,
      null,
      total,
      `under way: ${phaseWords[phase]}; ${bytesText(request.bytes_in)} in, ${bytesText(request.bytes_out)} out`,
      'info',
      'none',
    ),
  ];
}

function waitsText(waits: readonly (readonly [string, number])[]): string {
  return waits
    .filter(([, ms]) => ms > 0)
    .map(([words, ms]) => `${words} ${latencyText(ms)}`)
    .join(', ');
}

/** Something that has no time of its own. */
function fact(words: string, tone: Tone): TimelineStep {
  return { at: '–', took: '–', bar: '–', words, standing: 'none', tone };
}

/** @param tookMs Null = a moment */
function step(
  atMs: number,
  tookMs: number | null,
  totalMs: number,
  words: string,
  tone: Tone = 'plain',
  standing: Standing = 'none',
): TimelineStep {
  const scale = totalMs > 0 ? BAR / totalMs : 0;
  const from = Math.max(0, Math.min(BAR - 1, Math.floor(atMs * scale)));
  const length = Math.max(1, Math.min(BAR - from, Math.round((tookMs ?? 0) * scale)));
  return {
    at: latencyText(atMs),
    took: tookMs === null ? '–' : latencyText(tookMs),
    bar: `${'·'.repeat(from)}${'█'.repeat(length)}${'·'.repeat(BAR - from - length)}`,
    words,
    standing,
    tone,
  };
}
