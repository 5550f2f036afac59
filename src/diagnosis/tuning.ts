/**
 * What the operational runbook advises for kernel and process ("System Tuning"), as data: where each value stands, which way it is
 * meant, what of the configuration needs it. The probe of the kernel holds live values against it; documentation prints it.
 */
import type { Config } from '../config/model.ts';
import type { KernelState } from './facts/machine.ts';

export interface TuningRule {
  /** As the runbook writes it. */
  readonly name: string;
  readonly advised: number;
  /** `at-least`: more does no harm; `at-most`: less does none; `exactly`: it is a switch. */
  readonly sense: 'at-least' | 'at-most' | 'exactly';
  /** Below `/proc/sys`; null = the soft bound on open files of the process. */
  readonly file: string | null;
  /** What it is good for, in words for people. */
  readonly purpose: string;
}

export const tuningRules = [
  {
    name: 'ulimit -n',
    advised: 65_535,
    sense: 'at-least',
    file: null,
    purpose: 'Files and sockets that the process may have open: two for each client connection, and a reserve.',
  },
  {
    name: 'net.ipv4.tcp_fin_timeout',
    advised: 30,
    sense: 'at-most',
    file: 'net/ipv4/tcp_fin_timeout',
    purpose: 'Seconds that a connection which we closed waits for the other side to close too.',
  },
  {
    name: 'net.ipv4.tcp_tw_reuse',
    advised: 1,
    sense: 'exactly',
    file: 'net/ipv4/tcp_tw_reuse',
    purpose:
      'Local ports of ended connections to targets can be used again after a second. 2, the usual value, does that for loopback alone.',
  },
  {
    name: 'net.core.somaxconn',
    advised: 65_535,
    sense: 'at-least',
    file: 'net/core/somaxconn',
    purpose: 'Connections that may wait to be accepted: the kernel cuts `backlog` of a listener to it without a word.',
  },
  {
    name: 'net.ipv4.tcp_max_syn_backlog',
    advised: 65_535,
    sense: 'at-least',
    file: 'net/ipv4/tcp_max_syn_backlog',
    purpose: 'Connections whose handshake is under way.',
  },
  {
    name: 'net.core.netdev_max_backlog',
    advised: 65_535,
    sense: 'at-least',
    file: 'net/core/netdev_max_backlog',
    purpose: 'Packets of one processor that may wait between network card and kernel.',
  },
] as const satisfies readonly TuningRule[];

export type TuningName = (typeof tuningRules)[number]['name'];

/** As the daemon reckons: what it has open itself, with room for the admin API, log files and certificates. */
const descriptorReserve = 96;

/** Nearly as many as the configuration asks for is nothing to act on. */
const nearlyAll = 0.9;

type Bounds = KernelState['settings'][number]['bounds'];

/** What of the configuration a setting bounds; null = nothing that is configured. */
export function boundOf(name: TuningName, config: Pick<Config, 'listeners' | 'limits'> | null): Bounds {
  if (config === null) return null;
  if (name === 'net.core.somaxconn') {
    const most = Math.max(0, ...config.listeners.map(({ backlog }) => backlog));
    return most === 0 ? null : { key: 'backlog', configured: most };
  }
  const { maxTotalConnections: most } = config.limits;
  // Each client connection may hold one to a target.
  if (name !== 'ulimit -n' || most === 0) return null;
  return { key: 'open files for max-total-connections', configured: 2 * most + descriptorReserve };
}

/** `binding` before `low`: what the configuration needs counts for more than advice. */
export function tuningVerdict(
  { advised, sense }: Pick<TuningRule, 'advised' | 'sense'>,
  live: number | null,
  bounds: Bounds,
): KernelState['settings'][number]['verdict'] {
  if (live === null) return 'unknown';
  if (bounds !== null && live < bounds.configured * nearlyAll) return 'binding';
  const good = sense === 'at-least' ? live >= advised : sense === 'at-most' ? live <= advised : live === advised;
  return good ? 'ok' : 'low';
}
