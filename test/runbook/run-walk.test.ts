/** Where a run goes: questions, gotos, waits, people, and how it stops. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { markdownTranscript } from '../../src/runbook/run/markdown-transcript.ts';
import { kdl, play, runbook } from './scripted-run.ts';

const look = (name: string): string => `step "${name}" "Look" kind="observe" { run "tool" "${name}" }`;

test('answers of facts lead from section to section and into other runbooks', async () => {
  const book = await runbook(
    `${kdl('ask "process-running" { yes goto="#up"; no goto="other-book#deep" }', look('never'))}\n## Up\n\n${kdl(look('up'))}`,
  );
  const other = await runbook(`${kdl(look('not-this'))}\n## Deep\n\n${kdl(look('deep'))}`, 'other-book');
  const up = await play({ book, others: [other], facts: { 'process-running': 'yes' } });
  assert.deepEqual(up.ran, [['tool', 'up']]);
  const down = await play({ book, others: [other], facts: { 'process-running': 'no' } });
  assert.deepEqual(down.ran, [['tool', 'deep']]);
  assert.equal(down.of('answer')[0]?.led_to, 'other-book#deep');
});

test('what facts do not know is asked of the operator, and on a pipe ends the run with status 3', async () => {
  const book = await runbook(
    `${kdl('ask "process-running" { yes goto="#up"; no goto="#up" }')}\n## Up\n\n${kdl(look('up'))}`,
  );
  const facts = { 'process-running': 'unknown' } as const;
  const alone = await play({ book, facts });
  assert.equal(alone.ended.exit_code, 3);
  assert.equal(alone.ended.code, 'SNT-R025');
  const asked = await play({ book, facts, says: ['yes'] });
  assert.deepEqual(asked.ran, [['tool', 'up']]);
  assert.equal(asked.of('answer')[0]?.by, 'operator');
});

test('a question for people is answered by them, or on the command line', async () => {
  const book = await runbook(
    `${kdl('ask "channel-open" "Is the channel open?" { no goto="#open-it" }', look('go'))}\n## Open it\n\n${kdl(look('open'))}`,
  );
  const yes = await play({ book, says: ['yes'] });
  assert.deepEqual(yes.ran, [
    ['tool', 'go'],
    ['tool', 'open'],
  ]);
  const no = await play({ book, plan: { answers: new Map([['channel-open', 'no']]) } });
  assert.deepEqual(no.ran, [['tool', 'open']]);
  const alone = await play({ book });
  assert.equal(alone.ended.exit_code, 3);
  assert.match(alone.ended.next[0] ?? '', /--answer channel-open=yes/);
});

test('a runbook that goes in a circle is stopped', async () => {
  const book = await runbook(
    `## Here\n\n${kdl('ask "process-running" { yes goto="#here"; no goto="#there" }')}\n## There\n\n${kdl(look('x'))}`,
  );
  const { ended } = await play({ book, facts: { 'process-running': 'yes' } });
  assert.equal(ended.code, 'SNT-R029');
  assert.equal(ended.exit_code, 1);
});

test('a goto to a runbook that is not there ends the run and says so', async () => {
  const book = await runbook(kdl('ask "process-running" { yes goto="gone"; no goto="#x" }') + '\n## X\n');
  const { ended } = await play({ book, facts: { 'process-running': 'yes' } });
  assert.equal(ended.code, 'SNT-R031');
});

test('a wait goes on when its condition has held long enough without a break', async () => {
  const book = await runbook(kdl('wait until="err<1%" for="5s" timeout="1m"', look('on')));
  // Holds from the third second, breaks once at the sixth.
  const readings = (at: number) =>
    ({ state: at >= 3_000 && Math.floor(at / 1000) !== 6 ? 'holds' : 'not-yet', words: `at ${at}` }) as const;
  const { of, ran } = await play({ book, readings });
  const [wait] = of('wait');
  assert.equal(wait?.outcome, 'held');
  assert.equal(wait?.waited_ms, 12_000);
  assert.deepEqual(ran, [['tool', 'on']]);
});

test('a wait whose time is over ends the run with status 6; an operator may go on', async () => {
  const book = await runbook(kdl('wait until="err<1%" for="5s" timeout="20s"', look('on')));
  const readings = () => ({ state: 'unknown', words: 'no daemon answers' }) as const;
  const alone = await play({ book, readings });
  assert.equal(alone.ended.exit_code, 6);
  assert.equal(alone.of('wait')[0]?.waited_ms, 20_000);
  assert.match(alone.ended.words, /no daemon answers/);
  const asked = await play({ book, readings, says: ['skip'] });
  assert.deepEqual(asked.ran, [['tool', 'on']]);
  assert.equal(asked.ended.exit_code, 1);
});

test('checklists are ticked by people, and listed as open where there are none', async () => {
  const book = await runbook('- [ ] Acknowledge the alert\n- [ ] Open a channel\n');
  const { of, ended } = await play({ book, says: ['done', 'open'] });
  assert.deepEqual(
    of('tick').map(({ text, state }) => [text, state]),
    [
      ['Acknowledge the alert', 'done'],
      ['Open a channel', 'open'],
    ],
  );
  assert.deepEqual(ended.open, ['Open a channel']);
  const alone = await play({ book });
  assert.deepEqual(alone.ended.open, ['Acknowledge the alert', 'Open a channel']);
  assert.equal(alone.ended.exit_code, 0);
});

test('what is done by hand is asked for, and left open on a pipe', async () => {
  const book = await runbook(kdl('step "mend" "Mend the file" kind="change"', look('on')));
  const alone = await play({ book });
  assert.deepEqual(alone.ended.open, ['by hand: Mend the file']);
  assert.deepEqual(alone.ran, [['tool', 'on']]);
  const done = await play({ book, says: ['done'] });
  assert.equal(done.of('step')[0]?.outcome, 'done');
  assert.deepEqual(done.ended.open, []);
});

test('confirm asks for a yes, or for what has to be typed, and on a pipe names the flag', async () => {
  const book = await runbook(kdl('confirm "Traffic may be cut: go on?" typed="api-backend"', look('on')));
  assert.deepEqual((await play({ book, says: ['api-backend'] })).ran, [['tool', 'on']]);
  assert.equal((await play({ book, says: ['yes'] })).ended.exit_code, 1);
  const alone = await play({ book, plan: { yes: true } });
  assert.equal(alone.ended.exit_code, 2);
  assert.match(alone.ended.words, /--confirm=api-backend/);
  assert.deepEqual((await play({ book, plan: { confirms: new Set(['api-backend']) } })).ran, [['tool', 'on']]);
});

test('Ctrl-C between two steps keeps what was done and says how it goes on', async () => {
  const stop = new AbortController();
  const book = await runbook(kdl(look('one'), look('two')));
  const { ran, ended } = await play({
    book,
    signal: stop.signal,
    programs: () => {
      stop.abort();
      return {};
    },
  });
  assert.deepEqual(ran, [['tool', 'one']]);
  assert.equal(ended.exit_code, 130);
  assert.deepEqual(ended.next, ['sentinel runbook run test-book --resume r-20260101-000000-abcd']);
});

test('causes are shown as suspected or not, each with what helps', async () => {
  const cause = 'cause "killed" code="SNT-P081" "Somebody killed it" { fix "Start it" run="tool start" }';
  const book = await runbook(kdl(cause, 'cause "stopped" code="SNT-P088" "It was told to end"', 'probe "process"'));
  const { of } = await play({ book });
  assert.deepEqual(
    of('cause').map(({ name, state, strength }) => [name, state, strength]),
    [
      ['killed', 'suspected', 0.9],
      ['stopped', 'absent', 0],
    ],
  );
  assert.deepEqual(of('probe')[0]?.lines, ['pid 812']);
});

test('a transcript reads in order: what was found, what was run and how it ended', async () => {
  const book = await runbook(
    kdl('ask "process-running" { no goto="#start" }') +
      `\n## Start\n\n${kdl('step "restart" "Start it" kind="change" { run "tool" "restart"; undo "tool" "stop" }')}`,
  );
  const { entries } = await play({
    book,
    facts: { 'process-running': 'no' },
    says: ['yes'],
    programs: () => ({ output: 'started ``` it\n' }),
  });
  const text = markdownTranscript(entries);
  assert.match(text, /^# A test\n/);
  assert.match(text, /\*\*no\*\*, say facts: seen to be no → `#start`/);
  assert.match(
    text,
    /### Start\n\n\*\*Step 1: restart\*\* \(change\) Start it\n\n````console\n\$ tool restart\nstarted ``` it\n````/,
  );
  assert.match(text, /done in 1\.5 s, exit status 0/);
  assert.match(text, /taken back by `tool stop`/);
  assert.match(text, /\*\*✓ finished\*\*/);
});
