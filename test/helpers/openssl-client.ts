/** `openssl s_client` as a client of tests: it names the alerts that it gets, and speaks what Node cannot. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Said {
  /** Everything on both its outputs. */
  readonly text: string;
  readonly code: number | null;
}

/**
 * Connects to a port of loopback, sends `input` and ends.
 * @param program Path of openssl, as `requireComponent` gives it.
 */
export async function openssl(program: string, port: number, args: readonly string[], input = ''): Promise<Said> {
  const child = spawn(program, ['s_client', '-connect', `127.0.0.1:${port}`, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { text, code };
}
