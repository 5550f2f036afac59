/** The kernel cuts the listen queue of a socket to `net.core.somaxconn` without a word; we say it. */
import { readFileSync } from 'node:fs';
import type { ListenerConfig } from '../../config/model.ts';

/** The remark for the operator, or `null` when every backlog fits. `ceiling`: the kernel's, `null` = not known. */
export function backlogWarning(listeners: readonly ListenerConfig[], ceiling = somaxconn()): string | null {
  if (ceiling === null) return null;
  const capped = listeners.filter((listener) => listener.backlog > ceiling);
  if (capped.length === 0) return null;
  const names = capped.map(({ id, backlog }) => `"${id}" (${backlog})`).join(', ');
  return `the kernel caps the backlog of listener ${names} at ${ceiling}; raise it with \`sysctl net.core.somaxconn\``;
}

function somaxconn(): number | null {
  try {
    return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
  } catch {
    return null;
  }
}
