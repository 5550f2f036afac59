/** `sentinel status`: what runs, and with which configuration. Asks the daemon; computes nothing that it did not say. */
import type { CertSummary } from '../../admin/contract/cert-shapes.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { bytesText } from '../../base/units.ts';
import { usesOf } from '../certificate-uses.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { guardLine } from '../commit/guard-words.ts';
import { daemonOf } from '../daemon.ts';
import { percentileText, percentText, rateText } from '../rates.ts';
import { runtimeText } from '../runtime-section.ts';
import { untilText } from '../overrides/words.ts';
import type { Output, Style } from '../streams.ts';
import { countText, durationText, folded, momentText, printable, sideBySide } from '../text.ts';
import { completeness } from '../unanswered.ts';

/** More would push what matters off the screen. */
const shownProblems = 3;
const shownCauses = 3;
const shownCertificates = 5;

export async function run(invocation: Invocation): Promise<Outcome> {
  const client = daemonOf(invocation);
  const { data, daemon, generation, notes } = await client.call('status');
  const runtime = invocation.flag('runtime') ? (await client.call('runtime')).data : null;
  const ready = data.state === 'ready';
  const ok = ready && [data.config, data.upstreams, data.certificates].every(({ problems }) => problems.length === 0);
  const silent = runtime?.workers.filter(({ heap }) => heap === null).map(({ worker }) => worker) ?? [];
  const known = completeness(silent, 'how its thread is is not known');
  const warnings = [...data.warnings, ...droppedLines(data), ...known.warnings, ...notes];
  return {
    kind: 'report',
    exitCode: ok ? known.exitCode : exitCodes.problems,
    status: ok ? known.status : 'problems',
    data: runtime === null ? data : { ...data, runtime },
    findings: [
      ...data.reasons.map(notReady),
      ...data.config.problems.map(configProblem),
      ...data.upstreams.problems.map(upstreamProblem),
      ...data.certificates.problems.map(endedCertificate),
    ],
    warnings,
    daemon,
    generation,
    text: (style) =>
      text(data, warnings, style, invocation.stdout) + (runtime === null ? '' : runtimeText(runtime, style)),
  };
}

function droppedLines({ counts }: StatusReply): readonly string[] {
  const dropped = counts.log_dropped_total;
  if (dropped === 0) return [];
  return [
    `${countText(dropped)} log ${dropped === 1 ? 'line' : 'lines'} could not be written since the start (disk full, reader gone or too slow)`,
  ];
}

function notReady(reason: string): Finding {
  return { code: 'SNT-P044', severity: 'error', title: 'not ready', detail: reason };
}

/** What runs is not what was last meant to, or would not run after a restart. */
function configProblem({ code, words }: StatusReply['config']['problems'][number]): Finding {
  const command = code === 'SNT-P021' ? 'sentinel config history' : 'sentinel validate';
  return {
    code,
    severity: 'error',
    title: code === 'SNT-P021' ? 'not confirmed, and taken back at the start' : 'files would not load',
    detail: words,
    suggestion: { text: command, command },
  };
}

/** The proxy serves, but not everything behind it. */
function upstreamProblem({ code, words }: StatusReply['upstreams']['problems'][number]): Finding {
  const command = code === 'SNT-U002' ? 'sentinel upstreams' : 'sentinel breakers';
  return {
    code,
    severity: 'error',
    title: code === 'SNT-U002' ? 'upstream has too few targets' : 'circuit breaker open',
    detail: words,
    suggestion: { text: command, command },
  };
}

/** It is used all the same, and clients refuse it, or are refused. */
function endedCertificate({ code, words }: StatusReply['certificates']['problems'][number]): Finding {
  const command = 'sentinel reload --certs';
  return {
    code,
    severity: 'error',
    title: code === 'SNT-T010' ? 'certificate expired' : 'revocation list out of date',
    detail: words,
    suggestion: { text: `renew it, then ${command}`, command },
  };
}

function text(status: StatusReply, warnings: readonly string[], style: Style, { isTerminal }: Output): string {
  const { config, counts } = status;
  const state = status.state === 'ready' ? style.green('✓ ready') : style.red(`✗ ${status.state.replace('_', ' ')}`);
  const alive = status.workers.filter((worker) => worker.alive).length;
  const restarts = status.workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const rows: (readonly [string, string])[] = [
    ['state', [state, ...status.reasons.filter((reason) => reason !== status.state).map(printable)].join('  ')],
    [
      'process',
      `${status.name} ${status.version}, pid ${status.pid}, up ${durationText(status.uptime_ms)}, node ${status.node}`,
    ],
    [
      'config',
      `generation ${status.generation}, ${source(config)}, applied ${config.applied_at}${onDisk(status, style)}`,
    ],
    ...pendingRow(status, style),
    ...reloadRow(status, style),
    ['listeners', status.listeners.map(({ id, address }) => `${id} ${address}`).join(', ')],
    ['admin', [status.admin.socket, status.admin.address].filter((one) => one !== null).join(', ')],
    ['workers', `${alive} of ${status.workers.length} up, ${countText(restarts)} restarts`],
    ...upstreamsRow(status, style),
    ...drainsRows(status, style),
    ...overridesRows(status, style),
    ...certificatesRow(status, style),
    [
      'requests',
      `${countText(counts.requests_total)} answered, ${countText(counts.server_errors_total)} with 5xx, ${countText(counts.rejected_requests_total)} rejected`,
    ],
    ...trafficRows(status, style),
    [
      'now',
      `${countText(counts.open_connections)} ${counts.open_connections === 1 ? 'connection' : 'connections'}, ${countText(counts.in_flight_requests)} in flight, ${countText(counts.pending_requests)} waiting`,
    ],
    ['memory', bytesText(status.memory.rss_bytes)],
    ...contactsRow(status),
    ...warnings.map((warning) => ['warning', style.yellow(`▲ ${printable(warning)}`)] as const),
  ];
  const columns = isTerminal ? style.columns : Number.POSITIVE_INFINITY;
  return rows.map(([name, value]) => `${folded(`${style.dim(name.padEnd(10))} ${value}`, columns, 13)}\n`).join('');
}

/** Whom to call, where the configuration says. */
function contactsRow({ contacts }: StatusReply): readonly (readonly [string, string])[] {
  const { primary, secondary, channel } = contacts;
  const named = [
    ...(primary === null ? [] : [`page ${primary}`]),
    ...(secondary === null ? [] : [`then ${secondary}`]),
    ...(channel === null ? [] : [`talk in ${channel}`]),
  ];
  return named.length === 0 ? [] : [['contacts', named.map(printable).join(', ')]];
}

/** Whoever looks for why a target gets nothing sees whose order that is. */
function drainsRows({ drains }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  return drains.map(({ target, upstreams, state, actor, reason, overdue }) => {
    const why = reason === null ? '' : `: ${reason}`;
    const late = overdue && state === 'draining' ? ', its deadline has passed' : '';
    const words = `${target} (${upstreams.join(', ')}) ${state}${late}, by ${actor}${why}`;
    return [state === 'drained' ? 'drained' : 'draining', style.cyan(`◐ ${printable(words)}`)] as const;
  });
}

/** Whoever looks for why it does not do what the file says sees it here. */
function overridesRows({ overrides }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  const { counts, maintenance } = overrides;
  if (counts.length === 0) return [];
  const shown = counts.map(({ kind, count }) => `${countText(count)} ${kind}`).join(', ');
  return [
    ...maintenance.map((one) => {
      const why = one.reason === null ? '' : `: ${one.reason}`;
      const words = `${one.subject === '*' ? 'all routes' : one.subject} ${untilText(one)}, by ${one.actor}${why}`;
      return ['maintain', style.yellow(`⏸ ${printable(words)}`)] as const;
    }),
    ['overrides', `${style.yellow(shown)} set at run time: sentinel override list`],
  ];
}

/** Rate and errors of the last minute and five, with the causes that matter most. */
function trafficRows({ windows }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  const lines = (['1m', '5m'] as const).flatMap((name) => {
    const window = windows[name];
    if (window === undefined) return [];
    const { error_ratio: ratio, requests_per_s: rate, p99_ms: p99, causes } = window;
    if (ratio === null) return [`${name} no requests`];
    const shown = causes.slice(0, shownCauses).map((one) => `${one.cause} ${percentText(one.ratio)}% (${one.source})`);
    if (causes.length > shownCauses) shown.push(`${causes.length - shownCauses} more: sentinel metrics errors_total`);
    const words = `${name} ${rateText(rate)}/s, 5xx ${ratio === 0 ? 'none' : `${percentText(ratio)}%`}, p99 ${percentileText(p99)}`;
    const line = [words, ...(shown.length === 0 ? [] : [`mostly ${shown.join(', ')}`])].join('; ');
    return [ratio > 0 ? style.yellow(line) : line];
  });
  return lines.length === 0 ? [] : [['traffic', lines.join('\n           ')]];
}

function source({ source: kind, path }: StatusReply['config']): string {
  if (path !== null) return path;
  return kind === 'forward' ? 'no file (--to)' : 'built in, no file';
}

function onDisk({ config }: StatusReply, style: Style): string {
  if (config.disk_matches_running === null) return '';
  return config.disk_matches_running
    ? `, ${style.green('✓ same on disk')}`
    : `, ${style.yellow('▲ the file on disk differs')}`;
}

function upstreamsRow(status: StatusReply, style: Style): readonly (readonly [string, string])[] {
  const { upstreams, certificates } = status;
  const degraded = status.degraded.filter((words) => !certificates.problems.some((problem) => problem.words === words));
  if (upstreams.total === 0 && degraded.length === 0) return [];
  const { targets, targets_down: down, targets_unknown: unknown } = upstreams;
  const counted = [
    `${countText(upstreams.up)} of ${countText(upstreams.total)} up`,
    ...(down > 0 ? [style.red(`${countText(down)} of ${countText(targets)} targets down`)] : []),
    ...(unknown > 0 ? [`${countText(unknown)} unchecked`] : []),
    ...(down > 0 && degraded.length === 0 ? ['see sentinel upstreams'] : []),
  ].join(', ');
  const shown = degraded.slice(0, shownProblems).map((words) => style.yellow(`▲ ${printable(words)}`));
  if (degraded.length > shownProblems) shown.push(`and ${degraded.length - shownProblems} more: sentinel upstreams`);
  return [['upstreams', [counted, ...shown].join('\n           ')]];
}

/** The worst first: what ends soonest, and what the files no longer hold. */
function certificatesRow({ certificates }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  const { loaded } = certificates;
  if (loaded.length === 0) return [];
  const worst = loaded.toSorted((a, b) => rank(a) - rank(b) || a.days_left - b.days_left);
  const shown = worst.slice(0, shownCertificates);
  const width = Math.max(...shown.map(({ name }) => printable(name).length));
  const useWidth = Math.max(...shown.map(({ source }) => usesOf[source].length));
  const lines = shown.map((one) => certificateLine(one, width, useWidth, style));
  const more = loaded.length - lines.length;
  if (more > 0) lines.push(`and ${countText(more)} more: sentinel cert-check`);
  return [['certs', lines.join('\n           ')]];
}

function rank({ standing, same_as_disk: same }: CertSummary): number {
  return ['expired', 'not_yet_valid', 'critical', 'warning', 'ok'].indexOf(standing) * 2 + (same === true ? 1 : 0);
}

function certificateLine(one: CertSummary, width: number, useWidth: number, style: Style): string {
  const { name, source, standing, days_left: days, same_as_disk: same } = one;
  const label = `${printable(name).padEnd(width)}  ${usesOf[source].padEnd(useWidth)}`;
  return [
    `${glyphs[standing](style)} ${label}`,
    daysText(standing, days),
    ...(same === true ? [] : [style.yellow(same === null ? '▲ disk unusable' : '▲ disk differs')]),
  ].join('  ');
}

function daysText(standing: CertSummary['standing'], days: number): string {
  const ago = -days - 1;
  switch (standing) {
    case 'expired':
      return ago === 0 ? 'expired today' : `expired ${countText(ago)}d ago`;
    case 'not_yet_valid':
      return 'not valid yet';
    default:
      return `${countText(days)}d left`;
  }
}

const glyphs: Readonly<Record<CertSummary['standing'], (style: Style) => string>> = {
  ok: (style) => style.green('✓'),
  warning: (style) => style.yellow('▲'),
  critical: (style) => style.red('▲'),
  expired: (style) => style.red('✗'),
  not_yet_valid: (style) => style.red('✗'),
};

/** Where the text of a row begins. */
const ROW_INDENT = 11;

/** What is on trial, how long it has, its guards, and what to type. */
function pendingRow({ pending }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  if (pending === null) return [];
  const { id, generation, actor, deadline, remaining_ms: left, guards, problem } = pending;
  const head =
    problem === null
      ? `${style.yellow(`▲ ${id}`)}: generation ${generation} of ${printable(actor)} is on trial, ${durationText(left)} left, until ${momentText(deadline)}`
      : style.red(`✗ ${id}: generation ${generation} runs on unconfirmed; its rollback failed: ${printable(problem)}`);
  const next = sideBySide(
    [`confirm: sentinel config confirm ${id}`, `abort: sentinel config rollback ${id}`],
    style.columns - ROW_INDENT,
  ).replace('\n', `\n${' '.repeat(ROW_INDENT)}`);
  return [['pending', [head, guardLine(guards, style), next].join('\n           ')]];
}

function reloadRow({ config }: StatusReply, style: Style): readonly (readonly [string, string])[] {
  const last = config.last_reload;
  if (last === null) return [];
  const result = last.result === 'completed' ? style.green('✓ completed') : style.red(`✗ ${last.result}`);
  const more = last.problems.length - shownProblems;
  const shown = last.problems.slice(0, shownProblems).map(printable);
  if (more > 0) shown.push(`and ${more} more: sentinel validate ${config.path ?? ''}`.trimEnd());
  return [['reload', [`${result} at ${last.at} by ${last.actor}`, ...shown].join('\n           ')]];
}
