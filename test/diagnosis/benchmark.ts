/**
 * `npm run diagnosis [-- NAME…] [--verbose]`: does every fault, or those of the names and groups (`real`, `simulated`, `held-out`),
 * asks the program what is wrong, and prints what it said and what was expected. Exits with 1 below the targets, with 3 when
 * nothing could be done.
 */
import { groupOf, row, tally, unknownNames } from './tally.ts';
import { type Result, tryFault, withoutDiagnosis } from './trial.ts';
import { type FaultName, wanted } from './wanted.ts';

const args = process.argv.slice(2);
const verbose = args.includes('--verbose');
const asked = args.filter((one) => one !== '--verbose');
const unknown = unknownNames(asked);
if (unknown.length > 0) {
  process.stderr.write(`no such fault or group of faults: ${unknown.join(', ')}\n`);
  process.exit(2);
}
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
const { lines, exitCode } = tally(results);
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = exitCode;

function failed(name: FaultName, error: unknown): Result<FaultName> {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
  return withoutDiagnosis(name, { impossible: null, failure: message, output: stack });
}
