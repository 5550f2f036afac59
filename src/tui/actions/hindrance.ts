/**
 * Whether an action can be done at all: to a daemon that answers, by somebody whose role there is enough. Asked by the choices of a
 * row. Knows nothing of the row itself; that what is shown is not of now, the store knows.
 */
import { type EndpointId, endpoints } from '../../admin/contract/endpoints.ts';
import { suffices } from '../../admin/contract/roles.ts';
import { everyNode, type Row } from '../rows/row.ts';
import type { NodeState } from '../store/state.ts';
import type { ActionName } from './action.ts';

/** Which endpoint an action needs; a snapshot is made by this program and needs none. */
const endpointOf: Readonly<Record<Exclude<ActionName, 'snapshot'>, EndpointId>> = {
  drain: 'drain-begin',
  undrain: 'drain-end',
  maintenance: 'override-set',
  'end-maintenance': 'override-clear',
  check: 'upstream-check',
  'reset-breaker': 'breaker-reset',
  'block-client': 'block-add',
  'unblock-client': 'block-remove',
  'kill-request': 'inflight-kill',
  'log-level': 'log-level-set',
};

/** Why it cannot be done, whatever the row is; null when it can. */
export function hindranceOf(action: ActionName, row: Row, node: NodeState): string | null {
  if (action === 'snapshot') return null;
  if (row.node === everyNode) return 'this is the sum of several daemons: choose the line of one of them';
  if (node.lost !== null) return `${node.node} does not answer: ${node.lost.why}`;
  if (node.reading === null) return `nothing has been read of ${node.node} yet`;
  const { role } = endpoints[endpointOf[action]];
  const { identity } = node.reading;
  if (identity === null) {
    return role === 'viewer' ? null : 'read-only: the daemon does not say who you are';
  }
  if (suffices(identity.role, role)) return null;
  return `read-only: ${identity.actor} is ${identity.role} there, this needs ${role}`;
}
