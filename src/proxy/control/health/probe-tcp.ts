/** The probe that makes a connection, with TLS where the target has it, and closes it again. */
import type { Clock } from '../../../base/clock.ts';
import { ProbeOpening } from './probe-opening.ts';
import { passed, type ProbeFinding } from './probe-result.ts';
import type { ProbeTarget } from './probe-target.ts';

export function probeTcp(target: ProbeTarget, timeoutMs: number, clock: Clock): Promise<ProbeFinding> {
  return new Promise((resolve) => {
    const settle = (finding: ProbeFinding): void => {
      limit.stop();
      opening.socket.destroy();
      resolve(finding);
    };
    const { tls } = target;
    const believed = tls?.verifies === false ? 'not verified (insecure-skip-verify)' : 'good';
    const good =
      tls === null ? passed('L4OK', null, 'connected') : passed('L6OK', null, `connected, certificate ${believed}`);
    const alpn = target.httpVersion === '2' ? ['h2'] : ['http/1.1'];
    const opening = new ProbeOpening(target, alpn, () => settle(good), settle);
    const limit = clock.after(timeoutMs, () => settle(opening.overdue(timeoutMs)));
  });
}
