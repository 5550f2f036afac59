/** `sentinel target add|remove|weight`: changes the targets of an upstream while the daemon runs, or in the file. */
import type { AdminClient, Reply } from '../../admin/client/client.ts';
import { AdminRefusal } from '../../admin/client/client.ts';
import type { TargetReply } from '../../admin/contract/override-shapes.ts';
import type { Invocation, Outcome, RunCommand } from '../command.ts';
import { confirmed, confirmedByName, declined, type Proposal } from '../confirmation.ts';
import { daemonOf } from '../daemon.ts';
import { timeOf, usage } from '../overrides/values.ts';
import { changed, clearedText, setText } from '../overrides/words.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

export type TargetVerb = 'add' | 'remove' | 'weight';

/** The command of one verb. */
export function changingOf(verb: TargetVerb): { readonly run: RunCommand } {
  return { run: (invocation) => change(invocation, verb) };
}

async function change(invocation: Invocation, verb: TargetVerb): Promise<Outcome> {
  const name = invocation.argument('upstream') ?? '';
  const address = invocation.argument('address') ?? '';
  const help = ['sentinel', 'target', verb].join(' ');
  const weight = weightOf(invocation, help);
  const client = daemonOf(invocation);
  const persist = invocation.flag('persist');
  const before = await client.call('upstream', { params: { name } });
  const now = before.data.targets.find((target) => target.address === address);
  const proposal: Proposal = {
    what: `${verb === 'weight' ? `set the weight of ${address} in ${name} to ${weight}` : `${verb} ${address} ${verb === 'add' ? 'to' : 'from'} ${name}`}${persist ? ', in the file' : ''}`,
    daemon: before.daemon,
    generation: before.generation,
    effect: `${name} has ${before.data.targets.length} targets, ${before.data.available} of them take requests (min-healthy ${before.data.min_healthy})`,
    undo: undoOf(verb, name, address, persist ? (now?.weight ?? 1) : null),
    expires: persist ? 'never: it is in the file' : (invocation.option('for') ?? 'when it is taken back'),
    reason: invocation.option('reason'),
  };
  const given = invocation.option('confirm');
  if (given === undefined && !(await confirmed(invocation, proposal)))
    return declined({ name, address }, `${name} is as it was`);
  const send = (confirm: string | undefined) =>
    order(client, invocation, verb, { name, address, weight, confirm, help });
  try {
    return outcome(await send(given), proposal.undo);
  } catch (error) {
    const severe = error instanceof AdminRefusal && error.code === 'SNT-A036' && given === undefined;
    if (!severe || !invocation.stdin.isTerminal) throw error;
    const worse = { ...proposal, effect: error.message };
    if (!(await confirmedByName(invocation, worse, address)))
      return declined({ name, address }, `${name} is as it was`);
    return outcome(await send(address), proposal.undo);
  }
}

function order(
  client: AdminClient,
  invocation: Invocation,
  verb: TargetVerb,
  {
    name,
    address,
    weight,
    confirm,
    help,
  }: { name: string; address: string; weight: number | null; confirm: string | undefined; help: string },
): Promise<Reply<TargetReply>> {
  const reason = invocation.option('reason');
  const why = reason === undefined ? {} : { reason };
  const params = { name };
  const persist = invocation.flag('persist');
  const sure = confirm === undefined ? {} : { confirm };
  if (verb === 'remove') {
    const query = { address, ...(persist ? ({ persist: '1' } as const) : {}), ...sure };
    return client.call('target-remove', { params, query, ...why });
  }
  const expires = timeOf(invocation.option('for'), help, null);
  if (persist && expires !== null)
    throw usage('what is written into the file does not end: --for and --persist exclude each other', help);
  const body = {
    address,
    ...(weight === null ? {} : { weight }),
    ...(persist ? { persist } : {}),
    ...(expires === null ? {} : { expires_in_ms: expires }),
    ...sure,
  };
  return client.call(verb === 'add' ? 'target-add' : 'target-weight', { params, body, ...why });
}

function outcome(reply: Reply<TargetReply>, undo: string): Outcome {
  return changed(reply, (warnings, style) => text(reply.data, undo, warnings, style));
}

function text(reply: TargetReply, undo: string, warnings: readonly string[], style: Style): string {
  const { written, overrides } = reply;
  if (written === null) {
    return reply.taken_back ? clearedText(reply, warnings, style) : setText(reply, warnings, style);
  }
  const lines =
    written.diff.length === 0
      ? [`${style.green('✓')} ${printable(written.file)} said so already`]
      : [
          `${style.green('✓')} written into ${style.bold(printable(written.file))}, in force as generation ${written.generation}`,
          ...written.diff.map(
            (line) => `  ${line.startsWith('-') ? style.red(printable(line)) : style.green(printable(line))}`,
          ),
          `  ${style.cyan('undo:')} ${printable(undo)}`,
        ];
  const ended = overrides.map(
    (one) => `  ended with it: override ${one.kind} ${printable(one.subject)} (${printable(one.value)})`,
  );
  return `${[...lines, ...ended, ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`)].join('\n')}\n`;
}

function weightOf(invocation: Invocation, help: string): number | null {
  const given = invocation.argument('weight');
  if (given === undefined) return null;
  if (/^\d{1,6}$/.test(given)) return Number(given);
  throw usage(`the weight is ${JSON.stringify(given)}, expected a whole number such as 1`, help);
}

/** @param before The weight that the file gives it now, where that is what changes. */
function undoOf(verb: TargetVerb, name: string, address: string, before: number | null): string {
  const last = before === null ? '' : ' --persist';
  if (verb === 'remove') return `sentinel target add ${name} ${address}${before === null ? '' : ` ${before}`}${last}`;
  if (verb === 'add') return `sentinel target remove ${name} ${address}${last}`;
  return before === null
    ? `sentinel override clear weight ${name}/${address}`
    : `sentinel target weight ${name} ${address} ${before} --persist`;
}
