/** What stands in the place of systemd: hears what is sent to `NOTIFY_SOCKET`. By Python, as Node has no datagrams on unix sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';

export interface NotifyPeer {
  /** Path of the socket. */
  readonly socket: string;
  /** The messages so far, each as its assignments; what only asks for an acknowledgement is left out. */
  messages(): readonly (readonly string[])[];
  /** The first message with this assignment, waited for. */
  message(assignment: string, count?: number): Promise<readonly string[]>;
}

const program = `
import json, socket, sys
peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
peer.bind(sys.argv[1])
print('[]', flush=True)
while True:
    print(json.dumps(peer.recv(65536).decode().strip().split('\\n')), flush=True)
`;

export async function startNotifyPeer(t: TestContext, python: string, folder: string): Promise<NotifyPeer> {
  const socket = join(folder, 'notify.sock');
  const child = spawn(python, ['-c', program, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
  await eventually(() => text !== '');
  const messages = () =>
    text
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as readonly string[])
      .filter((words) => !words.includes('BARRIER=1'));
  return {
    socket,
    messages,
    message: (assignment, count = 1) =>
      eventually(() => {
        const found = messages().filter((words) => words.includes(assignment))[count - 1];
        if (found === undefined) throw new Error(`no ${assignment}: ${JSON.stringify(messages())}`);
        return found;
      }),
  };
}
