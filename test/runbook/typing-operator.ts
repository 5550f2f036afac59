/** Somebody at a terminal: runs sentinel under `script`, waits for what is asked, and types. Plain on a pipe as well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { compileCache } from '../helpers/compile-cache.ts';
import { commandLog } from '../helpers/command-log.ts';
import { programCommand } from '../helpers/program.ts';

/** More are a question that is never answered. */
const MOST_PROMPTS = 200;

export interface Session {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  /** What is typed at which prompt: the first that matches counts, its answers one after the other, the last for ever. `^C` is Ctrl-C. */
  readonly types: readonly (readonly [prompt: RegExp, ...answers: string[]])[];
  /** Told of everything that was printed so far, as it grows. */
  readonly onOutput?: (text: string) => void;
}

export interface Played {
  readonly code: number | null;
  /** Without colours. */
  readonly text: string;
  /** The last line of each prompt that was answered. */
  readonly prompts: readonly string[];
}

/** @param script path of the program of that name */
export async function typeAtTerminal(script: string, session: Session): Promise<Played> {
  const { args, environment, directory, onOutput } = session;
  const command = [...programCommand(), ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn(script, ['-qec', command, '/dev/null'], {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      ...compileCache(),
      ...commandLog(),
      TERM: 'xterm',
      NO_COLOR: '1',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const rules = session.types.map(([prompt, ...answers]) => ({ prompt, answers }));
  const prompts: string[] = [];
  let text = '';
  let seen = 0;
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += stripVTControlCharacters(piece).replaceAll('\r', '');
    onOutput?.(text);
    const line = text.slice(text.lastIndexOf('\n') + 1);
    // Only what was printed since the last answer can ask for this one.
    if (text.length === seen || !/(?:›|:) $/.test(line)) return;
    const rule = rules.find(({ prompt }) => prompt.test(line));
    if (rule === undefined) return;
    const answer = rule.answers.length > 1 ? rule.answers.shift() : rule.answers[0];
    // A copy: what is cut out of a text keeps the whole of it.
    prompts.push(Buffer.from(line.trim()).toString());
    if (prompts.length > MOST_PROMPTS) {
      child.kill('SIGKILL');
      return;
    }
    seen = text.length;
    child.stdin.write(answer === '^C' ? '\u0003' : `${answer}\n`);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text, prompts };
}
