/** `sentinel reload`: has the daemon read its configuration again, and says how it went. */
import { AdminRefusal } from '../../admin/client/client.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const reason = invocation.option('reason');
  try {
    const reply = await daemonOf(invocation).call('config-reload', reason === undefined ? {} : { reason });
    const { data, daemon, generation } = reply;
    const warnings = [...data.warnings, ...reply.notes];
    const text = (style: Style): string => {
      const done = `${style.green('✓')} configuration applied as generation ${data.generation} in ${durationText(data.duration_ms)}\n`;
      return done + warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}\n`).join('');
    };
    return { kind: 'report', exitCode: exitCodes.ok, status: 'ok', data, warnings, daemon, generation, text };
  } catch (error) {
    // A refusal with a list is an answer; everything else is reported like every other error.
    if (!(error instanceof AdminRefusal) || error.problems.length === 0) throw error;
    return refused(error);
  }
}

function refused(refusal: AdminRefusal): Outcome {
  const { code, problems } = refusal;
  const next = refusal.hint ?? `sentinel explain ${code}`;
  // A single problem is the message already.
  const listed = problems.filter((line) => line !== refusal.message);
  return {
    kind: 'report',
    exitCode: exitCodes.problems,
    status: 'problems',
    data: null,
    findings: problems.map(
      (detail): Finding => ({ code, severity: 'error', title: refusal.message, detail, suggestion: { text: next } }),
    ),
    text(style) {
      const lines = [
        `${style.red('✗')} ${style.bold(printable(refusal.message))} [${code}]`,
        ...listed.map((line) => `  ${printable(line)}`),
      ];
      lines.push(`  ${style.cyan('next:')} ${next}`);
      return `${lines.join('\n')}\n`;
    },
  };
}
