/** `sentinel reload`: has the daemon read its configuration, or its certificates alone, again, and says how it went. */
import type { CertChange, CertsReloadReply } from '../../admin/contract/cert-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { usesOf } from '../certificate-uses.ts';
import { daemonOf } from '../daemon.ts';
import { orRefused } from '../refused.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  return orRefused(() => (invocation.flag('certs') ? certificates(invocation) : configuration(invocation)));
}

async function configuration(invocation: Invocation): Promise<Outcome> {
  const reply = await daemonOf(invocation).call('config-reload', why(invocation));
  const { data, daemon, generation } = reply;
  const warnings = [...data.warnings, ...reply.notes];
  const text = (style: Style): string => {
    const done = `${style.green('✓')} configuration applied as generation ${data.generation} in ${durationText(data.duration_ms)}\n`;
    return done + warningLines(warnings, style);
  };
  return { kind: 'report', exitCode: exitCodes.ok, status: 'ok', data, warnings, daemon, generation, text };
}

async function certificates(invocation: Invocation): Promise<Outcome> {
  const { data, daemon, generation, notes } = await daemonOf(invocation).call('certs-reload', why(invocation));
  const warnings = [...ended(data, invocation.clock.wallMs()), ...notes];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings,
    daemon,
    generation,
    text: (style) => certificatesText(data, style) + warningLines(warnings, style),
  };
}

/** What was taken over as it was asked for, and helps nobody: most often the old files once more. */
function ended({ changed }: CertsReloadReply, nowMs: number): readonly string[] {
  return changed.flatMap(({ name, source, to }) =>
    to !== null && Date.parse(to.not_after) < nowMs
      ? [`${name} (${usesOf[source]}) has expired already, at ${to.not_after}; next: sentinel cert-check`]
      : [],
  );
}

function why(invocation: Invocation): { readonly reason?: string } {
  const reason = invocation.option('reason');
  return reason === undefined ? {} : { reason };
}

function warningLines(warnings: readonly string[], style: Style): string {
  return warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}\n`).join('');
}

function certificatesText({ changed, unchanged, duration_ms }: CertsReloadReply, style: Style): string {
  const same = `${unchanged.length} unchanged`;
  if (changed.length === 0) {
    const none =
      unchanged.length === 0 ? 'the running configuration names no certificates' : `nothing to take over, ${same}`;
    return `${style.green('✓')} ${none}\n`;
  }
  const head = `${style.green('✓')} ${changed.length} replaced, ${same}, in ${durationText(duration_ms)}\n`;
  return head + changed.map((change) => `  ${changeText(change)}\n`).join('');
}

function changeText({ name, source, files, from, to }: CertChange): string {
  const what = `${printable(name)} (${usesOf[source]})`;
  if (from === null && to === null) return `${what}: revocation list ${printable(files.certificate)} read again`;
  return `${what}: ${sideText(from)} → ${sideText(to)}`;
}

function sideText(side: CertChange['from']): string {
  return side === null ? 'none' : `${side.fingerprint.slice(0, 12)} until ${side.not_after.slice(0, 10)}`;
}
