/** Overrides as people read them: what is set, in place of what, until when, and what takes it back. */
import type { OverrideReply, OverrideState } from '../../admin/contract/override-shapes.ts';
import type { Reply } from '../../admin/client/client.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Outcome } from '../command.ts';
import type { Style } from '../streams.ts';
import { durationText, momentText, printable } from '../text.ts';

/** What maintenance means to clients. */
export const maintenanceWords = 'new requests get 503 and the page, at once; what is under way goes on';

/** `limits max-connections-per-client`. */
export function subjectText({ kind, subject, key }: OverrideState): string {
  const of = subject === '*' ? (kind === 'log-level' ? 'all modules' : 'all routes') : subject;
  return [kind, of, ...(key === null ? [] : [key])].join(' ');
}

/** `for 30m, until 2026-11-21 07:24:22Z`. */
export function untilText({ expires_in_ms: left, expires_at: at }: OverrideState): string {
  if (left === null || at === null) return 'until it is taken back';
  return `for ${durationText(Math.ceil(left / 1000) * 1000)}, until ${momentText(at)}`;
}

export function replacesText({ replaces }: OverrideState): string {
  return replaces === null ? 'the file says nothing of it' : `the file says ${replaces}`;
}

/** The lines of what was set. */
export function setText({ overrides }: OverrideReply, warnings: readonly string[], style: Style): string {
  const lines = overrides.flatMap((one) => [
    `${style.green('✓')} ${style.bold(printable(subjectText(one)))}: ${printable(one.value)} (${printable(replacesText(one))}) ${untilText(one)}`,
    `  ${style.cyan('undo:')} ${printable(one.undo)}`,
  ]);
  return `${[...lines, ...warningLines(warnings, style)].join('\n')}\n`;
}

/** The lines of what was taken back. */
export function clearedText({ overrides }: OverrideReply, warnings: readonly string[], style: Style): string {
  const lines = overrides.map((one) => {
    const now = one.replaces === null ? withoutText(one.kind) : `${one.replaces} again, as the file says`;
    return `${style.green('✓')} ${style.bold(printable(subjectText(one)))}: ${printable(now)}`;
  });
  if (lines.length === 0) lines.push('nothing was set at run time, and nothing was taken back');
  return `${[...lines, ...warningLines(warnings, style)].join('\n')}\n`;
}

/** What holds when a value is taken back that the file does not have. */
function withoutText(kind: OverrideState['kind']): string {
  return kind === 'maintenance' ? 'over, served again' : 'taken back, the file says nothing of it';
}

function warningLines(warnings: readonly string[], style: Style): readonly string[] {
  return warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`);
}

/** The outcome of a change. */
export function changed<R extends OverrideReply>(
  { data, daemon, generation, notes }: Reply<R>,
  text: (warnings: readonly string[], style: Style) => string,
): Outcome {
  const warnings = [...data.remarks, ...notes];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings,
    daemon,
    generation,
    text: (style) => text(warnings, style),
  };
}
