/** `sentinel block add`: has the daemon refuse an address or network. */
import type { BlockReply } from '../../admin/contract/security-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { blockRemarks } from '../overrides/block-words.ts';
import type { Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const time = invocation.option('for');
  const confirm = invocation.option('confirm');
  const reason = invocation.option('reason');
  const body = {
    address: invocation.argument('address') ?? '',
    ...(time === undefined ? {} : { expires_in_ms: durationOf(time) }),
    ...(confirm === undefined ? {} : { confirm }),
  };
  const reply = await daemonOf(invocation).call('block-add', { body, ...(reason === undefined ? {} : { reason }) });
  const { data, daemon, generation, notes } = reply;
  const warnings = [...blockRemarks(data), ...notes];
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings,
    daemon,
    generation,
    text: (style) => text(data, warnings, style),
  };
}

function durationOf(given: string): number {
  const ms = parseDuration(given);
  if (ms !== null && ms > 0) return ms;
  throw new SentinelError(
    'SNT-P040',
    `--for is ${JSON.stringify(given)}, expected a time such as 90s, 30m, 12h or 7d`,
    {
      hint: 'sentinel block add --help',
    },
  );
}

function text({ block, replaced }: BlockReply, warnings: readonly string[], style: Style): string {
  const until =
    block.expires_in_ms === null
      ? 'until it is taken back'
      : `for ${durationText(Math.ceil(block.expires_in_ms / 1000) * 1000)}, until ${block.expires_at?.slice(0, 19).replace('T', ' ')}Z`;
  const lines = [
    `${style.green('✓')} ${style.bold(block.address)} is blocked ${until}${replaced ? ', in place of what was said of it before' : ''}`,
    ...warnings.map((warning) => `${style.yellow('▲')} ${printable(warning)}`),
    `  ${style.cyan('undo:')} sentinel block remove ${block.address}`,
  ];
  return `${lines.join('\n')}\n`;
}
