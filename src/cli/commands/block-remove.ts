/** `sentinel block remove`: takes a run-time block back. */
import type { UnblockReply } from '../../admin/contract/security-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const reason = invocation.option('reason');
  const query = { address: invocation.argument('address') ?? '' };
  const reply = await daemonOf(invocation).call('block-remove', {
    query,
    ...(reason === undefined ? {} : { reason }),
  });
  const { data, daemon, generation, notes } = reply;
  const warnings = [...remarks(data), ...notes];
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

function remarks({ still_blocked_by: others, in_force: inForce, kept }: UnblockReply): readonly string[] {
  return [
    ...(others.length === 0 ? [] : [`addresses of it stay blocked by ${others.join(', ')}`]),
    ...(inForce ? [] : ['the workers do not have it yet; the daemon goes on trying (sentinel status)']),
    ...(kept ? [] : ['it could not be written to the state folder: after a restart it is blocked again']),
  ];
}
