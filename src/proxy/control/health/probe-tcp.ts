/** The probe that makes a connection and closes it again. */
import { connect } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { connectFailure, failed, passed, type ProbeFinding, withinWords } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';

export function probeTcp({ socket: to }: ProbeTarget, timeoutMs: number, clock: Clock): Promise<ProbeFinding> {
  return new Promise((resolve) => {
    const socket = to.kind === 'unix' ? connect({ path: to.path }) : connect({ host: to.host, port: to.port });
    const settle = (finding: ProbeFinding): void => {
      limit.stop();
      socket.destroy();
      resolve(finding);
    };
    const limit = clock.after(timeoutMs, () => settle(failed('L4TMOUT', `no connection ${withinWords(timeoutMs)}`)));
    socket.once('connect', () => settle(passed('L4OK', null, 'connected')));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(connectFailure(error.code ?? '', error.syscall)));
  });
}
