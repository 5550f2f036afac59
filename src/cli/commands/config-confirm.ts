/** `sentinel config confirm`: keeps the configuration that is on trial. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const id = invocation.argument('id') ?? '';
  const reason = invocation.option('reason');
  const reply = await daemonOf(invocation).call('config-confirm', {
    body: { id },
    ...(reason === undefined ? {} : { reason }),
  });
  const { data, daemon, generation, notes } = reply;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: notes,
    daemon,
    generation,
    text: (style) => {
      const done = data.already ? 'had been confirmed before' : `confirmed; ${printable(data.disk.path)} holds it`;
      return `${style.green('✓')} generation ${data.generation} (${printable(data.id)}) ${done}\n`;
    },
  };
}
