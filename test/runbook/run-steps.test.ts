/** Steps of a run: who has to agree to what, what is done when one fails, and what of it can be read afterwards. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { historyOf } from '../../src/runbook/run/resume-point.ts';
import { kdl, play, runbook } from './scripted-run.ts';

const change = 'step "restart" "Start it" kind="change" { run "tool" "restart"; undo "tool" "stop" }';
const destroy = 'step "wipe" "Wipe it" kind="destroy" { run "tool" "wipe" }';
const observe = 'step "look" "Look" kind="observe" { run "tool" "look" }';

test('looking is done at once, also where nobody can be asked', async () => {
  const { ran, ended } = await play({ book: await runbook(kdl(observe)) });
  assert.deepEqual(ran, [['tool', 'look']]);
  assert.equal(ended.exit_code, 0);
});

test('a change where nobody can be asked stops before it, with status 2 and the name of the flag', async () => {
  const { ran, ended } = await play({ book: await runbook(kdl(observe, change)) });
  assert.deepEqual(ran, [['tool', 'look']]);
  assert.equal(ended.exit_code, 2);
  assert.equal(ended.code, 'SNT-R022');
  assert.match(ended.words, /--yes/);
  assert.deepEqual(ended.next, ['sentinel runbook run test-book --resume r-20260101-000000-abcd --yes']);
});

test('--yes agrees to changes and never to what cannot be taken back', async () => {
  const book = await runbook(kdl(change, destroy));
  const { ran, ended } = await play({ book, plan: { yes: true } });
  assert.deepEqual(ran, [['tool', 'restart']]);
  assert.equal(ended.exit_code, 2);
  assert.match(ended.words, /--confirm=wipe/);
});

test('--confirm agrees to the step that it names and to no other', async () => {
  const book = await runbook(kdl(destroy, 'step "burn" "Burn it" kind="destroy" { run "tool" "burn" }'));
  const { ran, ended } = await play({ book, plan: { yes: true, confirms: new Set(['wipe']) } });
  assert.deepEqual(ran, [['tool', 'wipe']]);
  assert.match(ended.words, /--confirm=burn/);
});

test('an operator agrees to a change with yes, and to the end of something by typing its name', async () => {
  const book = await runbook(kdl(change, destroy));
  const { ran, ended } = await play({ book, says: ['yes', 'wipe'] });
  assert.deepEqual(ran, [
    ['tool', 'restart'],
    ['tool', 'wipe'],
  ]);
  assert.equal(ended.outcome, 'finished');
});

test('a name that is typed wrong is a no', async () => {
  const { ran, ended } = await play({ book: await runbook(kdl(destroy)), says: ['wype'] });
  assert.deepEqual(ran, []);
  assert.equal(ended.exit_code, 1);
  assert.equal(ended.code, 'SNT-R033');
});

test('a no stops the run before the step, and a skip goes on behind it', async () => {
  const book = await runbook(kdl(change, observe));
  const no = await play({ book, says: ['no'] });
  assert.deepEqual(no.ran, []);
  assert.equal(no.ended.exit_code, 1);
  const skip = await play({ book, says: ['skip'] });
  assert.deepEqual(skip.ran, [['tool', 'look']]);
  assert.equal(skip.ended.exit_code, 0);
  assert.deepEqual(
    skip.of('step').map(({ outcome }) => outcome),
    ['skipped', 'done'],
  );
});

test('an exit status counts as done only where the step accepts it', async () => {
  const book = await runbook(kdl('step "look" "Look" kind="observe" { run "tool" "look"; accepts 0 3 }'));
  const fine = await play({ book, programs: () => ({ exit: 3 }) });
  assert.equal(fine.ended.exit_code, 0);
  const bad = await play({ book, programs: () => ({ exit: 4 }) });
  assert.equal(bad.ended.exit_code, 1);
  assert.equal(bad.ended.code, 'SNT-R023');
  assert.match(bad.ended.words, /exited with 4, expected 0 or 3/);
});

test('a step that failed is tried again when the operator says so', async () => {
  let turn = 0;
  const programs = () => ({ exit: turn++ === 0 ? 1 : 0 });
  const { ran, ended, of } = await play({ book: await runbook(kdl(change)), says: ['yes', 'retry'], programs });
  assert.equal(ran.length, 2);
  assert.deepEqual(
    of('step').map(({ outcome }) => outcome),
    ['failed', 'done'],
  );
  assert.equal(ended.exit_code, 0);
});

test('before a step is tried again its needs are looked at again', async () => {
  const book = await runbook(
    kdl('step "restart" "Start it" kind="change" { run "tool" "restart"; needs "config-loads"; undo "tool" "stop" }'),
  );
  const { ran, of, ended } = await play({
    book,
    facts: { 'config-loads': ['yes', 'no'] },
    says: ['yes', 'retry', 'stop'],
    programs: () => ({ exit: 1 }),
  });
  assert.equal(ran.length, 1);
  assert.deepEqual(
    of('check').map(({ result }) => result),
    ['holds', 'fails'],
  );
  assert.equal(ended.code, 'SNT-R024');
});

test('a step that failed is taken back by its undo, agreed to like any change', async () => {
  const { ran, of, ended } = await play({
    book: await runbook(kdl(change)),
    says: ['yes', 'rollback', 'yes', 'stop'],
    programs: ([, verb]) => ({ exit: verb === 'restart' ? 1 : 0 }),
  });
  assert.deepEqual(ran, [
    ['tool', 'restart'],
    ['tool', 'stop'],
  ]);
  assert.deepEqual(
    of('rollback').map(({ step, outcome }) => [step, outcome]),
    [['restart', 'done']],
  );
  assert.equal(ended.exit_code, 1);
});

test('of several ways back the operator chooses one', async () => {
  const book = await runbook(kdl(change, 'rollback "Restore the last good file" { run "tool" "restore" }'));
  const { ran } = await play({
    book,
    says: ['yes', 'rollback', '1', 'yes', 'stop'],
    programs: ([, verb]) => ({ exit: verb === 'restart' ? 1 : 0 }),
  });
  assert.deepEqual(ran.at(-1), ['tool', 'restore']);
});

test('a rollback is only offered as long as nothing failed', async () => {
  const book = await runbook(kdl(observe, 'rollback "Restore the last good file" { run "tool" "restore" }'));
  const { ran, of, ended } = await play({ book, says: [] });
  assert.deepEqual(ran, [['tool', 'look']]);
  assert.equal(of('rollback')[0]?.outcome, 'offered');
  assert.equal(ended.exit_code, 0);
});

test('a failed step that was passed over leaves its mark on the exit status', async () => {
  const book = await runbook(kdl(change, observe));
  const { ran, ended } = await play({
    book,
    says: ['yes', 'skip'],
    programs: ([, verb]) => ({ exit: verb === 'restart' ? 1 : 0 }),
  });
  assert.equal(ran.length, 2);
  assert.equal(ended.exit_code, 1);
});

test('on a pipe a step that failed ends the run and says how it goes on and how it is taken back', async () => {
  const { ended } = await play({
    book: await runbook(kdl(change, observe)),
    plan: { yes: true },
    programs: () => ({ exit: 1 }),
  });
  assert.equal(ended.exit_code, 1);
  assert.deepEqual(ended.next, [
    'sentinel runbook run test-book --resume r-20260101-000000-abcd',
    'sentinel runbook run test-book --rollback restart',
  ]);
});

test('--rollback takes back one step and does nothing else', async () => {
  const book = await runbook(kdl(observe, change));
  const plan = { yes: true, only: { kind: 'rollback', reference: 'restart' } } as const;
  const { ran, ended } = await play({ book, plan });
  assert.deepEqual(ran, [['tool', 'stop']]);
  assert.equal(ended.exit_code, 0);
});

test('a program that only looks and is not there is passed over; one that changes is not', async () => {
  const missing = () => ({ end: 'missing', exit: null }) as const;
  const look = await play({ book: await runbook(kdl(observe)), programs: missing });
  assert.equal(look.ended.exit_code, 0);
  assert.equal(look.of('step')[0]?.outcome, 'unavailable');
  const act = await play({ book: await runbook(kdl(change)), plan: { yes: true }, programs: missing });
  assert.equal(act.ended.exit_code, 1);
  assert.match(act.ended.words, /no program tool/);
});

test('a need that does not hold stops before the step', async () => {
  const book = await runbook(
    kdl('step "restart" "Start it" kind="change" { run "tool" "restart"; needs "config-loads"; undo "tool" "stop" }'),
  );
  const no = await play({ book, plan: { yes: true }, facts: { 'config-loads': 'no' } });
  assert.deepEqual(no.ran, []);
  assert.equal(no.ended.exit_code, 1);
  assert.equal(no.ended.code, 'SNT-R024');
  const unknown = await play({ book, plan: { yes: true }, facts: { 'config-loads': 'unknown' } });
  assert.deepEqual(unknown.ran, []);
  assert.equal(unknown.ended.exit_code, 3);
});

test('a value stays within its argument, whatever is in it', async () => {
  const book = await runbook(kdl('step "look" "Look" kind="observe" { run "tool" "at" "{target}:x" "{upstream}" }'));
  const { ran } = await play({ book, values: { target: 'a b; rm -rf $HOME', upstream: '"{target}"' } });
  assert.deepEqual(ran, [['tool', 'at', 'a b; rm -rf $HOME:x', '"{target}"']]);
});

test('a value that a program would take for an option is refused', async () => {
  const book = await runbook(kdl('step "look" "Look" kind="observe" { run "tool" "{target}" }'));
  const { ran, ended } = await play({ book, values: { target: '--all' } });
  assert.deepEqual(ran, []);
  assert.equal(ended.code, 'SNT-R032');
  assert.equal(ended.exit_code, 2);
});

test('a value that nobody knows stops before the step and names the flag; an operator is asked for it', async () => {
  const book = await runbook(kdl('step "look" "Look" kind="observe" { run "tool" "{target}" }'));
  const alone = await play({ book });
  assert.deepEqual(alone.ran, []);
  assert.equal(alone.ended.exit_code, 2);
  assert.equal(alone.ended.code, 'SNT-R021');
  assert.match(alone.ended.words, /--set target=VALUE/);
  const asked = await play({ book, says: ['10.0.0.1:80'] });
  assert.deepEqual(asked.ran, [['tool', '10.0.0.1:80']]);
});

test('bash is shown and not run, unless it is chosen', async () => {
  const book = await runbook('```bash\necho one\n```\n\n```bash\necho {target}\n```\n');
  assert.deepEqual((await play({ book })).bash, []);
  assert.deepEqual((await play({ book, plan: { yes: true } })).bash, []);
  assert.deepEqual((await play({ book, says: ['run', 'no'] })).bash, ['echo one']);
  const only = { kind: 'bash', reference: '2' } as const;
  assert.equal((await play({ book, plan: { only } })).ended.exit_code, 2);
  // As the runbook has it: nothing is put into it.
  const chosen = await play({ book, plan: { only, yes: true }, values: { target: 'x' } });
  assert.deepEqual(chosen.bash, ['echo {target}']);
});

test('neither arguments nor output are written down with their secrets', async () => {
  const key = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBg', '-----END PRIVATE KEY-----'].join('\n');
  const book = await runbook(
    kdl(
      'step "look" "Look" kind="observe" { run "tool" "--token" "hunter2-1" "-H" "Authorization: Bearer abcdef123456" "https://u:pw1234@h/x?api_key=zzz9" }',
    ),
  );
  const { ran, entries, shown } = await play({
    book,
    programs: () => ({ output: `password=swordfish1 ok\n${key}\nend\n` }),
  });
  assert.equal(ran[0]?.[2], 'hunter2-1');
  const all = JSON.stringify(entries) + shown.join('\n');
  for (const secret of ['hunter2-1', 'abcdef123456', 'pw1234', 'zzz9', 'swordfish1', 'MIIEvQIBADANBg']) {
    assert.ok(!all.includes(secret), secret);
  }
  assert.ok(shown.includes('end'));
});

test('a dry run looks with commands of sentinel, runs nothing else, and shows what takes a change back', async () => {
  const book = await runbook(
    kdl(
      'step "up" "Look" kind="observe" { run "sentinel" "upstreams" }',
      observe,
      change,
      destroy,
      'assert "health-answers" yes',
    ),
  );
  const { ran, of, ended } = await play({ book, plan: { dryRun: true }, facts: { 'health-answers': 'no' } });
  assert.deepEqual(ran, [['sentinel', 'upstreams']]);
  assert.deepEqual(
    of('step').map(({ outcome, undo }) => [outcome, undo]),
    [
      ['done', null],
      ['shown', null],
      ['shown', ['tool', 'stop']],
      ['shown', null],
    ],
  );
  // What is asserted behind a change cannot be known before it.
  assert.equal(of('check')[0]?.result, 'later');
  assert.equal(ended.exit_code, 0);
});

test('a dry run ends with status 1 where something asserted or needed does not hold', async () => {
  const book = await runbook(kdl('assert "health-answers" yes', observe));
  const { of, ended } = await play({ book, plan: { dryRun: true }, facts: { 'health-answers': 'no' } });
  assert.equal(of('step').length, 1);
  assert.equal(ended.exit_code, 1);
  assert.match(ended.words, /could not go through/);
});

test('behind a change that was only shown a dry run goes the way of a change that did its work', async () => {
  const book = await runbook(
    `${kdl(change, 'ask "process-running" { yes goto="#up"; no goto="#down" }')}\n## Down\n\n${kdl(observe)}\n## Up\n\n${kdl('note "It is up."')}`,
  );
  const { of, ended } = await play({ book, plan: { dryRun: true }, facts: { 'process-running': 'no' } });
  assert.equal(of('answer')[0]?.led_to, '#up');
  assert.match(of('answer')[0]?.words ?? '', /now: seen to be no/);
  assert.equal(ended.exit_code, 0);
});

test('what takes a step back may hold what is known only when it was run', async () => {
  const book = await runbook(kdl('step "start" "Start it" kind="change" { run "tool" "start"; undo "kill" "{pid}" }'));
  let pid: string | null = null;
  const values = {
    get pid() {
      return pid ?? undefined;
    },
  } as unknown as Record<string, string>;
  const { ran } = await play({
    book,
    values,
    says: ['yes', 'rollback', 'yes', 'stop'],
    programs: ([program]) => {
      pid = '812';
      return { exit: program === 'tool' ? 1 : 0 };
    },
  });
  assert.deepEqual(ran.at(-1), ['kill', '812']);
});

test('--step runs one step with its needs, by number and by name', async () => {
  const book = await runbook(kdl(observe, change));
  for (const reference of ['2', 'restart']) {
    const { ran } = await play({ book, plan: { yes: true, only: { kind: 'step', reference } } });
    assert.deepEqual(ran, [['tool', 'restart']]);
  }
  const none = await play({ book, plan: { only: { kind: 'step', reference: '7' } } });
  assert.equal(none.ended.exit_code, 2);
  assert.match(none.ended.words, /1 look, 2 restart/);
});

test('a run goes on behind the last step that was done, and holds again what it had asserted', async () => {
  const book = await runbook(
    kdl(
      observe,
      'assert "health-answers" yes',
      change,
      'step "again" "Look again" kind="observe" { run "tool" "again" }',
    ),
  );
  const facts = { 'health-answers': 'yes' } as const;
  const first = await play({
    book,
    facts,
    plan: { yes: true },
    programs: ([, verb]) => ({ exit: verb === 'restart' ? 1 : 0 }),
  });
  assert.equal(first.ended.exit_code, 1);
  const { point, finished } = historyOf('x', first.entries);
  assert.equal(finished, false);
  const second = await play({ book, facts, plan: { yes: true, resume: point } });
  assert.deepEqual(second.ran, [
    ['tool', 'restart'],
    ['tool', 'again'],
  ]);
  assert.deepEqual(
    second.of('check').map(({ what, result }) => [what, result]),
    [
      ['again', 'holds'],
      ['assert', 'holds'],
    ],
  );
  assert.equal(second.ended.exit_code, 0);
  const worse = await play({ book, facts: { 'health-answers': 'no' }, plan: { yes: true, resume: point } });
  assert.deepEqual(worse.ran, []);
  assert.equal(worse.ended.exit_code, 1);
});
