/** `sentinel explain`: pages of causes that come of TLS name the command that finds the reason, and codes bring their runbook along. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { type CauseFacts, causes } from '../../src/diagnosis/causes.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { testFolder } from '../helpers/daemon.ts';
import { callSentinel } from './command-line.ts';

interface Explained {
  readonly runbooks: readonly {
    readonly runbook: string;
    readonly anchor: string | null;
    readonly command: string;
    readonly markdown: string;
  }[];
}

for (const [cause, command] of [
  ['tls_certificate', 'sentinel check UPSTREAM'],
  ['tls_handshake', 'sentinel check UPSTREAM'],
  ['client_certificate', 'Client certificate refused'],
  ['misdirected', 'sentinel cert-check'],
  ['upgrade_refused', 'sentinel route explain'],
] as const) {
  test(`the page of ${cause} says where to look next`, async () => {
    const { code, stdout } = await callSentinel(['explain', cause]);
    assert.equal(code, 0);
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(command), stdout);
  });
}

/** Nothing that a runbook needs is asked of a daemon or of the machine. */
const offline = { SENTINEL_DAEMON: '/nonexistent/admin.sock', SENTINEL_RUNBOOKS: '' };

test('every cause that a diagnosis names has its section in its procedure, under a heading that ends with its code', async () => {
  const shelf = await openShelf(shelfFolders({}));
  for (const [name, { code, procedure }] of Object.entries<CauseFacts>(causes)) {
    const holding = shelf.get(procedure)?.items.filter((item) => item.kind === 'cause' && item.name === name) ?? [];
    assert.equal(holding.length, 1, name);
    assert.ok(holding[0]?.section.endsWith(code.toLowerCase()), `${name}: ${holding[0]?.section}`);
  }
});

test('the section is the one that its command shows', async () => {
  for (const [code, procedure] of [
    ['SNT-U020', 'upstream-failure'],
    ['SNT-E015', 'maintenance-window'],
    ['SNT-T060', 'tls-certificates'],
  ] as const) {
    const { stdout } = await callSentinel(['explain', code, '--json'], { environment: offline });
    const [part] = (JSON.parse(stdout) as { data: Explained }).data.runbooks;
    assert.equal(part?.runbook, procedure);
    const words = (part?.command ?? '').split(' ').slice(1);
    const shown = await callSentinel([...words, '--markdown'], { environment: offline });
    assert.equal(shown.stdout, part?.markdown);
  }
});

test('the section of the runbook stands below the page, and the command below the section', async () => {
  const { stdout } = await callSentinel(['explain', 'snt-p082'], { environment: offline });
  const parts = [
    'daemon was killed for want of memory',
    'The kernel killed it (SNT-P082)',
    'Increase memory limits',
    'sentinel runbook show process-crash#the-kernel-killed-it-snt-p082',
  ];
  const places = parts.map((part) => stdout.indexOf(part));
  assert.deepEqual(
    places.toSorted((a, b) => a - b),
    places,
    stdout,
  );
  assert.ok(
    places.every((place) => place >= 0),
    stdout,
  );
  assert.ok(stdout.trimEnd().endsWith(parts.at(-1) ?? ''));
});

test('a finding without a cause is explained with the section that has it', async () => {
  const { stdout } = await callSentinel(['explain', 'SNT-E010', '--json'], { environment: offline });
  const { data } = JSON.parse(stdout) as { data: Explained };
  assert.deepEqual(
    data.runbooks.map(({ command }) => command),
    ['sentinel runbook show high-error-rate#which-errors-and-whose'],
  );
});

test('a code that no runbook deals with is its page alone, though a runbook mentions it', async () => {
  for (const code of ['SNT-C001', 'SNT-P003', 'SNT-A032']) {
    const { stdout } = await callSentinel(['explain', code, '--json'], { environment: offline });
    const { data } = JSON.parse(stdout) as { data: Explained };
    assert.equal(data.runbooks.length, code === 'SNT-P003' ? 1 : 0, code);
  }
});

test('the id of a runbook is explained with the whole of it, a site’s own in place of the one of the package', async (t) => {
  const shipped = await callSentinel(['explain', 'process-crash'], { environment: offline });
  const shown = await callSentinel(['runbook', 'show', 'process-crash'], { environment: offline });
  assert.equal(shipped.stdout, shown.stdout);
  const folder = testFolder(t);
  writeFileSync(
    join(folder, 'process-crash.md'),
    `---
id: process-crash
title: Ours
severity: SEV1
symptoms: [it is gone]
---

# Ours

## The kernel did it

\`\`\`kdl
cause "oom-killed" code="SNT-P082" "No memory" { fix "Call Ada" }
\`\`\`
`,
  );
  const ours = { ...offline, SENTINEL_RUNBOOKS: folder };
  assert.match((await callSentinel(['explain', 'process-crash'], { environment: ours })).stdout, /OURS[^]*Call Ada/);
  const { stdout } = await callSentinel(['explain', 'SNT-P082'], { environment: ours });
  assert.match(stdout, /Call Ada[^]*sentinel runbook show process-crash#the-kernel-did-it\n$/);
});

test('what is neither code, cause nor runbook is refused', async () => {
  const { code, stderr } = await callSentinel(['explain', 'process-crsh'], { environment: offline });
  assert.equal(code, 2);
  assert.match(stderr, /SNT-P041/);
});
