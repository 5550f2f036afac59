/** The command line of the bench. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Contender } from './contender.ts';
import { caddy } from './contenders/caddy.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginx } from './contenders/nginx.ts';
import { reference } from './contenders/reference.ts';
import { sentinel } from './contenders/sentinel.ts';
import { versionOf } from './processes.ts';
import { type Workload, workloads } from './workloads.ts';

export const contenders: readonly Contender[] = [sentinel, haproxy, nginx, caddy, reference];

export interface BenchOptions {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  /** Access log off, on or both. */
  readonly logs: readonly boolean[];
  readonly rounds: number;
  readonly seconds: number;
  /** The proxies on one core, wrk and the origin on another, so that neither disturbs the other; `null` = wherever. */
  readonly cores: { readonly proxy: number; readonly load: number } | null;
  /** False when something was left out: then the committed results are not replaced. */
  readonly complete: boolean;
}

export const usage = `npm run bench -- [options]
  --only NAMES      workloads, of: ${workloads.map(({ name }) => name).join(',')}
  --proxies NAMES   proxies, of: ${contenders.map(({ name }) => name).join(',')}
  --log WHICH       access log: off, on or both (both)
  --rounds N        rounds, of which the median counts (3)
  --seconds N       length of one run (3)
  --quick           one round of one second
  --no-pin          do not keep proxy and load on a core each
  --help            this text
Only a run without --only, --proxies, --log and --quick replaces bench/RESULTS.md; every run writes bench/out/.
`;

/** Throws with a sentence for people when the arguments are wrong; `null` = only help was asked for. */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      proxies: { type: 'string' },
      log: { type: 'string', default: 'both' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'no-pin': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const defaultLength = values.quick ? '1' : '3';
  const canPin = availableParallelism() > 1 && versionOf('taskset', ['--version']) !== null;
  return {
    contenders: named('--proxies', contenders, values.proxies),
    workloads: named('--only', workloads, values.only),
    logs: logs(values.log),
    rounds: positive('--rounds', values.rounds ?? defaultLength),
    seconds: positive('--seconds', values.seconds ?? defaultLength),
    cores: canPin && !values['no-pin'] ? { proxy: 0, load: 1 } : null,
    complete: values.only === undefined && values.proxies === undefined && values.log === 'both' && !values.quick,
  };
}

function named<T extends { readonly name: string }>(
  flag: string,
  all: readonly T[],
  list: string | undefined,
): readonly T[] {
  if (list === undefined) return all;
  const names = list.split(',');
  const unknown = names.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new Error(`${flag} ${unknown}: expected one of ${all.map(({ name }) => name).join(', ')}`);
  }
  return all.filter(({ name }) => names.includes(name));
}

function logs(which: string): readonly boolean[] {
  if (which === 'both') return [false, true];
  if (which !== 'on' && which !== 'off') throw new Error(`--log ${which}: expected off, on or both`);
  return [which === 'on'];
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${flag} ${text}: expected a whole number from 1`);
  return number;
}
