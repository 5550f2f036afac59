/**
 * Fuzz target of targets that are names: a DNS server that changes its mind, fails and is silent, reloads that bring and take
 * names, and time. Held against a table of the last good answer of each name; no change goes without a new plan.
 */
import type { TestContext } from 'node:test';
import type { UpstreamConfig } from '../../src/config/model.ts';
import { discovered, discoveryScene } from '../discovery/discovery-scene.ts';
import { pick } from '../helpers/address-maker.ts';
import { upstream } from '../helpers/data-plane.ts';
import { Dice } from '../helpers/dice.ts';
import type { Zone } from '../helpers/dns-server.ts';
import { eventually } from '../helpers/eventually.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

const hosts = ['a.test', 'b.test', 'c.test'];
const own = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
const own6 = ['2001:db8::1', '2001:db8::2'];
/** Longer than any answer is good, and than any failure is waited for. */
const LONG_MS = 61_000;
const PORT = 8080;

function zoneOf(dice: Dice): Zone | null {
  const some = (all: readonly string[]) => (dice.chance(50) ? all : all.toReversed()).filter(() => dice.chance(50));
  const way = dice.roll(100);
  if (way < 10) return null;
  if (way < 20) return { fault: pick(dice, ['servfail', 'refused']) };
  if (way < 21) return { fault: 'silence' };
  return way < 85 ? { a: some(own), ttl: dice.roll(90) } : { aaaa: some(own6), ttl: dice.roll(90) };
}

/** The addresses of a good answer; null = it is none. */
function answerOf(zone: Zone | null): readonly string[] | null {
  const found = [...(zone?.a ?? []), ...(zone?.aaaa ?? [])];
  return found.length === 0
    ? null
    : found.map((address) => (address.includes(':') ? `[${address}]` : address)).toSorted();
}

/** An upstream of one to three names and addresses, or one that discovers. */
function upstreamOf(dice: Dice, name: string): UpstreamConfig {
  if (dice.chance(25)) return { ...discovered({ kind: 'dns', name: pick(dice, hosts), port: PORT }), name };
  const targets = Array.from({ length: 1 + dice.roll(3) }, () => pick(dice, [...hosts, own[0] as string]));
  return upstream([], {
    name,
    targets: [...new Set(targets)].map((host) => ({
      address: `${host}:${PORT}`,
      socket: { kind: 'tcp' as const, host, port: PORT },
      weight: 1,
    })),
  });
}

function hostsOf({ targets, discover }: UpstreamConfig): readonly string[] {
  return discover === null ? targets.map(({ address }) => address.slice(0, -`:${PORT}`.length)) : [discover.name];
}

async function complaint(dice: Dice, t: Pick<TestContext, 'after'>): Promise<string | null> {
  const zones = new Map(hosts.map((host) => [host, zoneOf(dice)]));
  const scene = await discoveryScene(t as TestContext);
  for (const [host, zone] of zones) scene.dns.set(host, zone);
  /** What each name that is watched now stood for last. */
  let known = new Map<string, readonly string[]>();
  let present: readonly UpstreamConfig[] = [];
  const story: string[] = [];

  const expected = (one: UpstreamConfig) =>
    [...new Set(hostsOf(one).flatMap((host) => (hosts.includes(host) ? (known.get(host) ?? []) : [host])))]
      .map((host) => `${host}:${PORT}`)
      .toSorted();
  const found = (one: UpstreamConfig) => scene.targets(one).map((target) => target.split(' ')[0] as string);
  const check = (): string | null => {
    for (const one of present) {
      const [is, should] = [found(one).toSorted(), expected(one)];
      if (is.join() !== should.join())
        return `${one.name} has ${is.join()}, expected ${should.join()}, after ${story.join('; ')}`;
      const failing = hostsOf(one).some((host) => hosts.includes(host) && known.get(host) === undefined);
      if ((scene.discovery.unresolved(one) !== null) !== failing) {
        return `${one.name} is ${failing ? 'not ' : ''}said to miss addresses, after ${story.join('; ')}`;
      }
    }
    return null;
  };
  const learn = () => {
    const names = new Set(present.flatMap(hostsOf));
    for (const [host, zone] of zones) {
      const answer = names.has(host) ? answerOf(zone) : null;
      if (answer !== null) known.set(host, answer);
    }
  };
  const settled = (one: UpstreamConfig) =>
    scene.discovery.names(one).map(({ counts }) => counts.resolved + counts.failed);

  for (let step = 0; step < 6; step++) {
    if (present.length === 0 || dice.chance(25)) {
      const next = Array.from({ length: 1 + dice.roll(2) }, (_, index) => upstreamOf(dice, `u${index}`));
      story.push(`apply ${next.map((one) => `${one.name}=${hostsOf(one).join('+')}`).join(' ')}`);
      const before = new Set(present.flatMap(hostsOf));
      const kept = new Set(next.flatMap(hostsOf));
      await scene.apply(...next);
      present = next;
      // What nobody wants any more is forgotten; what is new is asked for at once, and nothing else is.
      known = new Map([...known].filter(([host]) => kept.has(host)));
      for (const host of kept) {
        const answer = before.has(host) ? null : answerOf(zones.get(host) ?? null);
        if (answer !== null) known.set(host, answer);
      }
    } else {
      const host = pick(dice, hosts);
      const zone = zoneOf(dice);
      zones.set(host, zone);
      scene.dns.set(host, zone);
      story.push(`${host} ${JSON.stringify(zone)}`);
      const [targets, refreshes] = [present.map(found).join('|'), scene.refreshes.length];
      const counts = present.map(settled);
      scene.clock.advance(LONG_MS);
      await eventually(() =>
        present.every((one, index) => settled(one).every((count, at) => count > (counts[index]?.[at] ?? 0))),
      );
      learn();
      if (present.map(found).join('|') !== targets && scene.refreshes.length === refreshes)
        return `no new plan after ${story.join('; ')}`;
    }
    const wrong = check();
    if (wrong !== null) return wrong;
  }
  return null;
}

await fuzz('stories of names', async (seed) => {
  const tasks: (() => void | Promise<void>)[] = [];
  try {
    return await complaint(new Dice(seed), { after: (task) => void tasks.push(task as () => void) });
  } finally {
    for (const task of tasks.toReversed()) await task();
  }
});
