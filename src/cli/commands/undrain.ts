/** `sentinel undrain`: takes a target back into traffic, once its health check passes. */
import type { AdminClient } from '../../admin/client/client.ts';
import type { DrainState, UndrainReply } from '../../admin/contract/drain-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { drainsOf, takingBackWords } from '../drains/named.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const target = invocation.argument('target') as string;
  const client = daemonOf(invocation);
  const { data, daemon, generation, notes } = await client.call('drains');
  const upstream = invocation.option('upstream');
  const mine = drainsOf(data.drains, target).filter(
    ({ upstreams }) => upstream === undefined || upstreams.includes(upstream),
  );
  if (mine.length === 0) throw notDraining(target, data.drains);
  const proposal = {
    what: `take ${target} back`,
    daemon,
    generation,
    effect: mine.map(takingBackWords).join('; '),
    undo: `sentinel drain ${target}`,
    expires: 'never: it takes requests until somebody drains it',
    reason: invocation.option('reason'),
  };
  if (!(await confirmed(invocation, proposal)))
    return declined({ drains: mine }, `${printable(target)} stays as it is`);
  const done: UndrainReply[] = [];
  for (const { id } of mine) done.push(await endDrain(client, id, invocation));
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { undrained: done },
    warnings: notes,
    daemon,
    generation,
    text: (style) => done.map((one) => doneText(one, style)).join(''),
  };
}

/** @throws the refusal of the daemon: SNT-U007, SNT-U008, SNT-U012 */
async function endDrain(client: AdminClient, id: string, invocation: Invocation): Promise<UndrainReply> {
  const reason = invocation.option('reason');
  const { data } = await client.call('drain-end', {
    params: { id },
    ...(invocation.flag('force') ? { query: { force: '1' } } : {}),
    ...(reason === undefined ? {} : { reason }),
  });
  return data;
}

function notDraining(target: string, drains: readonly DrainState[]): SentinelError {
  const there = drains.length === 0 ? 'no target does' : `those that do: ${drains.map((one) => one.target).join(', ')}`;
  return new SentinelError('SNT-U007', `${target} neither drains nor is drained; ${there}`, {
    hint: 'sentinel drains',
  });
}

function doneText({ drain, checks, slow_start_ms: slow, lines }: UndrainReply, style: Style): string {
  const ramp = slow === 0 ? 'with its whole share at once' : `its share grows for ${durationText(slow)}`;
  const check = checks.length === 0 ? '' : `, its check passes (${checks.map(({ words }) => words).join('; ')})`;
  const word = drain.result === 'cancelled' ? 'drain cancelled: ' : '';
  const changed = lines.map((line) => `${printable(line)}\n`).join('');
  return `${style.green('✓')} ${word}${printable(drain.target)} takes requests again${printable(check)}, ${ramp}\n${changed}`;
}
