/** `sentinel config print`: the configuration in full, as KDL that means the same. */
import { exitCodes } from '../../base/exit-codes.ts';
import { effectiveSettings } from '../../config/origin.ts';
import { printConfig } from '../../config/print.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chooseConfig, mustLoadChoice } from '../config-choice.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const choice = chooseConfig(invocation, invocation.argument('file'));
  const loaded = mustLoadChoice(invocation, choice);
  const text = printConfig(loaded, { origin: invocation.flag('origin') });
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { file: choice.path, digest: loaded.digest, form: 'kdl', text, settings: effectiveSettings(loaded) },
    text: () => text,
  };
}
