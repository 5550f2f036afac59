/** `sentinel test`: holds every route test of the file against its routes, or sends each through the running proxy. */
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseDuration } from '../../base/units.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { expectationsOf, outcomeOf } from '../../routing/expectations.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { chooseConfig, mustLoadChoice, usualPlaces } from '../config-choice.ts';
import { daemonOf } from '../daemon.ts';
import { liveTests } from '../route-tests/live.ts';
import { countWords, testsText } from '../route-tests/table.ts';
import { fileTest, type RouteTest } from '../route-tests/verdict.ts';
import { printable } from '../text.ts';

const MOST_MS = 600_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  if (!invocation.flag('live')) {
    if (invocation.flag('unsafe')) throw usage('--unsafe is about requests that are sent: it goes with --live');
    const { file, loaded } = fileOf(invocation, null);
    const tests = expectationsOf(loaded).map((one) => fileTest(outcomeOf(loaded.config, one)));
    return report(invocation, { file, tests, live: false, warnings: [] });
  }
  const client = daemonOf(invocation);
  const timeoutMs = timeoutOf(invocation);
  const { data: status, daemon, generation, digest, notes } = await client.call('status');
  const { file, loaded } = fileOf(invocation, status.config.path);
  const { clock, version } = invocation;
  const options = { client, clock, version, config: loaded.config, timeoutMs, unsafe: invocation.flag('unsafe') };
  const tests = await liveTests(options, expectationsOf(loaded));
  const other =
    loaded.digest === digest ? [] : [`${file} is not what runs (generation ${generation}); next: sentinel config plan`];
  const moved = await changedMeanwhile(client, generation);
  return report(invocation, { file, tests, live: true, warnings: [...other, ...moved, ...notes], daemon, generation });
}

/** @param running The file of the daemon: what is tested where nothing is named. */
function fileOf(
  invocation: Invocation,
  running: string | null,
): { readonly file: string; readonly loaded: LoadedConfig } {
  const named = invocation.argument('file');
  const chosen = chooseConfig(invocation, named);
  const path = named === undefined && chosen.source.kind === 'default' ? (running ?? chosen.path) : chosen.path;
  if (path === null) {
    throw new SentinelError('SNT-C001', `no configuration to test: neither ${usualPlaces.join(' nor ')} exists`, {
      hint: 'sentinel test FILE',
    });
  }
  return { file: path, loaded: mustLoadChoice(invocation, { ...chosen, path }) };
}

async function changedMeanwhile(client: AdminClient, generation: number): Promise<readonly string[]> {
  const { generation: now } = await client.call('status');
  return now === generation ? [] : [`the configuration changed while the tests ran: generation ${generation}→${now}`];
}

interface Report {
  readonly file: string;
  readonly tests: readonly RouteTest[];
  readonly live: boolean;
  readonly warnings: readonly string[];
  readonly daemon?: string;
  readonly generation?: number;
}

function report(invocation: Invocation, { file, tests, live, warnings, ...daemon }: Report): Outcome {
  const count = (result: RouteTest['result']): number => tests.filter((test) => test.result === result).length;
  const failed = count('failed') > 0;
  // A file without tests has tested nothing.
  const unknown = count('unknown') > 0 || tests.length === 0;
  return {
    kind: 'report',
    exitCode: failed ? exitCodes.problems : unknown ? exitCodes.unknown : exitCodes.ok,
    status: failed ? 'problems' : unknown ? 'unknown' : 'ok',
    data: { file, live, tests, counts: { held: count('held'), failed: count('failed'), unknown: count('unknown') } },
    findings:
      tests.length === 0 ? [nothingTested(file)] : tests.filter(({ result }) => result !== 'held').map(findingOf),
    warnings,
    ...daemon,
    text(style) {
      const remarks = warnings.map((words) => `${style.yellow('▲')} ${printable(words)}\n`).join('');
      if (tests.length === 0) {
        return `${remarks}${style.yellow('?')} ${printable(file)} has no route tests; write \`expect { request "GET" "/" }\` into a route\n`;
      }
      const mark = failed ? style.red('✗') : unknown ? style.yellow('?') : style.green('✓');
      const how = live ? 'through the running proxy' : `by the routes of ${printable(file)}`;
      return `${testsText(tests, style, invocation.stdout)}${remarks}${mark} ${style.bold(countWords(tests))}, ${how}\n`;
    },
  };
}

function nothingTested(file: string): Finding {
  return { code: 'SNT-P051', severity: 'warning', title: 'there are no route tests', detail: file };
}

function findingOf({ result, method, url, why, place }: RouteTest): Finding {
  const detail = `${method} ${url}: ${why ?? ''}${place === null ? '' : ` (${place})`}`;
  return result === 'failed'
    ? { code: 'SNT-C189', severity: 'error', title: 'route test does not hold', detail }
    : { code: 'SNT-P051', severity: 'warning', title: 'nobody saw what became of a route test', detail };
}

function timeoutOf(invocation: Invocation): number {
  const text = invocation.option('timeout') ?? '10s';
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= MOST_MS) return ms;
  throw usage(`--timeout is ${JSON.stringify(text)}, expected a duration such as 10s, at most 10m`);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel test --help' });
}
