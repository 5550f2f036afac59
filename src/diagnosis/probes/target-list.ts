/**
 * Which targets are to be asked: those of every upstream that a route in force names, as the daemon has them now, else as the
 * configuration writes them. Pure.
 */
import type { OverrideState } from '../../admin/contract/override-shapes.ts';
import type { UpstreamState } from '../../admin/contract/upstream-shapes.ts';
import type { Config, UpstreamConfig } from '../../config/model.ts';
import type { OutboundAddress } from '../../web/outbound-request.ts';
import type { DaemonState } from '../facts/traffic.ts';
import { addressText, parseAddress } from './listener-place.ts';

export interface WantedTarget {
  readonly upstream: string;
  /** Null = only the daemon knows it: what it speaks is not known here. */
  readonly config: UpstreamConfig | null;
  readonly written: string;
  /** What is asked for in DNS; null = an address, or a unix socket. */
  readonly name: { readonly kind: 'dns' | 'srv'; readonly host: string; readonly port: number } | null;
  /** As the daemon has resolved it, or as it is written; null = the name has to be looked up. */
  readonly address: OutboundAddress | null;
  readonly verdict: string | null;
}

/** In the order of the configuration. */
export function wantedTargets(config: Config | null, daemon: DaemonState | null): readonly WantedTarget[] {
  const states = daemon?.upstreams.upstreams ?? [];
  const overrides = daemon?.overrides.overrides ?? [];
  if (config === null) {
    return states.filter(({ routes }) => routes.length > 0).flatMap((state) => ofDaemon(state, null));
  }
  const used = new Set(
    config.routes.flatMap(({ enabled, upstream, fallbackUpstream }) =>
      enabled ? [upstream, ...(fallbackUpstream === null ? [] : [fallbackUpstream])] : [],
    ),
  );
  return config.upstreams
    .filter(({ name, static: own }) => used.has(name) && own === null)
    .flatMap((upstream) => {
      const state = states.find(({ name }) => name === upstream.name);
      return state === undefined ? written(upstream, [], false) : both(upstream, state, overrides);
    });
}

/** What the daemon has, and of what is written the names that it has no address for. */
function both(
  upstream: UpstreamConfig,
  state: UpstreamState,
  overrides: readonly OverrideState[],
): readonly WantedTarget[] {
  const had = ofDaemon(state, upstream);
  const names = new Set(had.map((one) => one.written));
  // A name that stands for the address of another target is no target of its own there.
  const twins = state.names
    .filter(({ name }) => !names.has(name))
    .flatMap(({ name, addresses }) =>
      had
        .filter(({ address }) => address !== null && addresses.includes(addressText(address)))
        .map((one): WantedTarget => ({ ...one, written: name, name: nameOf(name) })),
    );
  const known = [...had, ...twins].map((one) => one.written);
  const removed = overrides
    .filter(({ kind, value }) => kind === 'target' && value === 'remove')
    .map(({ subject }) => subject.slice(upstream.name.length + 1));
  const discovered = known.some((one) => upstream.targets.every(({ address }) => address !== one));
  return [...had, ...twins, ...written(upstream, [...known, ...removed], discovered)];
}

function ofDaemon(state: UpstreamState, config: UpstreamConfig | null): readonly WantedTarget[] {
  return state.targets.map(({ written: text, address, verdict }) => ({
    upstream: state.name,
    config,
    written: text,
    name: nameOf(text),
    address: parseAddress(address),
    verdict,
  }));
}

/**
 * @param known What needs no look.
 * @param discovered The daemon has found targets by the name that `discover` gives.
 */
function written(upstream: UpstreamConfig, known: readonly string[], discovered: boolean): readonly WantedTarget[] {
  const { name, targets, discover } = upstream;
  const common = { upstream: name, config: upstream, verdict: null };
  const plain = targets
    .filter(({ address }) => !known.includes(address))
    .map(({ address }): WantedTarget => {
      const asked = nameOf(address);
      return { ...common, written: address, name: asked, address: asked === null ? parseAddress(address) : null };
    });
  if (discover === null || discovered) return plain;
  const { kind, name: host, port } = discover;
  const text = kind === 'srv' ? host : `${host}:${port}`;
  return [...plain, { ...common, written: text, name: { kind, host, port }, address: null }];
}

/** Null for an address and for a unix socket. */
function nameOf(text: string): WantedTarget['name'] {
  const parsed = parseAddress(text);
  if (parsed === null || parsed.kind === 'unix' || isAddress(parsed.host)) return null;
  return { kind: 'dns', host: parsed.host, port: parsed.port };
}

function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+(?:\.\d+){3}$/.test(host);
}
