/** The operator's editor: which one, and one run of it on one file. Started directly with an argument list, never by a shell. */
import { spawn } from 'node:child_process';
import { type Environment, variable } from '../../base/environment.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';

/** Whether somebody has named an editor. */
export function isNamed(environment: Environment): boolean {
  return (variable(environment, 'VISUAL') ?? variable(environment, 'EDITOR')) !== undefined;
}

/** Program and arguments. */
export function editorOf(environment: Environment): readonly [string, ...string[]] {
  const named = variable(environment, 'VISUAL') ?? variable(environment, 'EDITOR') ?? 'vi';
  const [program = 'vi', ...args] = wordsOf(named);
  return [program, ...args];
}

/** `code --wait`, `"/opt/my editor/bin/ed" -n`: words between spaces, quotes around those that have some. */
export function wordsOf(line: string): readonly string[] {
  const words = line.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))+/g);
  return [...words].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/**
 * Runs it on a file with the terminal of this process, and waits for its end.
 * @throws SNT-P061 when it cannot be started, or ends with an error
 */
export async function runEditor(environment: Environment, path: string): Promise<void> {
  const [program, ...args] = editorOf(environment);
  const child = spawn(program, [...args, path], { stdio: 'inherit', env: environment });
  const ending = await new Promise<string | null>((resolve) => {
    child.once('error', (error) => resolve(errnoOf(error) === 'ENOENT' ? 'there is no such program' : String(error)));
    child.once('exit', (code, signal) => resolve(code === 0 ? null : `it ended with ${signal ?? `status ${code}`}`));
  });
  if (ending === null) return;
  throw new SentinelError('SNT-P061', `the editor ${program} could not be used: ${ending}`, {
    hint: 'EDITOR=nano sentinel config edit',
  });
}
