/** `sentinel config alerts`: Prometheus rules with the thresholds of a configuration, printed or written. Asks no daemon. */
import { join, resolve } from 'node:path';
import { alertsFile, recordingFile, rulesFile } from '../../alerting/rule-files.ts';
import { rulesFor, runbookOf } from '../../alerting/rules.ts';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig, mustLoadChoice } from '../config-choice.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const choice = chooseConfig(invocation, invocation.argument('file'));
  const { config } = mustLoadChoice(invocation, choice);
  const rules = rulesFor(config.alerts);
  const origin = `Made by \`sentinel config alerts\` from ${choice.path ?? 'the built-in configuration'}`;
  const folder = invocation.option('output');
  const facts = {
    file: choice.path,
    format: 'prometheus',
    thresholds: config.alerts,
    recording: rules.recording.rules.map(({ record, expr }) => ({ record, expr })),
    alerts: rules.alerts.flatMap(({ name, rules: members }) =>
      members.map((rule) => ({
        group: name,
        alert: rule.alert,
        severity: rule.severity,
        expr: rule.expr,
        for: rule.for,
        action: rule.action,
        runbook: runbookOf(rule),
      })),
    ),
  };
  if (folder === undefined) {
    const text = rulesFile(rules, origin);
    return { kind: 'report', exitCode: exitCodes.ok, status: 'ok', data: { ...facts, text }, text: () => text };
  }
  const written = [
    ['recording.yml', recordingFile(rules, origin)],
    ['alerts.yml', alertsFile(rules, origin)],
  ].map(([name = '', text = '']) => write(invocation, join(folder, name), text));
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...facts, written },
    text: (style) =>
      `wrote ${written.join(' and ')}\n  ${style.cyan('next:')} promtool check rules ${written.join(' ')}\n`,
  };
}

function write({ directory }: Invocation, file: string, text: string): string {
  try {
    writeFileAtomically(resolve(directory, file), text);
  } catch (cause) {
    const errno = errnoOf(cause);
    const reason = errno === 'ENOENT' ? 'its folder does not exist' : (errno ?? String(cause));
    throw new SentinelError('SNT-P043', `cannot write ${file}: ${reason}`, {
      hint: 'sentinel explain SNT-P043',
      cause,
    });
  }
  return file;
}
