/**
 * `npm run diagnosis [-- NAME…] [--verbose]`: does every fault, asks the program what is wrong, and prints what was expected and what
 * it said, with the share that was right. Real faults, simulated ones and those that no rule was built against (`held-out`, also a name) are counted apart. Fails below the targets.
 */
import { heldOut } from './held-out.ts';
import { type Result, tryFault, withoutDiagnosis } from './trial.ts';
import { type FaultName, wanted } from './wanted.ts';

const targets = { procedure: 0.95, cause: 0.9, seconds: 10 };

const args = process.argv.slice(2);
const verbose = args.includes('--verbose');
const asked = args.filter((one) => !one.startsWith('--'));
const names = (Object.keys(wanted) as FaultName[]).filter(
  (name) => asked.length === 0 || asked.includes(name) || asked.includes(groupOf(name)),
);

const results: Result<FaultName>[] = [];
for (const name of names) {
  const result = await tryFault(name).catch((error: unknown) => failed(name, error));
  results.push(result);
  process.stdout.write(`${row(result)}\n`);
  if (verbose && result.output !== '') process.stdout.write(`${result.output}\n`);
}

const done = results.filter(({ impossible }) => impossible === null);
const met = (['real', 'simulated', 'held-out'] as const).map((kind) => {
  const of = done.filter(({ name }) => groupOf(name) === kind);
  if (of.length === 0) return true;
  const procedure = share(of, ({ rightProcedure }) => rightProcedure);
  const cause = share(of, ({ rightCause }) => rightCause);
  const severity = share(of, ({ rightSeverity }) => rightSeverity);
  const exit = share(of, ({ rightExit }) => rightExit);
  const slowest = Math.max(...of.map(({ seconds }) => seconds));
  process.stdout.write(
    `\n${kind}: ${of.length} faults; procedure right ${percent(procedure)}, first cause right ${percent(cause)}, severity right ${percent(severity)}, exit status right ${percent(exit)}, slowest ${slowest.toFixed(1)} s\n`,
  );
  return procedure >= targets.procedure && cause >= targets.cause && slowest <= targets.seconds;
});
const skipped = results.filter(({ impossible }) => impossible !== null);
if (skipped.length > 0)
  process.stdout.write(
    `not done here: ${skipped.map(({ name, impossible }) => `${name} (${impossible})`).join(', ')}\n`,
  );
process.stdout.write(
  `targets: procedure ≥ ${percent(targets.procedure)}, first cause ≥ ${percent(targets.cause)}, each within ${targets.seconds} s: ${met.every(Boolean) ? 'met' : 'MISSED'}\n`,
);
process.exitCode = met.every(Boolean) ? 0 : 1;

function row(result: Result<FaultName>): string {
  const wish = wanted[result.name];
  if (result.impossible !== null) return `– ${result.name.padEnd(30)} not done: ${result.impossible}`;
  const right = result.rightProcedure && result.rightCause && result.rightExit;
  const said = `${result.procedure ?? 'nothing wrong'} › ${result.causes.join(', ') || '–'} ${result.severity ?? ''}`;
  const want =
    right && result.rightSeverity
      ? ''
      : `   expected ${wish.procedure ?? 'nothing wrong'} › ${wish.first.join(' or ') || '–'}${wish.also === undefined ? '' : ` with ${wish.also.join(', ')}`} ${wish.severity ?? ''}`;
  return `${right ? '✓' : '✗'} ${result.name.padEnd(30)} ${result.seconds.toFixed(1).padStart(5)} s  ${said}${want}`;
}

function groupOf(name: FaultName): 'real' | 'simulated' | 'held-out' {
  return name in heldOut ? 'held-out' : wanted[name].kind;
}

function share(of: readonly Result<FaultName>[], right: (result: Result<FaultName>) => boolean): number {
  return of.filter(right).length / of.length;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

function failed(name: FaultName, error: unknown): Result<FaultName> {
  const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return withoutDiagnosis(name, { impossible: null, output });
}
