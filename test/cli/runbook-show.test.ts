/** `sentinel runbook show` lays a runbook out for the terminal: to its width, machine parts in words, nothing that steers it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { callSentinel, type RunOptions } from './command-line.ts';

const text = `---
id: laid-out
title: Laid out
severity: SEV3
symptoms: [slow, "very slow"]
---

# Laid out

A **paragraph** with \`code\` and a [link](triage.md#the-tree) that goes on for much longer than forty columns are wide.

## First

| Name | What it is |
|---|---|
| \`one\` | the first of two, with words enough for several lines |
| two | the second |

1. number one
2. number two
   - inner

- [ ] to do
- [x] done

> quoted words

\`\`\`text
  kept   as it is
\`\`\`

\`\`\`kdl
probe "process"
ask "process-running" { yes goto="#second"; no goto="process-crash" }
cause "killed" code="SNT-P081" "It was killed" { fix "Start it" run="systemctl start sentinel" }
step "stop" "Stop it" kind="change" { needs "config-loads"; run "kill" "-TERM" "a b"; undo "true" }
step "look" "Look" kind="destroy" { no-undo "it is over" }
assert "config-loads" yes
wait until="err<1%" for="2m"
confirm "Sure?" typed="name"
rollback step="stop"
note "Mind the gap"
\`\`\`

## Second

### Below

Words \u202e turned.

## Third
`;

function shown(t: TestContext, id: string, options: RunOptions = {}): ReturnType<typeof callSentinel> {
  const site = mkdtempSync(path.join(tmpdir(), 'sentinel-runbook-show-'));
  t.after(() => rmSync(site, { recursive: true }));
  writeFileSync(path.join(site, 'laid-out.md'), text);
  writeFileSync(path.join(site, 'broken.md'), '# Broken\n');
  return callSentinel(['runbook', 'show', id], { ...options, environment: { SENTINEL_RUNBOOKS: site } });
}

test('machine parts are sentences, with the commands that they run', async (t) => {
  const { stdout, code } = await shown(t, 'laid-out#first');
  assert.equal(code, 0);
  const machine = stdout.slice(stdout.indexOf('  looks at')).trimEnd();
  assert.equal(
    machine,
    [
      '  looks at process',
      '  ? Is the proxy process running?',
      '      yes → #second   no → process-crash',
      '  • It was killed  SNT-P081',
      '      Start it',
      '        systemctl start sentinel',
      '  ▸ Stop it  stop [change]',
      '      only when: config-loads',
      "      kill -TERM 'a b'",
      '      back: true',
      '  ▸ Look  look [destroy]',
      '      by hand',
      '      no way back: it is over',
      '  ! only when yes: Would the configuration on disk load?',
      '  … wait until err<1% for 2m, at most 10m',
      '  ! Sure?  (type name)',
      '  ↩ take back the step stop',
      '  Mind the gap',
    ].join('\n'),
  );
});

test('a section is shown with those below it, and without those beside it', async (t) => {
  assert.equal((await shown(t, 'laid-out#second')).stdout, 'Second\n──────\n\nBelow\n\nWords \uFFFD turned.\n');
});

test('a terminal that is narrow gets narrow lines, lists and tables too', async (t) => {
  const { stdout } = await shown(t, 'laid-out', { terminal: true, columns: 40 });
  const prose = stripVTControlCharacters(stdout);
  const until = prose.slice(prose.indexOf('LAID OUT'), prose.indexOf('looks at')).split('\n');
  assert.deepEqual(
    until.filter((line) => line.length > 40),
    [],
  );
  assert.match(prose, /^ {2}! only when yes: Would the\n {4}configuration on disk load\?$/m);
  assert.match(prose, /^one +the first of two, with words\n +enough for several lines\ntwo +the second$/m);
  assert.match(prose, /^1\. number one\n2\. number two\n {3}• inner$/m);
  assert.match(prose, /^\[ \] to do\n\[x\] done$/m);
  assert.match(prose, /^│ quoted words$/m);
  assert.match(prose, /^ {2}│ {3}kept {3}as it is$/m);
});

test('a terminal gets bold headings and coloured commands, a pipe neither', async (t) => {
  assert.match((await shown(t, 'laid-out', { terminal: true })).stdout, /\u001b\[1mLAID OUT\u001b\[22m/);
  const { stdout } = await shown(t, 'laid-out');
  assert.doesNotMatch(stdout, /\u001b/);
  assert.match(stdout, /`code` and a link \(triage#the-tree\)/);
});

test('one that is there and cannot be used is not said to be missing', async (t) => {
  const { code, stderr } = await shown(t, 'broken');
  assert.equal(code, 2);
  assert.match(
    stderr,
    /the runbook broken cannot be used, \S+\/broken\.md has mistakes\n {2}next: sentinel runbook lint \S+\/broken\.md\n/,
  );
});

test('an id or a section that is nearly one is offered', async (t) => {
  const id = await shown(t, 'laid-uot');
  assert.equal(id.code, 2);
  assert.match(
    id.stderr,
    /there is no runbook "laid-uot"; did you mean laid-out\?\n {2}next: sentinel runbook show laid-out\n/,
  );
  const section = await shown(t, 'laid-out#secnod');
  assert.equal(section.code, 2);
  assert.match(
    section.stderr,
    /has no section #secnod; did you mean #second\?\n {2}next: sentinel runbook show laid-out#second\n/,
  );
});
