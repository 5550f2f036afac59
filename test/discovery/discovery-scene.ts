/** A discovery inside the test: its own DNS server, hosts file and resolv.conf, and a clock that stands still. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Config, DiscoverConfig, UpstreamConfig } from '../../src/config/model.ts';
import { Discovery } from '../../src/proxy/control/discovery/discovery.ts';
import { NameLookup } from '../../src/web/name-lookup.ts';
import type { Fields, Log } from '../../src/proxy/control/logging.ts';
import { StandingWarnings } from '../../src/proxy/control/standing-warnings.ts';
import { config, upstream } from '../helpers/data-plane.ts';
import { type DnsServer, startDns, type Zone } from '../helpers/dns-server.ts';
import { eventually } from '../helpers/eventually.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

export interface DiscoveryScene {
  readonly discovery: Discovery;
  readonly dns: DnsServer;
  readonly clock: ManualClock;
  /** Reasons of the refreshes that were asked for. */
  readonly refreshes: readonly string[];
  readonly warnings: StandingWarnings;
  readonly events: readonly Fields[];
  /** Puts a configuration with these upstreams in force. */
  apply(...upstreams: readonly UpstreamConfig[]): Promise<void>;
  /** `address written weight` of each target. */
  targets(of: UpstreamConfig): readonly string[];
  /** Turns the clock, and waits until the question that falls due then is there and has been dealt with. */
  turn(ms: number, name: string): Promise<void>;
  /** Turns the clock and holds that the name is not asked for meanwhile. */
  still(ms: number, name: string): Promise<void>;
  hosts(text: string): void;
}

export interface SceneOptions {
  readonly zones?: Readonly<Record<string, Zone>>;
  readonly hosts?: string;
  readonly resolvConf?: string;
  readonly random?: () => number;
}

export async function discoveryScene(t: TestContext, options: SceneOptions = {}): Promise<DiscoveryScene> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-names-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const hostsPath = join(folder, 'hosts');
  const resolvConfPath = join(folder, 'resolv.conf');
  writeFileSync(hostsPath, options.hosts ?? '');
  writeFileSync(resolvConfPath, options.resolvConf ?? '');
  const dns = await startDns(t, options.zones);
  const clock = new ManualClock();
  const refreshes: string[] = [];
  const events: Fields[] = [];
  const say = (_message: string, fields: Fields = {}) => void events.push(fields);
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const warnings = new StandingWarnings(log);
  const lookup = new NameLookup({ servers: [dns.address], hostsPath, resolvConfPath, timeoutMs: 60 });
  const discovery = new Discovery({
    clock,
    random: options.random ?? (() => 0),
    log,
    warnings,
    lookup,
    refresh: (reason) => void refreshes.push(reason),
  });
  t.after(() => discovery.close());
  const settled = (of: UpstreamConfig) =>
    discovery.names(of).reduce((sum, { counts }) => sum + counts.resolved + counts.failed, 0);
  let present: readonly UpstreamConfig[] = [];
  const answers = () => present.reduce((sum, one) => sum + settled(one), 0);
  return {
    discovery,
    dns,
    clock,
    refreshes,
    warnings,
    events,
    async apply(...upstreams) {
      const wanted: Config = config({ upstreams });
      await discovery.prepare(wanted);
      for (const one of upstreams) discovery.targetsOf(one);
      discovery.adopt(wanted);
      present = upstreams;
    },
    targets: (of) => discovery.targetsOf(of).map(({ address, written, weight }) => `${address} ${written} ${weight}`),
    async turn(ms, name) {
      const [before, asked] = [answers(), dns.asked(name)];
      clock.advance(ms);
      await eventually(() => dns.asked(name) > asked && answers() > before);
    },
    async still(ms, name) {
      const asked = dns.asked(name);
      clock.advance(ms);
      // A question that was asked has gone the same way before these.
      for (const marker of ['marker-1', 'marker-2']) await lookup.addresses(marker);
      assert.equal(dns.asked(name), asked);
    },
    hosts: (text) => writeFileSync(hostsPath, text),
  };
}

/** An upstream with one target that is a name. */
export function named(host: string, port = 8080, weight = 1): UpstreamConfig {
  return upstream([], {
    targets: [{ address: `${host}:${port}`, socket: { kind: 'tcp', host, port }, weight }],
  });
}

export function discovered(discover: Partial<DiscoverConfig> & Pick<DiscoverConfig, 'kind' | 'name'>): UpstreamConfig {
  return upstream([], { discover: { port: 0, intervalMs: 10_000, ...discover } });
}
