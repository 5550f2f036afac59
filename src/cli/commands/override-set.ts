/** `sentinel override KIND …`: lays values over the file for a while. Asks the daemon first what that would be. */
import type { OverrideKind, OverrideRequest } from '../../admin/contract/override-shapes.ts';
import type { Invocation, Outcome, RunCommand } from '../command.ts';
import { confirmed, declined } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { timeOf, usage, valuesOf } from '../overrides/values.ts';
import { changed, replacesText, setText, subjectText, untilText } from '../overrides/words.ts';

/** The command of one kind. */
export function settingOf(kind: Exclude<OverrideKind, 'maintenance' | 'target'>): { readonly run: RunCommand } {
  return { run: (invocation) => set(invocation, kind) };
}

async function set(invocation: Invocation, kind: OverrideKind): Promise<Outcome> {
  const help = ['sentinel', 'override', kind].join(' ');
  const request: OverrideRequest = {
    ...orderOf(invocation, kind, help),
    expires_in_ms: timeOf(invocation.option('for'), help),
  };
  const reason = invocation.option('reason');
  const why = reason === undefined ? {} : { reason };
  const client = daemonOf(invocation);
  const params = { kind };
  const confirm = invocation.option('confirm');
  if (!invocation.flag('yes') && confirm === undefined) {
    const { data, daemon, generation } = await client.call('override-set', {
      params,
      body: { ...request, dry_run: true },
    });
    const [first] = data.overrides;
    const proposal = {
      what: `override ${data.overrides.map((one) => `${subjectText(one)}: ${one.value}`).join(', ')}`,
      daemon,
      generation,
      effect: [`in every worker at once; ${data.overrides.map(replacesText).join(', ')}`, ...data.remarks].join('; '),
      undo: data.overrides.map(({ undo }) => undo).join(' && '),
      expires: first === undefined ? '–' : untilText(first),
      reason,
    };
    if (!(await confirmed(invocation, proposal))) return declined({ kind }, 'what runs is as it was');
  }
  const body = confirm === undefined ? request : { ...request, confirm };
  const reply = await client.call('override-set', { params, body, ...why });
  return changed(reply, (warnings, style) => setText(reply.data, warnings, style));
}

function orderOf(
  invocation: Invocation,
  kind: OverrideKind,
  help: string,
): Pick<OverrideRequest, 'subject' | 'values'> {
  const words = invocation.arguments('values');
  if (kind === 'limits') {
    if (words.length === 0)
      throw usage('no limit is named, expected KEY=VALUE such as max-total-connections=1000', help);
    return { values: valuesOf(words, null, help) };
  }
  const subject = invocation.argument('subject') ?? '';
  if (kind === 'rate-limit' && invocation.flag('all-routes')) {
    return {
      subject: '*',
      values: valuesOf(subject === '' ? words : [subject, ...words], 'requests-per-second', help),
    };
  }
  if (subject === '' || (subject.includes('=') && kind === 'rate-limit')) {
    throw usage('it is not said for which route; --all-routes means every one', help);
  }
  switch (kind) {
    case 'weight':
      return { subject, values: valuesOf([invocation.argument('weight') ?? ''], 'weight', help) };
    case 'fallback': {
      const upstream = invocation.argument('upstream');
      return { subject, values: upstream === undefined ? {} : { upstream } };
    }
    case 'timeout':
      return { subject, values: valuesOf(words, 'timeout-secs', help) };
    case 'rate-limit':
      return { subject, values: valuesOf(words, 'requests-per-second', help) };
    default:
      return { subject, values: valuesOf(words, null, help) };
  }
}
