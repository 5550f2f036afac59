/** The snapshot key: `sentinel incident snapshot --fast` as a process of its own, so that the screen goes on and leaving it cuts nothing. */
import { spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import { addressText, type DaemonTarget } from '../../admin/client/address.ts';
import type { Invocation } from '../../cli/command.ts';
import { ownCommand } from '../../cli/own-command.ts';
import type { Notice } from '../store/state.ts';

/** It bounds itself to five seconds; what is not over by then hangs. */
const LONGEST_MS = 30_000;
const MOST_BYTES = 1 << 20;

type Words = Omit<Notice, 'untilMs'>;

/** What became of it; never rejects. */
export function takeSnapshot(
  { origin, context, directory }: Pick<Invocation, 'origin' | 'context' | 'directory'>,
  target: DaemonTarget | undefined,
): Promise<Words> {
  if (origin === undefined || target === undefined) return Promise.resolve(failed('it is not known how to start one'));
  const [address] = target.addresses;
  const named = target.name === 'local' || address === undefined ? [] : ['--daemon', addressText(address)];
  const [program, ...rest] = ownCommand(origin);
  const args = [...rest, 'incident', 'snapshot', '--fast', '--json', '--no-input', ...named];
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: directory,
      env: { ...context.environment },
      stdio: ['ignore', 'pipe', 'ignore'],
      // Not of this terminal: Ctrl-C, or its end, is not meant for what was asked to be kept.
      detached: true,
    });
    let text = '';
    const timer = setTimeout(() => child.kill('SIGTERM'), LONGEST_MS);
    timer.unref();
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      if (text.length < MOST_BYTES) text += piece;
    });
    child.on('error', (error) => resolve(failed(error.message)));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(wordsOf(text, code));
    });
    child.unref();
  });
}

function wordsOf(text: string, code: number | null): Words {
  try {
    const { data, findings } = JSON.parse(text) as {
      readonly data: { readonly file?: string; readonly incident?: string } | null;
      readonly findings?: readonly { readonly detail: string }[];
    };
    const file = data?.file;
    if (file !== undefined && file !== null)
      return { tone: code === 0 ? 'good' : 'warn', words: `snapshot kept: ${basename(file)} in ${dirname(file)}` };
    return failed(findings?.[0]?.detail ?? `exit status ${code}`);
  } catch {
    return failed(`exit status ${code}`);
  }
}

function failed(why: string): Words {
  return { tone: 'bad', words: `no snapshot was taken: ${why}` };
}
