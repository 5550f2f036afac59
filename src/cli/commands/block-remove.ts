/** `sentinel block remove`: takes a run-time block back. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { unblockRemarks } from '../overrides/block-words.ts';
import { printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const reason = invocation.option('reason');
  const query = { address: invocation.argument('address') ?? '' };
  const reply = await daemonOf(invocation).call('block-remove', {
    query,
    ...(reason === undefined ? {} : { reason }),
  });
  const { data, daemon, generation, notes } = reply;
  const warnings = [...unblockRemarks(data), ...notes];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings,
    daemon,
    generation,
    text: (style) =>
      [
        `${style.green('✓')} ${style.bold(data.address)} is no longer blocked at run time`,
        ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`),
        '',
      ].join('\n'),
  };
}
