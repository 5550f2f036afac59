/** `sentinel config extend`: gives the configuration that is on trial more time. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { windowOf } from '../commit/window-option.ts';
import { daemonOf } from '../daemon.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const id = invocation.argument('id') ?? '';
  const byMs = windowOf(invocation.argument('time') ?? '', 'the time', 'sentinel config extend --help');
  const reason = invocation.option('reason');
  const reply = await daemonOf(invocation).call('config-extend', {
    body: { id, by_ms: byMs },
    ...(reason === undefined ? {} : { reason }),
  });
  const { data, daemon, generation, notes } = reply;
  const { pending } = data;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) =>
      `${style.green('✓')} ${printable(pending.id)} has ${durationText(Math.round(pending.remaining_ms / 1000) * 1000)}, until ${pending.deadline.slice(11, 19)}Z\n`,
  };
}
