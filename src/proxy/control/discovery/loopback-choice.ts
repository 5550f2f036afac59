/**
 * Which of the two loopback addresses a name means. `localhost` is 127.0.0.1 and ::1, and most servers listen on one of them:
 * the other would be a target that is never there. Asked whenever such a name is resolved.
 */
import { connect } from 'node:net';
import type { Clock } from '../../../base/clock.ts';

/** On one machine a connection comes at once or not at all. */
const PROBE_MS = 250;

/**
 * @param addresses One of each family.
 * @param current What was chosen last; kept for as long as it accepts, or nothing else does.
 */
export async function chooseLoopback(
  addresses: readonly [v4: string, v6: string],
  port: number,
  current: string | null,
  clock: Clock,
): Promise<string> {
  const [first, second] = current === addresses[1] ? [addresses[1], addresses[0]] : addresses;
  if (await accepts(first, port, clock)) return first;
  if (await accepts(second, port, clock)) return second;
  // Nobody listens yet: one target that refuses is less than two.
  return first;
}

function accepts(host: string, port: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const limit = clock.after(PROBE_MS, () => settle(false));
    const settle = (accepted: boolean) => {
      limit.stop();
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
