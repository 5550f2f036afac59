/** One fault done for real, diagnosed by the real program, and held against what is expected. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultName as SeenName } from './expected.ts';
import type { Asked, RecordedFacts } from './fault.ts';
import { faults } from './faults.ts';
import { type Ended, Scene } from './scene.ts';
import { type FaultName, wanted } from './wanted.ts';

export interface Result<Name extends FaultName = SeenName> {
  readonly name: Name;
  /** Why it could not be done here; null when it was. */
  readonly impossible: string | null;
  /** Why there is no verdict although it should have been done; null when there is one. */
  readonly failure: string | null;
  readonly procedure: string | null;
  readonly causes: readonly string[];
  readonly severity: string | null;
  readonly exitCode: number | null;
  readonly seconds: number;
  readonly rightProcedure: boolean;
  readonly rightCause: boolean;
  readonly rightSeverity: boolean;
  readonly rightExit: boolean;
  /** What the program printed, where it was wrong. */
  readonly output: string;
}

interface Verdict {
  readonly procedure: string | null;
  readonly causes: readonly { readonly cause: string }[];
  readonly severity: string | null;
}

export async function tryFault<Name extends FaultName>(name: Name): Promise<Result<Name>> {
  const scene = await new Scene().open();
  try {
    const asked = (await faults[name](scene)) ?? {};
    if ('impossible' in asked)
      return withoutDiagnosis(name, { impossible: asked.impossible, failure: null, output: '' });
    return judged(name, await diagnose(scene, asked));
  } finally {
    await scene.end();
  }
}

/** Runs `sentinel diagnose`; where something is put on record, first to collect and then to judge. */
async function diagnose(
  scene: Scene,
  { args = [], environment = {}, record, command: asked, through }: Asked,
): Promise<Ended> {
  const command = ['diagnose', ...(asked ?? ['-c', scene.configFile]), '--json', ...args];
  if (record === undefined) return scene.run(command, environment, through);
  const file = join(scene.folder, 'facts.json');
  await scene.run([...command, '--save-facts', file], environment);
  const facts = JSON.parse(readFileSync(file, 'utf8')) as RecordedFacts;
  record(facts);
  writeFileSync(file, JSON.stringify(facts));
  return scene.run([...command, '--facts', file], environment);
}

function judged<Name extends FaultName>(name: Name, ended: Ended): Result<Name> {
  const wish = wanted[name];
  const verdict = verdictOf(ended.stdout);
  const causes = verdict?.causes.map(({ cause }) => cause) ?? [];
  const [first] = causes;
  const rightCause =
    verdict !== null &&
    (wish.first.length === 0 ? first === undefined : wish.first.some((one) => one === first)) &&
    (wish.also ?? []).every((one) => causes.includes(one));
  const result = {
    name,
    impossible: null,
    failure: verdict === null ? `no verdict, exit status ${ended.code}` : null,
    procedure: verdict?.procedure ?? null,
    causes,
    severity: verdict?.severity ?? null,
    exitCode: ended.code,
    seconds: ended.seconds,
    rightProcedure: verdict !== null && verdict.procedure === wish.procedure,
    rightCause,
    rightSeverity: verdict !== null && verdict.severity === wish.severity,
    rightExit: ended.code === (wish.procedure === null ? 0 : 1),
  };
  const right = result.rightProcedure && rightCause && result.rightExit;
  return { ...result, output: right ? '' : `${ended.stdout}${ended.stderr}` };
}

function verdictOf(text: string): Verdict | null {
  try {
    return (JSON.parse(text) as { data: { verdict: Verdict } | null }).data?.verdict ?? null;
  } catch {
    return null;
  }
}

/** Of a fault that came to no diagnosis. */
export function withoutDiagnosis<Name extends FaultName>(
  name: Name,
  said: Pick<Result, 'impossible' | 'failure' | 'output'>,
): Result<Name> {
  return {
    name,
    procedure: null,
    causes: [],
    severity: null,
    exitCode: null,
    seconds: 0,
    rightProcedure: false,
    rightCause: false,
    rightSeverity: false,
    rightExit: false,
    ...said,
  };
}
