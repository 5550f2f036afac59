/** Everything else that is done to rows by keys and by the menu: each ends in what the daemon, its log or its clients show of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { get, RawClient } from '../../helpers/raw-http.ts';
import { type FlowTarget, FlowScene } from './flow-scene.ts';
import { Operator } from './operator.ts';

test('actions by keys', { timeout: 90_000 }, async (t) => {
  const scene = await FlowScene.start(t, {
    listener: 'trusted-proxies "127.0.0.1"',
    settings: `
      circuit-breaker { failure-threshold 2; timeout-secs 600 }
      health-check { type "http" { path "/health" }; interval-secs 300; timeout-secs 1; unhealthy-threshold 1; healthy-threshold 1 }`,
  });
  const target = scene.targets[0] as FlowTarget;
  const operator = await Operator.at(t, { socket: scene.daemon.socket });
  if (operator === undefined) return;
  const { terminal } = operator;
  const toTarget = () => operator.goTo(1, `target=${target.address}`, new RegExp(target.address));

  await t.test('c has the targets checked, at once and unasked', async () => {
    await eventually(async () => assert.equal((await scene.target(0)).verdict, 'healthy'));
    await toTarget();
    target.healthy = false;
    terminal.type('c');
    await eventually(async () => assert.equal((await scene.target(0)).verdict, 'unhealthy'));
    await terminal.until(/1 of 2 targets of api pass: 127\.0\.0\.1:\d+ L7STS/);
    target.healthy = true;
    terminal.type('c');
    await eventually(async () => assert.equal((await scene.target(0)).verdict, 'healthy'));
    await terminal.until(/2 of 2 targets of api pass/);
  });

  await t.test('b closes a breaker that is open, after a question', async () => {
    target.failing = true;
    await eventually(async () => {
      await scene.ask(4);
      assert.equal((await scene.target(0)).breaker, 'open');
    });
    target.failing = false;
    await toTarget();
    await terminal.until((screen) => screen.some((line) => line.includes(target.address) && /open/i.test(line)));
    terminal.type('b');
    const text = await operator.question('reset-breaker');
    assert.equal(operator.fact(text, 'what'), `close breaker api/${target.address}`);
    assert.match(operator.fact(text, 'effect'), /^open now, .*all its requests flow again$/);
    assert.equal(operator.fact(text, 'undo'), `sentinel breakers open api/${target.address}`);
    assert.equal(operator.fact(text, 'expires'), 'when failures open it again');
    await operator.proceed();
    await eventually(async () => assert.equal((await scene.target(0)).breaker, 'closed'));
    await eventually(async () => assert.deepEqual(new Set(await scene.ask(4)), new Set(['o0', 'o1'])));
    await terminal.until(/breaker api\/\S+ is closed/);
  });

  await t.test('M answers the clients of a route with a page until it is ended', async () => {
    await operator.goTo(2, 'name=all', /\ball\b/);
    terminal.type('M');
    const text = await operator.question('maintenance');
    assert.equal(operator.fact(text, 'what'), 'put route all under maintenance');
    assert.match(operator.fact(text, 'effect'), /requests\/s now: new requests get 503 and the page, at once/);
    assert.equal(operator.fact(text, 'undo'), 'sentinel maintenance off --route all');
    assert.match(operator.fact(text, 'expires'), /^after 1h, at \d{4}-/);
    await operator.proceed();
    await eventually(async () => assert.deepEqual(await scene.ask(1), ['503']));
    await terminal.until(/undo: sentinel maintenance off --route all/);
    await eventually(async () => {
      terminal.type('A');
      await terminal.until(/it is under maintenance already/, 500);
    });
    terminal.key('escape');
    await terminal.until(/^((?!actions:)[\s\S])*$/);
    await operator.choose(/end the maintenance/);
    const end = await operator.question('end-maintenance');
    assert.equal(operator.fact(end, 'undo'), 'sentinel maintenance on --route all');
    await operator.proceed();
    await eventually(async () => assert.notDeepEqual(await scene.ask(1), ['503']));
  });

  await t.test('the whole proxy under maintenance wants the word for it', async () => {
    await operator.goTo(2, 'name=all', /\ball\b/);
    await operator.choose(/maintenance of the whole proxy/);
    const text = await operator.question('maintenance', 'severe');
    assert.equal(operator.fact(text, 'what'), 'put every route under maintenance');
    await operator.name('all');
    await operator.proceed();
    await eventually(async () => assert.deepEqual(await scene.ask(1), ['503']));
    await scene.client.call('override-clear', { params: { kind: 'maintenance' } });
    await eventually(async () => assert.notDeepEqual(await scene.ask(1), ['503']));
  });

  await t.test('a request that is ended is cut off from its client', async () => {
    const { client } = await scene.hold('/hold/kill');
    await operator.goTo(4, 'path=/hold/kill', /\/hold\/kill/);
    await operator.choose(/end the request/);
    const text = await operator.question('kill-request');
    assert.match(operator.fact(text, 'what'), /^end request \S+: GET \S*\/hold\/kill$/);
    assert.match(
      operator.fact(text, 'effect'),
      /^runs for .*, waits for the target to answer at .*; of client 127\.0\.0\.1 its connection is closed$/,
    );
    assert.match(operator.fact(text, 'undo'), /^nothing: the client has to ask again$/);
    await operator.proceed();
    await client.closed();
    assert.equal((await scene.client.call('inflight')).data.total, 0);
    await terminal.until(/ended \S+: GET \S*\/hold\/kill, after /);
  });

  await t.test('a client that is blocked is refused from then on, and others are not', async () => {
    const from = (address: string) => `X-Forwarded-For: ${address}`;
    const client = await RawClient.connect(t, Number(new URL(scene.daemon.url()).port));
    client.send(get('/hold/block', from('203.0.113.7')));
    await operator.goTo(4, 'client=203.0.113.7', /203\.0\.113\.7/);
    await operator.choose(/block client 203\.0\.113\.7 for 1h/);
    await terminal.until(/203\.0\.113\.7 is blocked for 1h 00m.*undo: sentinel block remove 203\.0\.113\.7/);
    await eventually(async () => assert.deepEqual(await scene.ask(1, from('203.0.113.7')), ['403']));
    assert.notDeepEqual(await scene.ask(1, from('203.0.113.8')), ['403']);
    const [block] = (await scene.client.call('blocks')).data.blocks;
    assert.equal(block?.address, '203.0.113.7');
    assert.ok((block?.expires_in_ms ?? 0) > 3_000_000);
  });

  await t.test('what is logged at debug for a while is really logged, and ends by itself', async () => {
    const debugLines = () => scene.daemon.lines().filter(({ level }) => level.toLowerCase() === 'debug').length;
    assert.equal(debugLines(), 0);
    terminal.type('8n');
    await terminal.until(/Log/);
    await eventually(() => /INFO|info/i.test(operator.text));
    await operator.choose(/log everything at debug/);
    await terminal.until(/everything is logged at debug for 15m 00s/);
    const { overrides } = (await scene.client.call('log-levels')).data;
    assert.deepEqual(
      overrides.map(({ module, level }) => [module, level]),
      [[null, 'debug']],
    );
    assert.ok((overrides[0]?.expires_in_ms ?? 0) > 800_000);
    await scene.client.call('drain-begin', { body: { target: target.address } });
    await eventually(() => assert.ok(debugLines() > 0));
  });
});
