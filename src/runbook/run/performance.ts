/** Runs one program of a run: its output goes to the screen line by line, and what is kept of it is bounded. Neither shows secrets. */
import { rfc3339 } from '../../base/units.ts';
import { tailOf } from './argument-list.ts';
import type { CommandRecord } from './entry.ts';
import type { Walk } from './walk.ts';
import type { CommandEnd } from './world.ts';

/** Of what a program printed, in characters. */
const KEPT = 16_384;

export interface Order {
  /** As it is run; null = `bash`. */
  readonly argv: readonly string[] | null;
  /** Text of a fence. */
  readonly bash?: string;
  readonly timeoutMs: number;
}

/** How it looks in the transcript. */
export function shownOrder(walk: Walk, { argv }: Order): readonly string[] {
  return argv === null ? ['bash', '-euo', 'pipefail', '-c', '…'] : walk.discretion.argv(argv);
}

export async function perform(walk: Walk, order: Order): Promise<CommandRecord> {
  const { world, discretion } = walk;
  const started = world.clock.wallMs();
  const from = world.clock.now();
  const clean = discretion.lines();
  let rest = '';
  const print = (line: string): void => {
    const shown = clean(line);
    if (shown !== null) world.screen.output(shown);
  };
  const call = {
    timeoutMs: order.timeoutMs,
    signal: world.signal,
    onOutput: (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) print(line);
    },
  };
  const end: CommandEnd =
    order.argv === null
      ? await world.commands.runBash(order.bash ?? '', call)
      : await world.commands.run({ ...call, argv: order.argv });
  if (rest !== '') print(rest);
  world.facts.outdated();
  // Redacted before it is cut: half a secret is one too.
  const kept = tailOf(discretion.text(end.output), KEPT);
  return {
    argv: shownOrder(walk, order),
    cwd: world.commands.directory,
    started: rfc3339(started),
    duration_ms: Math.round(world.clock.now() - from),
    exit: end.exit,
    end: end.end,
    output: kept.text,
    truncated: kept.truncated || end.truncated,
  };
}

/** Why a program did not do what it should; null where it did. */
export function failureOf(command: CommandRecord, accepts: readonly number[], timeoutMs: number): string | null {
  const [program = ''] = command.argv;
  switch (command.end) {
    case 'exited':
      if (command.exit !== null && accepts.includes(command.exit)) return null;
      return `${program} exited with ${command.exit}, expected ${accepts.join(' or ')}`;
    case 'missing':
      return `there is no program ${program} here`;
    case 'denied':
      return `this user may not run ${program}`;
    case 'timeout':
      return `${program} was not done within ${timeoutMs / 1000} s and was ended`;
    case 'aborted':
      return `${program} was ended by you`;
  }
}
