/** Shows a long text screen by screen, by the program that the operator has for that. Started directly, never by a shell. */
import { spawn } from 'node:child_process';
import { type Environment, variable } from '../../base/environment.ts';
import { wordsOf } from '../editing/editor.ts';

/** False where no pager could show it: whoever calls prints it then. An empty `PAGER`, or `cat`, means none. */
export async function showPaged(text: string, environment: Environment): Promise<boolean> {
  const [program = '', ...args] = wordsOf(variable(environment, 'PAGER') ?? 'less');
  if (program === '' || program === 'cat') return false;
  // What fits on one screen is just printed; colours are kept.
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'], env: { LESS: 'FRX', ...environment } });
  // Ctrl-C belongs to the pager as long as it is there.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  const shown = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code, signal) => resolve(code === 0 || signal !== null));
    // It may end before it has read all.
    child.stdin.on('error', () => {});
    child.stdin.end(text);
  });
  process.off('SIGINT', ignore);
  return shown;
}
