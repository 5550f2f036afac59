/** Daemons that are killed in the middle of a change: the next one has the old configuration or the new one whole, and says which. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type DaemonPlan,
  type DaemonProcess,
  launchDaemon,
  startDaemonProcess,
  testFolder,
} from '../helpers/daemon.ts';

/** The main file has the listener, the included one the answer: each says which version it is. */
function mainText(version: string): string {
  return `// ${version}\nlistener "http" { address "127.0.0.1:0" }\ninclude "parts/*.kdl"\nroute "${version}" { matches { header "x-main" "1" }; upstream "fixed" }\n`;
}

function partText(version: string): string {
  return `route "all" { upstream "fixed" }\nupstream "fixed" { static { status 200; body "${version}" } }\n`;
}

interface Scene {
  readonly folder: string;
  readonly armed: string;
  start(more?: DaemonPlan): Promise<DaemonProcess>;
  write(main: string, part: string): void;
}

function scene(t: TestContext): Scene {
  const folder = testFolder(t);
  const armed = join(folder, 'armed');
  const write = (main: string, part: string) => {
    writeFileSync(join(folder, 'sentinel.kdl'), mainText(main));
    writeFileSync(join(folder, 'parts', 'one.kdl'), partText(part));
  };
  mkdirSync(join(folder, 'parts'));
  write('old', 'old');
  return { folder, armed, write, start: (more = {}) => startDaemonProcess(t, { folder, workers: 1, ...more }) };
}

/** Versions of the main file and of the included one, as they run. */
async function running(daemon: DaemonProcess): Promise<string> {
  const { routes } = (await daemon.client.call('routes')).data;
  const main = routes.find(({ id }) => id !== 'all')?.id;
  const part = await (await fetch(daemon.url())).text();
  return `${main} ${part}`;
}

type Point = 'prepare' | 'commit' | number;

function dying({ armed }: Scene, point: Point): DaemonPlan {
  return typeof point === 'number'
    ? { dies: { at: point, armedBy: armed } }
    : {
        workerEntry: new URL('./workers/killing.ts', import.meta.url),
        environment: { SENTINEL_TEST_FAULT: armed },
      };
}

async function killedBy(
  daemon: DaemonProcess,
  { armed }: Scene,
  point: Point,
  step: () => Promise<unknown>,
): Promise<void> {
  writeFileSync(armed, String(point));
  await assert.rejects(step(), `no step ${point}`);
  assert.deepEqual(await daemon.ended(), { code: null, signal: 'SIGKILL' });
}

test('killed at any point of a reload, the next start has what is on disk, whole, and numbers go on', async (t) => {
  for (const point of ['prepare', 'commit', 1] as const) {
    const here = scene(t);
    const first = await here.start(dying(here, point));
    assert.equal(await running(first), 'old old');
    here.write('new', 'new');
    await killedBy(first, here, point, () => first.client.call('config-reload'));
    const second = await here.start();
    assert.equal(await running(second), 'new new', String(point));
    assert.equal((await second.client.call('status')).generation, 2);
    const { generations } = (await second.client.call('config-history')).data;
    assert.deepEqual(
      generations.map(({ generation, digest }) => [generation, digest === generations[0]?.digest]),
      [
        [2, true],
        [1, false],
      ],
    );
    second.child.kill('SIGKILL');
  }
});

test('killed while a configuration is put in force on trial, the next start has the one before, whole, and says why', async (t) => {
  for (const point of ['commit', 1, 6, null] as const) {
    const here = scene(t);
    const first = await here.start(point === null ? {} : dying(here, point));
    const apply = () =>
      first.client.call('config-apply', {
        body: { text: mainText('new'), confirm_within_ms: 90_000 },
        reason: 'a trial',
      });
    if (point === null) {
      await apply();
      assert.equal(await running(first), 'new old');
      first.child.kill('SIGKILL');
      await first.ended();
    } else await killedBy(first, here, point, apply);
    const second = await here.start();
    assert.equal(await running(second), 'old old', String(point));
    assert.equal(readFileSync(join(here.folder, 'sentinel.kdl'), 'utf8'), mainText('old'));
    const marked = point !== 1;
    const boot = second.lines().find(({ event }) => event === 'config_boot');
    assert.equal(boot !== undefined, marked, `told: ${point}`);
    const { data } = await second.client.call('status');
    if (marked) {
      assert.match(String(boot?.['why']), /^generation 2 \(c-.*\) was not confirmed .* generation 1 again$/);
      assert.ok(data.warnings.some((warning) => warning.includes('was not confirmed')));
      assert.deepEqual(
        data.config.problems.map(({ code }) => code),
        ['SNT-P021'],
      );
      const { events } = (await second.client.call('events', { query: { kind: 'config_boot' } })).data;
      assert.equal(events.length, 1);
      await second.client.call('config-reload');
      const after = (await second.client.call('status')).data;
      assert.deepEqual(after.config.problems, []);
      assert.ok(
        !after.warnings.some((warning) => warning.includes('was not confirmed')),
        'it ends with the next change',
      );
    }
    second.child.kill('SIGKILL');
  }
});

test('killed while a confirmation replaces the file, the next start has the old one or the confirmed one, whole', async (t) => {
  const seen = new Map<string, string>();
  for (const point of [0, 5, 12]) {
    const here = scene(t);
    const first = await here.start(dying(here, point));
    const body = { text: mainText('new'), confirm_within_ms: 90_000 };
    const { pending } = (await first.client.call('config-apply', { body })).data;
    await killedBy(first, here, point, () => first.client.call('config-confirm', { body: { id: pending?.id ?? '' } }));
    const second = await here.start();
    const version = await running(second);
    const boot = second.lines().find(({ event }) => event === 'config_boot');
    seen.set(version, String(boot?.['choice']));
    assert.ok(version === 'new old' || version === 'old old', version);
    const [main = ''] = version.split(' ');
    assert.equal(readFileSync(join(here.folder, 'sentinel.kdl'), 'utf8'), mainText(main), `step ${point}`);
    assert.deepEqual(
      readdirSync(here.folder).filter((name) => name.startsWith('.')),
      [],
    );
    second.child.kill('SIGKILL');
  }
  assert.deepEqual([...seen.keys()].sort(), ['new old', 'old old']);
});

test('a configuration that cannot be loaded is refused as ever, with the command that brings the last good one back', async (t) => {
  const here = scene(t);
  const first = await here.start();
  first.child.kill('SIGKILL');
  await first.ended();
  writeFileSync(join(here.folder, 'sentinel.kdl'), 'listener {{{');
  const refused = launchDaemon(t, { folder: here.folder, workers: 1 });
  assert.equal((await refused.ended()).code, 1);
  assert.match(refused.errors(), /generation 1 of .* can still be used; to put it back: sentinel config rollback 1\n/);
});
