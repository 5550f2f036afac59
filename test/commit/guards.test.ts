/** What guards of a change let pass and what they do not, by windows of five seconds of which the test says what is in them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import { standing, trialScene } from './scene.ts';

const calm = { requests: 100, errors: 0, ms: 40 } as const;

test('errors above one percent in two windows roll back, with the reason in event and outcome', async (t) => {
  const { apply, commit, events, pass, running, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two);
  await pass(5, { requests: 100, errors: 50 });
  assert.equal(running(), texts.two, 'one bad window is not enough');
  await pass(5, { requests: 100, errors: 50 });
  assert.equal(running(), texts.one);
  const [ended] = commit.view().ended;
  assert.deepEqual([ended?.cause, ended?.result], ['guard', 'rolled_back']);
  assert.match(ended?.why ?? '', /^5xx are 50\.0 % of 1000 requests, limit 1\.0 % \(0\.0 % before\), 2 windows/);
  assert.equal(events('config_rollback')[0]?.fields['why'], ended?.why);
});

test('bad windows count in a row: a good one between them begins anew', async (t) => {
  const { apply, pass, running, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two);
  for (let n = 0; n < 5; n++) {
    await pass(5, { requests: 100, errors: 50 });
    await pass(5, calm);
  }
  assert.equal(running(), texts.two);
});

test('fewer than fifty requests, or fewer than five errors, say nothing', async (t) => {
  const { apply, pass, running, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two);
  await pass(10, { requests: 4, errors: 4 });
  assert.equal(running(), texts.two, 'forty requests');
  await pass(10, { requests: 4, errors: 4 });
  assert.equal(running(), texts.one, 'eighty requests of four bad windows');
});

test('what failed before may fail now, and half a percent more', async (t) => {
  const { apply, commit, pass, running, texts } = await trialScene(t);
  await pass(60, { requests: 1000, errors: 30 });
  await apply(texts.two);
  const limit = commit.pending?.guards.find(({ guard }) => guard === 'errors')?.limit ?? 0;
  assert.ok(Math.abs(limit - 0.035) < 1e-9, String(limit));
  await pass(20, { requests: 1000, errors: 34 });
  assert.equal(running(), texts.two);
  await pass(10, { requests: 1000, errors: 40 });
  assert.equal(running(), texts.one);
});

test('a p99 of one and a half times that of before rolls back, and one within a few milliseconds does not', async (t) => {
  const { apply, pass, running, texts } = await trialScene(t);
  await pass(60, { requests: 100, ms: 200 });
  await apply(texts.two);
  await pass(30, { requests: 100, ms: 280 });
  assert.equal(running(), texts.two);
  await pass(10, { requests: 100, ms: 330 });
  assert.equal(running(), texts.one);

  await pass(300, { requests: 100, ms: 2 });
  await apply(texts.two);
  await pass(30, { requests: 100, ms: 15 });
  assert.equal(running(), texts.two, 'seven times as long, and nobody can notice');
});

test('without thirty seconds of before only absolute bounds count, and the reply says so', async (t) => {
  const { apply, commit, pass, running, texts } = await trialScene(t);
  await pass(20, { requests: 100, ms: 1 });
  const { remarks } = await apply(texts.two);
  assert.match(remarks.join(), /less than 30 s are known/);
  const limits = Object.fromEntries((commit.pending?.guards ?? []).map(({ guard, limit }) => [guard, limit]));
  assert.deepEqual([limits['errors'], limits['p99'], limits['tls']], [0.01, null, 0.005]);
  await pass(20, { requests: 100, ms: 5000 });
  assert.equal(running(), texts.two);
  await pass(10, { requests: 100, errors: 10 });
  assert.equal(running(), texts.one);
});

test('a target that goes down after the change rolls back; one that was down before does not count', async (t) => {
  const { apply, commit, health, pass, running, texts } = await trialScene(t);
  health.standings = [standing({ available: 2, down: 1 })];
  await pass(60, calm);
  await apply(texts.two);
  await pass(30, calm);
  assert.equal(running(), texts.two);
  const healthy = commit.pending?.guards.find(({ guard }) => guard === 'healthy');
  assert.deepEqual([healthy?.verdict, healthy?.limit, healthy?.now, healthy?.of], ['good', 2, 2, 3]);
  health.standings = [standing({ available: 1, down: 2 })];
  await pass(10, calm);
  assert.equal(running(), texts.one);
  assert.match(commit.view().ended[0]?.why ?? '', /upstream api: 2 of 3 targets down \(1 of 3 before\)/);
});

test('an upstream that came with the change and has a target down, or that falls below min-healthy, rolls back', async (t) => {
  const { apply, commit, health, pass, running, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two);
  health.standings = [standing(), standing({ upstream: 'new', targets: 2, available: 1, down: 1 })];
  await pass(10, calm);
  assert.equal(running(), texts.one);
  assert.match(
    commit.view().ended[0]?.why ?? '',
    /upstream new: 1 of 2 targets down \(the upstream came with the change\)/,
  );
  health.standings = [standing()];
  await pass(5, calm);
  await apply(texts.two);
  health.standings = [standing({ targets: 1, available: 1, minHealthy: 2 })];
  await pass(10, calm);
  assert.match(commit.view().ended[0]?.why ?? '', /1 of 1 targets take requests, min-healthy is 2/);
});

test('TLS handshakes that fail after a change of certificates roll back', async (t) => {
  const { apply, commit, pass, running, texts } = await trialScene(t);
  await pass(60, { ...calm, handshakes: 20 });
  await apply(texts.two);
  await pass(10, { ...calm, handshakes: 20, failedHandshakes: 10 });
  assert.equal(running(), texts.one);
  assert.match(commit.view().ended[0]?.why ?? '', /failed TLS handshakes are 50\.0 % of 200 handshakes/);
});

test('a guard that is off, or allows more, lets pass what the usual one would not', async (t) => {
  const { apply, commit, pass, running, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two, 300_000, { limits: { errors: null } });
  await pass(30, { requests: 100, errors: 50, ms: 40 });
  assert.equal(running(), texts.two);
  assert.equal(commit.pending?.guards.find(({ guard }) => guard === 'errors')?.verdict, 'off');
  await commit.rollback({}, { actor: 'user oncall', reason: null });
  await apply(texts.two, 300_000, { limits: { errors: 0.6 } });
  await pass(30, { requests: 100, errors: 50, ms: 40 });
  assert.equal(running(), texts.two);
});

test('what a change on trial did is nothing that the next one is compared with', async (t) => {
  const { apply, commit, pass, texts } = await trialScene(t);
  await pass(60, calm);
  await apply(texts.two);
  await pass(10, { requests: 100, errors: 80 });
  assert.equal(commit.view().ended.length, 1);
  await apply(texts.three);
  assert.equal(commit.pending?.guards.find(({ guard }) => guard === 'errors')?.limit, 0.01);
});

test('after a reload the same guards warn, name the way back, undo nothing, and end when it is over', async (t) => {
  const { configFile, events, pass, proven, reloader, running, texts, warnings } = await trialScene(t);
  await pass(60, calm);
  writeFileSync(configFile, texts.two);
  await reloader.request('signal HUP', null);
  await pass(60, { requests: 100, errors: 50 });
  assert.equal(running(), texts.two);
  assert.match(
    warnings.texts.join(),
    /since generation 2 is in force: 5xx are .* sentinel config rollback 1 --confirm=1/,
  );
  assert.equal(events('config_guard').length, 1, 'said once, not with every window');
  await pass(5, calm);
  assert.deepEqual(warnings.texts, []);
  assert.deepEqual(proven, []);
  await pass(300, calm);
  assert.deepEqual(proven, [2], 'five minutes after the last complaint');
});

test('a generation has proven good after five minutes without a complaint, one on trial only when it is confirmed', async (t) => {
  const { apply, commit, pass, proven, texts } = await trialScene(t);
  await pass(310, calm);
  assert.deepEqual(proven, [1]);
  await apply(texts.two, 3_600_000);
  await pass(400, calm);
  assert.deepEqual(proven, [1]);
  await commit.confirm('c-0001', 'user oncall', null);
  assert.deepEqual(proven, [1, 2]);
});

test('what a maintenance answers on purpose neither undoes a change nor counts as what failed before', async (t) => {
  const { apply, pass, running, texts } = await trialScene(t);
  const closed = { requests: 100, errors: 100, ms: 1, own: { cause: 'maintenance', count: 100 } } as const;
  await pass(60, calm);
  await apply(texts.two);
  await pass(30, closed);
  assert.equal(running(), texts.two);
  await pass(10, { requests: 200, errors: 150, ms: 40, own: { cause: 'maintenance', count: 100 } });
  assert.equal(running(), texts.one, 'half of what went to the targets failed');

  await pass(300, closed);
  await apply(texts.three);
  await pass(10, { requests: 100, errors: 50, ms: 40 });
  assert.equal(running(), texts.one);
});

test('a flood of what no route takes is not what a p99 is compared with', async (t) => {
  const { apply, commit, pass, running, texts } = await trialScene(t);
  await pass(240, { requests: 1000, ms: 1, own: { cause: 'no_route', count: 995 } });
  await apply(texts.two);
  await pass(60, { requests: 100, ms: 200 });
  assert.equal(running(), texts.two);
  assert.equal(commit.pending?.guards.find(({ guard }) => guard === 'p99')?.before, null);
});

test('targets that operators drain while a change is on trial, and work on then, do not undo it', async (t) => {
  const { apply, health, pass, running, texts } = await trialScene(t);
  health.standings = [standing({ minHealthy: 2 })];
  await pass(60, calm);
  await apply(texts.two);
  health.standings = [standing({ minHealthy: 2, available: 1, drained: 2, drainedDown: 1, down: 1 })];
  await pass(30, calm);
  assert.equal(running(), texts.two);
  health.standings = [standing({ minHealthy: 2, available: 0, drained: 2, drainedDown: 1, down: 2 })];
  await pass(10, calm);
  assert.equal(running(), texts.one, 'the third went down by itself');
});
