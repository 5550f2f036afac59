/** Changes of a configuration as people read them: a line each with what goes through the object now, then what follows from them. */
import type { PlanImpact, PlannedChange, PlanReply } from '../../admin/contract/plan-shapes.ts';
import type { Finding } from '../command.ts';
import type { Style } from '../streams.ts';
import { countText, printable } from '../text.ts';

/** One change; `impact` is absent where nobody was asked. */
export type ShownChange = Pick<PlannedChange, 'kind' | 'words'> & { readonly impact?: PlanImpact | null };

/** `~ route api timeout 30s→60s (412 rps)`, a line each; empty where there is none. */
export function changeLines(changes: readonly ShownChange[], style: Style): string {
  const paints = { added: style.green, removed: style.red, changed: style.yellow };
  return changes
    .map(({ kind, words, impact = null }) => {
      const behind = impactWords(impact);
      const line = paints[kind](printable(words));
      return `${line}${behind === '' ? '' : ` ${style.bold(`(${behind})`)}`}\n`;
    })
    .join('');
}

/** `2 changes`. */
export function changeCount(count: number): string {
  return `${countText(count)} ${count === 1 ? 'change' : 'changes'}`;
}

/** Why `--exit-code` made the exit status what it is. */
export function differFinding(count: number): Finding {
  return { code: 'SNT-P053', severity: 'info', title: 'configurations differ', detail: changeCount(count) };
}

/** The daemon knows the text of a file by no name; whoever gave it does. @param file `undefined` = the file of the daemon. */
export function inItsOwnName(reply: PlanReply, file: string | undefined): PlanReply {
  if (file === undefined) return reply;
  const named = (line: string): string => line.replace(/^<candidate>(?=:)/, file === '-' ? '<stdin>' : file);
  return { ...reply, warnings: reply.warnings.map(named), refusals: reply.refusals.map(named) };
}

/** The whole reply: changes, listeners, what the daemon would refuse, warnings. */
export function planText(reply: PlanReply, style: Style): string {
  const { changes, listeners, refusals, warnings } = reply;
  const moved = [
    ...listeners.closed.map(
      ({ id, address, open_connections: open }) =>
        `closes ${id} at ${address}: ${countText(open)} open connections finish what they have`,
    ),
    ...listeners.opened.map(({ id, address }) => `opens ${id} at ${address}`),
  ];
  const lines = [
    ...moved.map((words) => `  ${printable(words)}`),
    ...refusals.map((words) => `${style.red('✗')} would be refused now: ${printable(words)}`),
    ...warnings.map((words) => `${style.yellow('▲')} ${printable(words)}`),
  ];
  return changeLines(changes, style) + lines.map((line) => `${line}\n`).join('');
}

function impactWords(impact: PlanImpact | null): string {
  if (impact === null) return '';
  const { requests_per_s: rate, in_flight: inFlight, open_connections: open } = impact;
  return [
    ...(rate === null ? [] : [`${rateText(rate)} rps`]),
    ...(inFlight === null ? [] : [`${countText(inFlight)} in-flight`]),
    ...(open === null ? [] : [`${countText(open)} connections`]),
  ].join(', ');
}

/** Below ten with one decimal, so that a little is not nothing. */
function rateText(rate: number): string {
  return rate === 0 || rate >= 10 ? countText(Math.round(rate)) : rate.toFixed(1);
}
