/** `sentinel log-level`: what is logged at which level, and levels for a while, for all or for one module. */
import {
  type LogLevelName,
  logLevelNames,
  type LogLevelsReply,
  type LogLevelState,
} from '../../admin/contract/log-shapes.ts';
import type { Reply } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { durationText, printable } from '../text.ts';

/** As long as USR1 does. */
const USUAL_TIME = '15m';
/** What the daemon takes: seven days. */
const MOST_MS = 7 * 86_400_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const level = invocation.argument('level')?.toLowerCase();
  const client = daemonOf(invocation);
  if (level === undefined) return show(await client.call('log-levels'), invocation.stdout);
  const module = invocation.option('module');
  const reason = invocation.option('reason');
  const why = reason === undefined ? {} : { reason };
  if (level === 'reset') {
    const reply = await client.call('log-level-reset', module === undefined ? why : { query: { module }, ...why });
    const { removed, configured } = reply.data;
    return done(reply, (style) =>
      removed.length === 0
        ? `no level was set; everything is logged at ${configured}\n`
        : `${style.green('✓')} ${removed.map(ofText).join(', ')} logged at ${configured} again\n`,
    );
  }
  if (!isLevel(level)) {
    throw new SentinelError(
      'SNT-P040',
      `there is no level ${JSON.stringify(level)}, expected ${logLevelNames.join(', ')} or reset`,
      {
        hint: 'sentinel log-level --help',
      },
    );
  }
  const body = { level, expires_in_ms: timeOf(invocation), ...(module === undefined ? {} : { module }) };
  const reply = await client.call('log-level-set', { body, ...why });
  const { override } = reply.data;
  const undo = `sentinel log-level reset${override.module === null ? '' : ` --module ${override.module}`}`;
  return done(
    reply,
    (style) =>
      `${style.green('✓')} ${ofText(override)} logged at ${style.bold(override.level)} for ${durationText(Math.ceil(override.expires_in_ms / 1000) * 1000)}, until ${override.expires_at.slice(0, 19).replace('T', ' ')}Z\n  ${style.cyan('undo:')} ${undo}\n`,
  );
}

function isLevel(word: string): word is LogLevelName {
  return (logLevelNames as readonly string[]).includes(word);
}

function timeOf(invocation: Invocation): number {
  const given = invocation.option('for') ?? USUAL_TIME;
  const ms = parseDuration(given);
  if (ms !== null && ms > 0 && ms <= MOST_MS) return ms;
  const expected = 'expected a time such as 90s, 15m or 2h, up to 7d';
  throw new SentinelError('SNT-P040', `--for is ${JSON.stringify(given)}, ${expected}`, {
    hint: 'sentinel log-level --help',
  });
}

function ofText({ module }: LogLevelState): string {
  return module === null ? 'everything is' : `${module} is`;
}

function done(reply: Reply<unknown>, text: (style: Style) => string): Outcome {
  const { data, daemon, generation, notes } = reply;
  return { kind: 'report', exitCode: exitCodes.ok, status: 'ok', data, warnings: notes, daemon, generation, text };
}

function show(reply: Reply<LogLevelsReply>, output: Output): Outcome {
  return done(reply, (style) => text(reply.data, style, output));
}

const columns = [{ title: 'MODULE' }, { title: 'LEVEL' }, { title: 'WHAT', drop: 1 }];

function text({ configured, modules, overrides }: LogLevelsReply, style: Style, output: Output): string {
  const rows = modules.map(({ module, level, meaning }) => ({
    cells: [module, level, meaning],
    paint: level === configured ? (plain: string) => plain : style.yellow,
  }));
  const set = overrides.map((override) => {
    const { level, actor, reason, expires_in_ms: left } = override;
    const why = reason === null ? '' : `: ${reason}`;
    return `${style.yellow('▲')} ${ofText(override)} at ${level} for another ${durationText(left)}, by ${printable(`${actor}${why}`)}\n`;
  });
  return `${set.join('')}${fittedTable(columns, rows, style, output)}configured: ${configured}\n`;
}
