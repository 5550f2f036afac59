/** `limits.max-memory-bytes`: what is refused at which level, and when a level begins and ends. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Pressure } from '../../../src/proxy/control/pressure.ts';
import { StandingWarnings } from '../../../src/proxy/control/standing-warnings.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { ok, type OriginRequest } from '../../helpers/origin.ts';
import { proxied, type Scene } from '../../helpers/proxied.ts';
import { get } from '../../helpers/raw-http.ts';

const LIMIT = 1_000_000;

interface Watched {
  readonly scene: Scene;
  readonly held: OriginRequest[];
  readonly lines: string[];
  readonly warnings: StandingWarnings;
  readonly relieved: () => number;
  readonly level: () => number;
  /** The process uses this share of its limit from now on. */
  use(share: number): void;
  pass(ms: number): void;
}

async function watched(t: TestContext): Promise<Watched> {
  const held: OriginRequest[] = [];
  const scene = await proxied(t, {
    limits: { maxMemoryBytes: LIMIT },
    script: {
      request: (request) => {
        if (request.target === '/hold') held.push(request);
        else request.connection.send(ok());
      },
    },
  });
  const clock = new ManualClock();
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  const log = { debug: say, info: say, warn: say, error: say };
  const warnings = new StandingWarnings(log);
  let share = 0.5;
  let relieved = 0;
  const pressure = new Pressure({
    clock,
    log,
    registry: scene.registry,
    warnings,
    resident: () => share * LIMIT,
    relieve: () => void relieved++,
  });
  t.after(() => pressure.stop());
  pressure.follow(scene.plan);
  return {
    scene,
    held,
    lines,
    warnings,
    relieved: () => relieved,
    level: () => pressure.level,
    use(next) {
      share = next;
      clock.advance(500);
    },
    pass: (ms) => clock.advance(ms),
  };
}

test('above the limit new requests get 503 at once, own paths are answered, requests in flight finish', async (t) => {
  const { scene, held, use } = await watched(t);
  const early = await scene.client();
  early.send(get('/hold'));
  await eventually(() => held.length === 1);
  use(1.01);
  const refused = await scene.ask(get());
  assert.equal(refused.status, 503);
  assert.match(refused.text, /"cause":"memory_shed"/);
  assert.equal(refused.header('retry-after'), '1');
  assert.equal(refused.header('connection'), 'close');
  assert.match(refused.header('proxy-status') ?? '', /connection_limit_reached/);
  assert.equal(scene.errors('memory_shed'), 1);
  assert.equal((await scene.ask(get('/health'))).status, 200);
  assert.equal((await scene.ask(get('/ready'))).status, 200);
  held[0]?.connection.send(ok('whole'));
  assert.equal((await early.response()).text, 'whole');
  use(0.5);
  assert.equal((await scene.ask(get())).status, 200);
});

test('close to the limit requests are served and their connections closed', async (t) => {
  const { scene, use } = await watched(t);
  const client = await scene.client();
  client.send(get());
  assert.equal((await client.response()).header('connection'), undefined);
  use(0.9);
  client.send(get());
  const last = await client.response();
  assert.equal(last.status, 200);
  assert.equal(last.header('connection'), 'close');
  await client.closed();
  use(0.8);
  const next = await scene.client();
  next.send(get());
  assert.equal((await next.response()).header('connection'), undefined);
});

test('a level ends well below where it began, and every change is said once', async (t) => {
  const { use, level, lines, warnings, relieved, pass } = await watched(t);
  const seen = [0.89, 0.9, 0.86, 0.99, 1, 0.96, 0.94, 0.86, 0.84].map((share) => {
    use(share);
    return level();
  });
  assert.deepEqual(seen, [0, 1, 1, 1, 2, 2, 1, 1, 0]);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('Memory')),
    [
      'Memory is close to its limit: connections are closed after their answers',
      'Memory is above its limit: new requests are refused',
      'Memory is close to its limit: connections are closed after their answers',
      'Memory is below its limit again',
    ],
  );
  assert.deepEqual(warnings.texts, []);
  assert.equal(relieved(), 2);
  use(1.2);
  assert.match(warnings.texts.join(), /above limits\.max-memory-bytes \(1000000\); new requests get 503/);
  const before = relieved();
  pass(30_000);
  assert.equal(relieved(), before + 3, 'what refuses everything collects its garbage on purpose');
});

test('a limit that a reload takes away refuses nothing any more', async (t) => {
  const { scene, use } = await watched(t);
  use(2);
  assert.equal((await scene.ask(get())).status, 503);
  const clock = new ManualClock();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const registry = scene.registry;
  const resident = () => 2 * LIMIT;
  const pressure = new Pressure({
    clock,
    log,
    registry,
    warnings: new StandingWarnings(log),
    resident,
    relieve() {},
  });
  pressure.follow({ ...scene.plan, limits: { ...scene.plan.limits, maxMemoryBytes: 0 } });
  assert.equal((await scene.ask(get())).status, 200);
});
