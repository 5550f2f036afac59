/** What the operator asked of a diagnosis, checked: which options go together, and what each is. Asks nobody. */
import { SentinelError } from '../../base/errors.ts';
import { type Procedure, procedures } from '../../diagnosis/causes.ts';
import type { Invocation } from '../command.ts';
import { durationOption } from '../drains/order.ts';

export type DiagnoseFormat = 'text' | 'json' | 'markdown' | 'slack' | 'junit';

export interface DiagnoseChoice {
  readonly format: DiagnoseFormat;
  readonly short: boolean;
  readonly guided: boolean;
  readonly intrusive: boolean;
  readonly repeat: 'no' | 'watch' | 'wait';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Where the walk begins; null = at the root of the tree. */
  readonly symptom: string | null;
  /** File to judge; null = collect, or judge a bundle. */
  readonly factsFile: string | null;
  /** Snapshot to judge, or an incident: its last one. */
  readonly bundle: string | null;
  readonly saveTo: string | null;
}

/** Closer together the rounds themselves would be the load. */
const SHORTEST_INTERVAL_MS = 1_000;
const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 120_000;

/** Collecting and judging a file exclude each other. */
const collecting = ['daemon', 'save-facts', 'incident'] as const;
const collectingFlags = ['watch', 'wait', 'intrusive'] as const;

/** @throws SNT-P040 for what does not go together, SNT-P047 where `--guided` has nobody to ask */
export function choiceOf(invocation: Invocation): DiagnoseChoice {
  const { option, flag } = invocation;
  const format = invocation.json ? 'json' : ((option('format') ?? 'text') as DiagnoseFormat);
  const factsFile = option('facts') ?? null;
  const bundle = option('bundle') ?? null;
  if (factsFile !== null && bundle !== null)
    throw usage('--facts and --bundle both name what is to be judged: one of them');
  if (factsFile !== null || bundle !== null) {
    const other = [
      ...collecting.filter((name) => option(name) !== undefined),
      ...collectingFlags.filter((name) => flag(name)),
    ][0];
    if (other !== undefined)
      throw usage(
        `--${bundle === null ? 'facts' : 'bundle'} judges what was found out before, and --${other} asks anew`,
      );
  }
  const [watch, wait, guided] = [flag('watch'), flag('wait'), flag('guided')];
  if (watch && wait) throw usage('--watch goes on for ever, and --wait ends: one of them');
  if (guided && (watch || wait))
    throw usage(`--guided stops at every step, and --${watch ? 'watch' : 'wait'} does not`);
  if (watch && format !== 'text' && format !== 'json')
    throw usage(`--watch prints lines of text or JSON, and no ${format}`);
  if (guided && !(invocation.stdin.isTerminal && invocation.stderr.isTerminal)) {
    throw new SentinelError('SNT-P047', 'nobody can be asked which probes may run; nothing was asked', {
      hint: 'leave --guided away; give --intrusive if the probes may run that others could notice',
    });
  }
  const intervalMs = durationOption(invocation, 'interval') ?? INTERVAL_MS;
  if (intervalMs < SHORTEST_INTERVAL_MS) throw usage('--interval is shorter than 1s');
  return {
    format,
    short: flag('short'),
    guided,
    intrusive: flag('intrusive'),
    repeat: watch ? 'watch' : wait ? 'wait' : 'no',
    intervalMs,
    timeoutMs: durationOption(invocation, 'timeout') ?? TIMEOUT_MS,
    symptom: symptomOf(option('symptom')),
    factsFile,
    bundle,
    saveTo: option('save-facts') ?? null,
  };
}

function symptomOf(name: string | undefined): string | null {
  if (name === undefined) return null;
  if (procedures.includes(name as Procedure)) return name;
  throw usage(`--symptom is ${JSON.stringify(name)}, expected one of ${procedures.join(', ')}`);
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel diagnose --help' });
}

/** What was found out before is judged, and nobody is asked. */
export function judgesKept({ factsFile, bundle }: Pick<DiagnoseChoice, 'factsFile' | 'bundle'>): boolean {
  return factsFile !== null || bundle !== null;
}
