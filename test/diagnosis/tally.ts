/** Results of the benchmark in words and shares, and whether they are what is promised. Pure; `benchmark.ts` prints them. */
import { heldOut } from './held-out.ts';
import type { Result } from './trial.ts';
import { type FaultName, wanted } from './wanted.ts';

const targets = { procedure: 0.95, cause: 0.9, seconds: 10 };

export type Group = 'real' | 'simulated' | 'held-out';

export interface Tally {
  readonly lines: readonly string[];
  /** 0 = as promised, 1 = not, 3 = nothing was done. */
  readonly exitCode: 0 | 1 | 3;
}

export function groupOf(name: FaultName): Group {
  return name in heldOut ? 'held-out' : wanted[name].kind;
}

/** Those among `asked` that are neither a fault nor a group of them. */
export function unknownNames(asked: readonly string[]): readonly string[] {
  const groups: ReadonlySet<string> = new Set<Group>(['real', 'simulated', 'held-out']);
  return asked.filter((name) => !Object.hasOwn(wanted, name) && !groups.has(name));
}

/** What was said of one fault, and what was expected where that is something else. */
export function row(result: Result<FaultName>): string {
  const wish = wanted[result.name];
  const name = result.name.padEnd(30);
  if (result.impossible !== null) return `– ${name} not done: ${result.impossible}`;
  if (result.failure !== null) return `✗ ${name} failed: ${result.failure}`;
  const right = result.rightProcedure && result.rightCause && result.rightExit;
  const said = `${result.procedure ?? 'nothing wrong'} › ${result.causes.join(', ') || '–'} ${result.severity ?? ''}`;
  const also = wish.also === undefined ? '' : ` with ${wish.also.join(', ')}`;
  const want =
    right && result.rightSeverity
      ? ''
      : `   expected ${wish.procedure ?? 'nothing wrong'} › ${wish.first.join(' or ') || '–'}${also} ${wish.severity ?? ''}`;
  return `${right ? '✓' : '✗'} ${name} ${result.seconds.toFixed(1).padStart(5)} s  ${said}${want}`;
}

/** Real faults, simulated ones and held-out ones apart. One that was never diagnosed is not what was promised, whatever the rest is. */
export function tally(results: readonly Result<FaultName>[]): Tally {
  const lines: string[] = [];
  const done = results.filter(({ impossible }) => impossible === null);
  const failed = done.filter(({ failure }) => failure !== null);
  let met = failed.length === 0;
  for (const kind of ['real', 'simulated', 'held-out'] as const) {
    const of = done.filter(({ name }) => groupOf(name) === kind);
    if (of.length === 0) continue;
    const procedure = share(of, ({ rightProcedure }) => rightProcedure);
    const cause = share(of, ({ rightCause }) => rightCause);
    const severity = share(of, ({ rightSeverity }) => rightSeverity);
    const exit = share(of, ({ rightExit }) => rightExit);
    const slowest = Math.max(...of.map(({ seconds }) => seconds));
    lines.push(
      '',
      `${kind}: ${of.length} faults; procedure right ${percent(procedure)}, first cause right ${percent(cause)}, severity right ${percent(severity)}, exit status right ${percent(exit)}, slowest ${slowest.toFixed(1)} s`,
    );
    met &&= procedure >= targets.procedure && cause >= targets.cause && slowest <= targets.seconds;
  }
  const skipped = results.filter(({ impossible }) => impossible !== null);
  if (skipped.length > 0) {
    lines.push(`not done here: ${skipped.map(({ name, impossible }) => `${name} (${impossible})`).join(', ')}`);
  }
  if (failed.length > 0) lines.push(`failed: ${failed.map(({ name }) => name).join(', ')}`);
  const verdict = done.length === 0 ? 'NOTHING DONE' : met ? 'met' : 'MISSED';
  lines.push(
    `targets: procedure ≥ ${percent(targets.procedure)}, first cause ≥ ${percent(targets.cause)}, each within ${targets.seconds} s: ${verdict}`,
  );
  return { lines, exitCode: done.length === 0 ? 3 : met ? 0 : 1 };
}

function share(of: readonly Result<FaultName>[], right: (result: Result<FaultName>) => boolean): number {
  return of.filter(right).length / of.length;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}
