/** A configuration on trial: confirmed, extended, replaced, rolled back by the clock, by order, and where that fails. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
import { trialScene } from './scene.ts';

test('what nobody confirms is rolled back when its time is over, and the file never held it', async (t) => {
  const { apply, clock, commit, events, keeper, onDisk, running, settled, state, texts } = await trialScene(t);
  const { outcome } = await apply(texts.two);
  assert.equal(outcome.result, 'completed');
  assert.equal(running(), texts.two);
  assert.equal(onDisk(), texts.one);
  assert.equal(keeper.marked?.from, 1);
  assert.equal(keeper.marked?.generation, 2);
  clock.advance(299_999);
  await settled();
  assert.equal(running(), texts.two);
  clock.advance(1);
  await settled();
  assert.equal(running(), texts.one);
  assert.equal(state.generation, 3);
  assert.equal(commit.pending, null);
  assert.equal(state.trial, null);
  assert.equal(keeper.marked, null);
  assert.deepEqual(commit.rollbacks, { timer: 1, guard: 0, operator: 0, boot: 0, failed: 0 });
  const [event] = events('config_rollback');
  assert.equal(event?.level, 'error');
  assert.equal(event?.fields['cause'], 'timer');
  assert.deepEqual(
    commit.view().ended.map(({ id, result, cause, in_force: inForce }) => ({ id, result, cause, inForce })),
    [{ id: 'c-0001', result: 'rolled_back', cause: 'timer', inForce: 3 }],
  );
});

test('what is confirmed stays, is written into the file, and a second confirmation is as good as the first', async (t) => {
  const { apply, clock, commit, events, keeper, onDisk, running, settled, texts } = await trialScene(t);
  await apply(texts.two);
  const done = await commit.confirm('c-0001', 'user oncall', null);
  assert.deepEqual([done.generation, done.already, done.disk.written], [2, false, true]);
  assert.equal(onDisk(), texts.two);
  assert.equal(keeper.marked, null);
  assert.equal(events('config_confirmed').length, 1);
  assert.equal((await commit.confirm('c-0001', 'user oncall', null)).already, true);
  clock.advance(86_400_000);
  await settled();
  assert.equal(running(), texts.two);
});

test('a confirmation needs the id of what is on trial, and a refused one says which that is', async (t) => {
  const { apply, commit, onDisk, texts } = await trialScene(t);
  await assert.rejects(commit.confirm('c-9999', 'user oncall', null), {
    code: 'SNT-A021',
    message: /nothing is pending/,
  });
  await apply(texts.two);
  await assert.rejects(commit.confirm('c-9999', 'user oncall', null), {
    code: 'SNT-A021',
    message: /c-0001 is pending/,
  });
  assert.equal(onDisk(), texts.one);
  await commit.rollback({ id: 'c-0001' }, { actor: 'user oncall', reason: 'looks wrong' });
  await assert.rejects(commit.confirm('c-0001', 'user oncall', null), {
    code: 'SNT-A021',
    message: /c-0001 was rolled back at .* \(operator: looks wrong\); generation 3 is in force/,
  });
});

test('a second change is refused with the id of the first, a reload too, and neither confirms it', async (t) => {
  const { apply, commit, configFile, reloader, running, said, texts } = await trialScene(t);
  await apply(texts.two);
  await assert.rejects(apply(texts.three), {
    code: 'SNT-A020',
    message: /c-0001 is pending: generation 2 of user oncall/,
  });
  writeFileSync(configFile, texts.three);
  const reload = await reloader.request('signal HUP', null);
  assert.deepEqual([reload.result, reload.code], ['refused', 'SNT-P023']);
  assert.match(reload.hint ?? '', /sentinel config confirm c-0001/);
  assert.ok(
    said.some(({ event, level, fields }) => event === 'reload' && level === 'error' && fields['result'] === 'refused'),
  );
  assert.equal(running(), texts.two);
  assert.equal(commit.pending?.id, 'c-0001');
});

test('a stacked change takes the place of the first, and a rollback goes back to what was confirmed last', async (t) => {
  const { apply, commit, keeper, running, texts } = await trialScene(t);
  await apply(texts.two);
  await apply(texts.three, 300_000, { stack: true });
  assert.equal(running(), texts.three);
  assert.deepEqual([commit.pending?.id, commit.pending?.from_generation, keeper.marked?.from], ['c-0002', 1, 1]);
  assert.equal(commit.view().ended[0]?.result, 'replaced');
  const back = await commit.rollback({}, { actor: 'user oncall', reason: null });
  assert.deepEqual([back.id, back.restored], ['c-0002', 1]);
  assert.equal(running(), texts.one);
});

test('a stacked change that is wrong leaves the first on trial, with its own deadline', async (t) => {
  const { apply, clock, commit, keeper, running, settled, texts } = await trialScene(t);
  await apply(texts.two);
  const { outcome } = await apply('route "x" { nonsense }', 300_000, { stack: true });
  assert.equal(outcome.code, 'SNT-P013');
  assert.deepEqual([running(), commit.pending?.id, keeper.marked?.id], [texts.two, 'c-0001', 'c-0001']);
  clock.advance(300_000);
  await settled();
  assert.equal(running(), texts.one);
});

test('more time counts from now on and never shortens what there is', async (t) => {
  const { apply, clock, commit, running, settled, texts } = await trialScene(t);
  await apply(texts.two);
  clock.advance(200_000);
  assert.equal((await commit.extend('c-0001', 90_000, 'user oncall')).remaining_ms, 100_000);
  assert.equal((await commit.extend('c-0001', 600_000, 'user oncall')).remaining_ms, 600_000);
  await assert.rejects(commit.extend('c-0002', 600_000, 'user oncall'), { code: 'SNT-A021' });
  clock.advance(599_999);
  await settled();
  assert.equal(running(), texts.two);
  clock.advance(1);
  await settled();
  assert.equal(running(), texts.one);
});

test('a window below 90 s or above a day is refused before anything is in force, and says why', async (t) => {
  const { apply, running, texts } = await trialScene(t);
  await assert.rejects(apply(texts.two, 89_999), { code: 'SNT-A022', message: /no time to look/ });
  await assert.rejects(apply(texts.two, 86_400_001), { code: 'SNT-A022', message: /within a day/ });
  assert.equal(running(), texts.one);
});

test('a file that could not be written later is a reason to refuse now', async (t) => {
  const { apply, keeper, running, texts } = await trialScene(t);
  keeper.refusal = '/etc/sentinel: EACCES';
  await assert.rejects(apply(texts.two), { code: 'SNT-A024', message: /\/etc\/sentinel: EACCES; nothing was applied/ });
  await assert.rejects(apply(texts.two, null), { code: 'SNT-A024' });
  assert.equal(running(), texts.one);
});

test('a file that cannot be written when it is confirmed leaves the change pending', async (t) => {
  const { apply, commit, keeper, onDisk, texts } = await trialScene(t);
  await apply(texts.two);
  keeper.fault = 'ENOSPC';
  await assert.rejects(commit.confirm('c-0001', 'user oncall', null), {
    code: 'SNT-P025',
    message: /ENOSPC; c-0001 stays pending/,
  });
  keeper.fault = null;
  await commit.confirm('c-0001', 'user oncall', null);
  assert.equal(onDisk(), texts.two);
});

test('without a window a change is confirmed at once and written in its turn', async (t) => {
  const { apply, commit, onDisk, texts } = await trialScene(t);
  const { outcome, disk } = await apply(texts.two, null);
  assert.deepEqual([outcome.result, disk?.written, commit.pending], ['completed', true, null]);
  assert.equal(onDisk(), texts.two);
});

test('a file that was edited in place is put back by a rollback, and one that was edited since is left alone', async (t) => {
  const { apply, commit, configFile, keeper, onDisk, texts } = await trialScene(t);
  writeFileSync(configFile, texts.two);
  await apply(texts.two);
  assert.deepEqual(keeper.marked?.restore, [{ path: configFile, text: texts.one }]);
  await commit.rollback({ id: 'c-0001' }, { actor: 'user oncall', reason: null });
  assert.equal(onDisk(), texts.one);
  writeFileSync(configFile, texts.two);
  await apply(texts.two);
  writeFileSync(configFile, texts.three);
  const { disk } = await commit.rollback({ id: 'c-0002' }, { actor: 'user oncall', reason: null });
  assert.equal(onDisk(), texts.three);
  assert.match(disk?.problem ?? '', /edited since/);
});

test('a rollback that fails leaves what runs, warns for as long as that is so, and can be repeated or accepted', async (t) => {
  const { apply, clock, commit, events, running, settled, texts, warnings, workers } = await trialScene(t);
  await apply(texts.two);
  workers.fault = 'the address 10.0.0.1:80 is in use';
  clock.advance(300_000);
  await settled();
  assert.equal(running(), texts.two);
  assert.deepEqual([commit.pending?.state, commit.pending?.problem], ['stuck', workers.fault]);
  assert.match(warnings.texts.join(), /generation 2 \(c-0001\) was to be rolled back to 1 and could not: the address/);
  const [event] = events('config_rollback_failed');
  assert.deepEqual(
    [event?.level, event?.fields['code'], event?.fields['problem']],
    ['error', 'SNT-P024', workers.fault],
  );
  assert.equal(commit.rollbacks.failed, 1);
  await assert.rejects(apply(texts.three), { code: 'SNT-A020' });
  workers.fault = null;
  await commit.rollback({ id: 'c-0001' }, { actor: 'user oncall', reason: null });
  assert.equal(running(), texts.one);
  assert.deepEqual(warnings.texts, []);
});

test('a change whose rollback failed can be kept', async (t) => {
  const { apply, clock, commit, onDisk, settled, texts, warnings, workers } = await trialScene(t);
  await apply(texts.two);
  workers.fault = 'no';
  clock.advance(300_000);
  await settled();
  await commit.confirm('c-0001', 'user oncall', null);
  assert.deepEqual([onDisk(), warnings.texts.length], [texts.two, 0]);
});

test('a rollback to a number takes the kept text and puts the file back; a second one without a number goes further back', async (t) => {
  const { apply, commit, onDisk, running, state, texts } = await trialScene(t);
  await apply(texts.two, null);
  await apply(texts.three, null);
  const back = await commit.rollback({}, { actor: 'user oncall', reason: null });
  assert.deepEqual([back.restored, state.generation, running(), onDisk()], [2, 4, texts.two, texts.two]);
  await assert.rejects(commit.rollback({ generation: 99 }, { actor: 'user oncall', reason: null }), {
    code: 'SNT-A025',
  });
});

test('while one is on trial a rollback to another generation is refused', async (t) => {
  const { apply, commit, running, texts } = await trialScene(t);
  await apply(texts.two, null);
  await apply(texts.three);
  await assert.rejects(commit.rollback({ generation: 1 }, { actor: 'user oncall', reason: null }), {
    code: 'SNT-A020',
  });
  assert.equal(running(), texts.three);
});

test('a daemon that drains rolls nothing back: the next start decides', async (t) => {
  const { apply, clock, commit, events, keeper, running, settled, state, texts } = await trialScene(t);
  await apply(texts.two);
  state.phase = 'draining';
  clock.advance(300_000);
  await settled();
  assert.deepEqual([running(), keeper.marked?.id, events('config_rollback_failed').length], [texts.two, 'c-0001', 0]);
  assert.equal(commit.pending?.state, 'pending');
});

test('what runs out while a process is to take over is undone as soon as that one has given back', async (t) => {
  const { apply, clock, running, settled, state, texts } = await trialScene(t);
  await apply(texts.two);
  state.phase = 'handing-over';
  clock.advance(300_000);
  await settled();
  assert.equal(running(), texts.two);
  state.phase = 'running';
  clock.advance(1_000);
  await settled();
  assert.equal(running(), texts.one);
});

test('a file that was edited in place is put back though it begins with a byte order mark', async (t) => {
  const { apply, commit, configFile, onDisk, texts } = await trialScene(t);
  writeFileSync(configFile, `\ufeff${texts.two}`);
  await apply(texts.two);
  await commit.rollback({}, { actor: 'user oncall', reason: null });
  assert.equal(onDisk(), texts.one);
});
