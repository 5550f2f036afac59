/** What the admin API says of those who send the most: asks the workers, merges what they say, marks who is blocked. */
import {
  type ClientSort,
  clientSorts,
  type ClientsReply,
  type ClientState,
  type ClientWindow,
  clientWindows,
} from '../../../admin/contract/client-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { redactValue } from '../../../base/redaction.ts';
import { rfc3339 } from '../../../base/units.ts';
import { clientSubject } from '../../../filter/client-subject.ts';
import { distinctKeys, mergedRegisters } from '../../shared/distinct.ts';
import { AddressSet } from '../../shared/address-set.ts';
import { covers, parseNetwork } from '../../shared/network.ts';
import type { Talker, TalkersSeen } from '../../shared/talkers.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Security } from '../security/security.ts';
import type { Supervisor } from '../supervisor.ts';
import { boundsOf, mergeTalkers } from '../talkers/merged-talkers.ts';
import { AdminProblem } from './problem.ts';
import { filterOf, limitOf, patienceOf } from './query.ts';

export interface ClientContext {
  readonly supervisor: Supervisor;
  readonly security: Security;
  readonly state: DaemonState;
  readonly clock: Clock;
}

/** `GET /admin/clients`. */
export async function clientsView(context: ClientContext, query: URLSearchParams): Promise<ClientsReply> {
  const by = choice(query, 'by', clientSorts, 'ip');
  const windowMs = clientWindows[choice(query, 'window', Object.keys(clientWindows) as ClientWindow[], '1m')];
  const limit = limitOf(query, 'clients');
  const filter = filterOf(query, 'clients');
  const answered = await context.supervisor.ask({ kind: 'talkers', by, windowMs });
  const seen = mergeTalkers(answered.map(({ answer }) => answer).filter((answer) => answer !== null));
  const { coveredMs, requests, stride, talkers } = seen;
  const isBlocked = blockJudge(context, by);
  const seconds = Math.max(1, coveredMs) / 1000;
  const all = { requests, stride, seconds };
  const clients: ClientState[] = [];
  const patience = patienceOf();
  for (const talker of talkers) {
    if (clients.length === limit) break;
    const client = clientState(talker, all, isBlocked);
    if (patience.matches(filter, clientSubject(client, by))) clients.push(client);
  }
  return {
    at: rfc3339(context.clock.wallMs()),
    by,
    window_ms: windowMs,
    covered_ms: Math.round(coveredMs),
    requests,
    requests_per_s: requests / seconds,
    stride,
    ...keysOf(seen),
    unanswered: answered.filter(({ answer }) => answer === null).map(({ worker }) => worker),
    clients,
  };
}

/** Fewer than a minute before says little of who is new. */
const LEAST_BEFORE_MS = 60_000;

function keysOf({
  distinct,
  distinctBefore,
  beforeMs,
}: TalkersSeen): Pick<ClientsReply, 'keys' | 'new_keys' | 'before_ms'> {
  const keys = distinctKeys(distinct);
  const fresh = distinctKeys(mergedRegisters([distinct, distinctBefore])) - distinctKeys(distinctBefore);
  return {
    keys,
    new_keys: beforeMs < LEAST_BEFORE_MS ? null : Math.min(keys, Math.max(0, fresh)),
    before_ms: Math.round(beforeMs),
  };
}

function clientState(
  talker: Talker,
  { requests, stride, seconds }: { readonly requests: number; readonly stride: number; readonly seconds: number },
  isBlocked: (key: string) => boolean | null,
): ClientState {
  const { key, least, most, errors, clientErrors, bytesOut } = talker;
  const { atLeast, atMost } = boundsOf(talker, stride, requests);
  const estimate = Math.round((least + Math.min(most, requests)) / 2);
  return {
    key: redactValue(key),
    requests: estimate,
    at_least: atLeast,
    at_most: atMost,
    share: requests === 0 ? 0 : estimate / requests,
    requests_per_s: estimate / seconds,
    error_ratio: least === 0 ? null : errors / least,
    client_error_ratio: least === 0 ? null : clientErrors / least,
    bytes_out: bytesOut,
    blocked: isBlocked(key),
  };
}

/** Whether all of a key is blocked, by the plan in force; what is on the allow list is served all the same. */
function blockJudge({ security, state }: ClientContext, by: ClientSort): (key: string) => boolean | null {
  if (by !== 'ip' && by !== 'prefix') return () => null;
  const { blocked, allowed } = state.applied.plan.security;
  if (blocked === null) return () => false;
  const blockedSet = new AddressSet(blocked);
  const allowedSet = allowed === null ? null : new AddressSet(allowed);
  const refused = (address: string) => blockedSet.has(address) && allowedSet?.has(address) !== true;
  const listed = [
    ...security.blocks.map(({ network }) => network),
    ...state.applied.config.security.block.map(parseNetwork),
  ];
  return (key) => {
    const network = parseNetwork(key);
    if (network === null) return false;
    if (network.bits === (network.family === 4 ? 32 : 128)) return refused(key);
    if (security.allowedIn(network).length > 0) return false;
    return listed.some((entry) => entry !== null && covers(entry, network));
  };
}

function choice<T extends string>(query: URLSearchParams, name: string, choices: readonly T[], usual: T): T {
  const text = query.get(name);
  if (text === null) return usual;
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw new AdminProblem(
    400,
    'SNT-A008',
    `${name} is ${JSON.stringify(text)}, expected ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
  );
}
