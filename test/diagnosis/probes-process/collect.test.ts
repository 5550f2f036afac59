import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { collect, type ProbeNews, sectionNames, totalMs } from '../../../src/diagnosis/collect.ts';
import type { SectionName } from '../../../src/diagnosis/facts.ts';
import { type Probe, type ProbeContext, ProbeFault, type ProbeTable } from '../../../src/diagnosis/probe.ts';
import { probes } from '../../../src/diagnosis/probes.ts';
import { localContext } from '../../../src/diagnosis/surroundings.ts';
import { AdminClient } from '../../../src/admin/client/client.ts';
import { systemRoots } from '../../../src/base/run-files.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

type Find = (context: ProbeContext) => Promise<unknown>;

function tableOf(
  finds: Readonly<Partial<Record<SectionName, Find>>>,
  more: Partial<Probe<SectionName>> = {},
): Partial<ProbeTable> {
  const entries = Object.entries(finds).map(([name, find]) => [
    name,
    { name, title: `${name}: planted`, class: 'passive', mandatory: false, timeoutMs: 2000, find, ...more },
  ]);
  return Object.fromEntries(entries) as Partial<ProbeTable>;
}

function surroundings(clock: ManualClock) {
  const target = { name: 'local', addresses: [{ kind: 'socket', path: '/nowhere/admin.sock' }] } as const;
  return localContext({
    run: { environment: {}, uid: 0, roots: systemRoots },
    clock,
    client: new AdminClient({ target, version: '0' }),
    target,
    configPath: '/etc/sentinel/config.kdl',
    directory: '/',
    version: '0',
  });
}

const never = (): Promise<never> => new Promise(() => {});

async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await turn();
}

test('a probe that hangs and ignores its abort is left behind, and the others are known', async () => {
  const clock = new ManualClock();
  const running = collect(surroundings(clock), tableOf({ disk: never, memory: async () => ({ rss_bytes: 1 }) }));
  await settle();
  clock.advance(2000);
  await settle();
  clock.advance(250);
  const facts = await running;
  assert.deepEqual(facts.sections.disk, {
    state: 'unknown',
    at: '2026-01-01T00:00:01.000Z',
    took_ms: 2250,
    why: 'it took longer than 2000 ms',
    tried: [],
  });
  assert.equal(facts.sections.memory.state, 'known');
  assert.equal(facts.sections.memory.took_ms, 0);
  assert.equal(facts.took_ms, 2250);
  assert.equal(facts.subject.config_path, '/etc/sentinel/config.kdl');
});

test('a probe that gives up when it is told to may still say what it has tried', async () => {
  const clock = new ManualClock();
  const find: Find = ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new ProbeFault('the log did not end', ['/dev/kmsg'])));
    });
  const running = collect(surroundings(clock), tableOf({ death: find }));
  await settle();
  clock.advance(2000);
  const { death } = (await running).sections;
  assert.equal(death.state, 'unknown');
  assert.equal(death.state === 'unknown' && death.why, 'the log did not end');
  assert.deepEqual(death.state === 'unknown' && death.tried, ['/dev/kmsg']);
});

test('an abort that a probe passes on as an error of its own is told as the end of its time', async () => {
  const clock = new ManualClock();
  const find: Find = ({ signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('This operation was aborted'))));
  const running = collect(surroundings(clock), tableOf({ death: find }));
  await settle();
  clock.advance(2000);
  const { death } = (await running).sections;
  assert.equal(death.state === 'unknown' && death.why, 'it took longer than 2000 ms');
});

test('the whole takes no longer than ten seconds, whatever probes allow themselves', async () => {
  const clock = new ManualClock();
  const table = tableOf({ disk: never, threads: never }, { timeoutMs: 3_600_000 });
  const running = collect(surroundings(clock), table);
  await settle();
  clock.advance(totalMs - 250);
  await settle();
  clock.advance(250);
  const facts = await running;
  assert.equal(facts.took_ms, totalMs);
  assert.ok(totalMs < 10_000, 'the program starts, judges and prints in the rest');
  assert.equal(
    facts.sections.disk.state === 'unknown' && facts.sections.disk.why,
    'the diagnosis was over after 8.5 s',
  );
  assert.equal(facts.sections.threads.state, 'unknown');
});

test('whoever gives up gets what is known so far', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const table = tableOf({ disk: never, memory: async () => ({}) });
  const running = collect(surroundings(clock), table, { signal: stop.signal });
  await settle();
  stop.abort();
  clock.advance(250);
  const { disk, memory } = (await running).sections;
  assert.equal(disk.state === 'unknown' && disk.why, 'the diagnosis was given up');
  assert.equal(memory.state, 'known');
});

test('what a probe throws, at once or later, ends up in its section without secrets', async () => {
  const table = tableOf({
    disk: () => {
      throw new TypeError('cannot read password=hunter2hunter2');
    },
    memory: async () => {
      throw new ProbeFault('nobody answers', ['GET /admin/status?token=abcdefgh']);
    },
  });
  const { disk, memory } = (await collect(surroundings(new ManualClock()), table)).sections;
  assert.equal(disk.state === 'unknown' && disk.why, 'the probe failed: cannot read password=[redacted]');
  assert.equal(memory.state === 'unknown' && memory.why, 'nobody answers');
  assert.deepEqual(memory.state === 'unknown' && memory.tried, ['GET /admin/status?token=[redacted]']);
});

test('a probe runs once, however many ask for it, and a circle of them ends with their time', async () => {
  const clock = new ManualClock();
  let runs = 0;
  const table = tableOf({
    process: async () => ({ pid: ++runs }),
    disk: async ({ of }) => ({ seen: await of('process') }),
    memory: async ({ of }) => ({ seen: await of('process') }),
    death: async ({ of }) => of('config'),
    config: async ({ of }) => of('death'),
  });
  const running = collect(surroundings(clock), table);
  await settle();
  clock.advance(2000);
  await settle();
  clock.advance(250);
  const { sections } = await running;
  assert.equal(runs, 1);
  assert.equal(sections.disk.state, 'known');
  assert.equal(sections.death.state, 'unknown');
  assert.equal(sections.config.state, 'unknown');
});

test('probes that others could notice run only when they may', async () => {
  let ran = false;
  const table = tableOf({ firewall: async () => ({ ran: (ran = true) }) }, { class: 'intrusive' });
  const here = surroundings(new ManualClock());
  const { firewall } = (await collect(here, table)).sections;
  assert.equal(firewall.state === 'unknown' && firewall.why, 'not asked: intrusive');
  assert.equal(ran, false);
  const allowed = new Set([...here.allowed, 'intrusive'] as const);
  assert.equal((await collect({ ...here, allowed }, table)).sections.firewall.state, 'known');
});

test('progress is told for each probe, and a listener that throws changes nothing', async () => {
  const news: ProbeNews[] = [];
  const onProgress = (one: ProbeNews): void => {
    news.push(one);
    throw new Error('the terminal is gone');
  };
  const table = tableOf({ disk: async () => ({}) });
  const { disk } = (await collect(surroundings(new ManualClock()), table, { onProgress })).sections;
  assert.equal(disk.state, 'known');
  assert.deepEqual(
    news.map(({ probe, state }) => `${probe} ${state}`),
    ['disk started', 'disk known'],
  );
});

test('a daemon that is named by an address of another machine is not of this one', () => {
  const make = (host: string) => {
    const target = { name: 'edge', addresses: [{ kind: 'tcp', host, port: 9090 }] } as const;
    const here = surroundings(new ManualClock());
    return localContext({ ...here, target, client: new AdminClient({ target, version: '0' }) }).local;
  };
  assert.equal(make('10.0.0.7'), false);
  assert.equal(make('127.0.0.1'), true);
});

test('every section has a probe of its name, none of which allows itself more than the whole', async () => {
  assert.deepEqual(Object.keys(probes).sort(), [...sectionNames].sort());
  for (const [name, probe] of Object.entries(probes)) {
    assert.equal(probe.name, name);
    assert.ok(probe.timeoutMs > 0 && probe.timeoutMs <= totalMs, `${name} ${probe.timeoutMs}`);
  }
  const part = await collect(surroundings(new ManualClock()), tableOf({ disk: async () => ({}) }));
  assert.equal(part.sections.memory.state === 'unknown' && part.sections.memory.why, 'nothing looks for memory');
});
