/** Which of the closed list of phases an exchange is at, told from what it holds: nobody writes it down while it runs. */
import type { InflightPhase } from '../../../admin/contract/request-shapes.ts';
import type { Exchange } from '../request/exchange.ts';

export function phaseOf(x: Exchange): InflightPhase {
  const { tries } = x;
  // Its body is taken whole before a target is asked, or it waits for its turn under a rate limit.
  if (tries === null) return x.bodySink === null ? 'guard' : 'receive';
  const { phase } = tries;
  // The target was told to wait, because the client does not read.
  return phase === 'relay' && x.resumeResponse !== null ? 'client' : phase;
}
