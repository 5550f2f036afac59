/** `sentinel override clear`: takes back what was set at run time, of one kind or all. */
import type { AdminClient } from '../../admin/client/client.ts';
import type { OverrideQuery, OverrideState } from '../../admin/contract/override-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import type { Invocation, Outcome } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { usage } from '../overrides/values.ts';
import { changed, clearedText, subjectText } from '../overrides/words.ts';

const help = 'sentinel override clear';

export async function run(invocation: Invocation): Promise<Outcome> {
  const kind = invocation.argument('kind');
  const all = invocation.flag('all');
  if (all === (kind !== undefined)) throw usage('it needs a kind, or --all', help);
  if (kind === 'block' || kind === 'log-level') {
    throw new SentinelError('SNT-P040', `what is set of ${kind} is taken back by a command of its own`, {
      hint: kind === 'block' ? 'sentinel block remove ADDRESS' : 'sentinel log-level reset',
    });
  }
  const query = queryOf(invocation);
  const client = daemonOf(invocation);
  const reason = invocation.option('reason');
  if (!invocation.flag('yes')) {
    const { data, daemon, generation } = await client.call('overrides');
    const chosen = data.overrides.filter((one) => isChosen(one, kind, query));
    const proposal = {
      what: `take back ${chosen.length === 0 ? 'nothing' : chosen.map(subjectText).join(', ')}`,
      daemon,
      generation,
      effect: chosen.map((one) => `${one.value} → ${one.replaces ?? 'nothing'}`).join(', ') || 'none',
      undo: 'set it again',
      expires: 'never: the file holds from now on',
      reason,
    };
    // Of what is not there the daemon says so, without a question.
    if (chosen.length > 0 && !(await confirmed(invocation, proposal))) {
      return declined({ kind: kind ?? null }, 'what is set stays set');
    }
  }
  const reply = await call(client, kind, query, reason);
  const blocks = (await client.call('overrides')).data.overrides.filter((one) => one.kind === 'block').length;
  return changed(reply, (warnings, style) => {
    const stay = all && blocks > 0 ? [`${blocks} blocked networks stay blocked: sentinel block list`] : [];
    return clearedText(reply.data, [...stay, ...warnings], style);
  });
}

function call(client: AdminClient, kind: string | undefined, query: OverrideQuery, reason: string | undefined) {
  const why = reason === undefined ? {} : { reason };
  return kind === undefined
    ? client.call('overrides-clear', why)
    : client.call('override-clear', { params: { kind }, query, ...why });
}

function queryOf(invocation: Invocation): OverrideQuery {
  const subject = invocation.flag('all-routes') ? '*' : invocation.argument('subject');
  const key = invocation.argument('key');
  return { ...(subject === undefined ? {} : { subject }), ...(key === undefined ? {} : { key }) };
}

function isChosen(one: OverrideState, kind: string | undefined, { subject, key }: OverrideQuery): boolean {
  if (kind === undefined) return one.kind !== 'block' && one.kind !== 'log-level';
  return (
    one.kind === kind && (subject === undefined || one.subject === subject) && (key === undefined || one.key === key)
  );
}
