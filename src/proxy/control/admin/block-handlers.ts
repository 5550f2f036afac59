/** What the endpoints of block lists do. Who may call them was decided before; what would lock everybody out needs a second word. */
import { networkInterfaces } from 'node:os';
import type { BlockReply, BlocksReply, BlockState, UnblockReply } from '../../../admin/contract/security-shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { covers, type Network, networkText, overlaps, parseNetwork } from '../../shared/network.ts';
import { maxRunTimeBlocks, type RunTimeBlock } from '../security/run-time-blocks.ts';
import type { Security } from '../security/security.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface BlockContext {
  readonly security: Security;
  readonly state: DaemonState;
  readonly clock: Clock;
}

type BlockHandlers = Pick<Handlers, 'blocks' | 'block-add' | 'block-remove'>;

/** Networks with fewer bits hold a part of the internet that nobody means to block. */
const severeBits = { 4: 8, 6: 16 } as const;
const loopback = [parseNetwork('127.0.0.0/8'), parseNetwork('::1')] as readonly Network[];

export function makeBlockHandlers(context: BlockContext): BlockHandlers {
  const { security, state } = context;
  return {
    blocks: async (): Promise<BlocksReply> => {
      const { block, allow } = state.applied.config.security;
      const file = security.blockFile;
      return {
        blocks: security.blocks.map((entry) => blockState(context, entry)),
        configured: block,
        allow,
        file: file === null ? null : { path: file.path, networks: file.networks, problems: file.problems },
      };
    },
    'block-add': (call) => add(context, call),
    'block-remove': (call) => remove(context, call),
  };
}

async function add(context: BlockContext, { body, actor, reason, note }: Call): Promise<BlockReply> {
  const { checkBlockRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkBlockRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not a network to block: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
    });
  }
  const { address: given, expires_in_ms: expiresInMs, confirm } = checked.value;
  const network = networkOf(given);
  const address = networkText(network);
  note({ address });
  const severe = severity(context, network);
  if (severe !== null && confirm !== given && confirm !== address) {
    throw new AdminProblem(409, 'SNT-A012', `${address} ${severe}; nothing was blocked`, {
      hint: `sentinel block add ${address} --confirm=${address}`,
    });
  }
  const { security, state, clock } = context;
  const replaced = security.blocks.some((block) => block.address === address);
  if (!replaced && security.blocks.length >= maxRunTimeBlocks) {
    throw new AdminProblem(409, 'SNT-A008', `${maxRunTimeBlocks} networks are blocked at run time already`, {
      hint: 'write them into the file of `security { block-file … }`: it has room for hundreds of thousands',
    });
  }
  const addedAt = clock.wallMs();
  const expiresAt = expiresInMs === undefined ? null : addedAt + expiresInMs;
  note({ expires_at: expiresAt === null ? null : rfc3339(expiresAt) });
  const block: RunTimeBlock = { address, network, reason, actor, addedAt, expiresAt };
  state.touch();
  const { inForce, kept } = await security.block(block);
  return { block: blockState(context, block), replaced, in_force: inForce, kept };
}

async function remove({ security, state }: BlockContext, { query, actor, note }: Call): Promise<UnblockReply> {
  const network = networkOf(query.get('address') ?? '');
  const address = networkText(network);
  note({ address });
  const done = await security.unblock(address, actor);
  const others = [
    ...security.blocks.filter((block) => overlaps(block.network, network)).map((block) => block.address),
    ...security.configuredIn(network),
  ];
  if (done === null) {
    const why = others.length === 0 ? '' : `; blocked by ${others.join(', ')}`;
    throw new AdminProblem(404, 'SNT-A013', `${address} was not blocked at run time${why}`, {
      hint: 'sentinel block list',
    });
  }
  state.touch();
  return { address, in_force: done.inForce, kept: done.kept, still_blocked_by: others };
}

/** @throws 400 when the text is none */
function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network !== null) return network;
  throw new AdminProblem(400, 'SNT-A008', `${JSON.stringify(text)} is neither an IP address nor a network`, {
    hint: 'write an address such as 203.0.113.7, or a network such as 203.0.113.0/24',
  });
}

/** What is so bad about blocking it; null when nothing is. */
function severity({ state }: BlockContext, network: Network): string | null {
  if (network.bits === 0) return `is every ${network.family === 4 ? 'IPv4' : 'IPv6'} client`;
  if (loopback.some((own) => overlaps(own, network))) {
    const whole = loopback.some((own) => covers(own, network));
    return whole ? 'is this machine itself' : 'holds this machine itself';
  }
  const own = ownAddresses().find((address) => covers(network, address));
  if (own !== undefined) return `holds this machine itself (${networkText(own)})`;
  for (const { id, trustedProxies } of state.applied.config.listeners) {
    const proxy = trustedProxies.find((written) => {
      const trusted = parseNetwork(written);
      return trusted !== null && covers(network, trusted);
    });
    if (proxy !== undefined) return `holds the trusted proxy ${proxy}, and all who come through it to listener "${id}"`;
  }
  return network.bits < severeBits[network.family] ? `is a large part of the internet` : null;
}

function ownAddresses(): readonly Network[] {
  return Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .map(({ address }) => parseNetwork(address))
    .filter((network) => network !== null);
}

function blockState({ security, clock }: BlockContext, block: RunTimeBlock): BlockState {
  const { address, network, reason, actor, addedAt, expiresAt } = block;
  return {
    address,
    reason,
    actor,
    added_at: rfc3339(addedAt),
    expires_at: expiresAt === null ? null : rfc3339(expiresAt),
    expires_in_ms: expiresAt === null ? null : Math.max(0, expiresAt - clock.wallMs()),
    allowed: security.allowedIn(network),
  };
}
