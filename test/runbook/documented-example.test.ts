/** The runbook that the page on runbooks shows can be put into the folder of the site as it stands there. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel, type Ended } from '../cli/command-line.ts';

const page = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
const [, example = ''] = /^````markdown\n([\s\S]*?)^````$/m.exec(page) ?? [];

/** A folder of the site with the files; commands see it beside the package's own. */
function siteWith(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): (...args: readonly string[]) => Promise<Ended> {
  const site = mkdtempSync(path.join(tmpdir(), 'sentinel-site-runbooks-'));
  t.after(() => rmSync(site, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(site, name), text);
  return (...args) => callSentinel(['runbook', ...args], { environment: { SENTINEL_RUNBOOKS: site } });
}

test('the example of the page is listed, shown and has nothing wrong in it', async (t) => {
  const runbook = siteWith(t, { 'dns-outage.md': example });
  const lint = await runbook('lint');
  assert.match(lint.stdout, /^ok: no problems in \d+ files/);
  assert.equal(lint.code, 0);
  assert.match(
    (await runbook('list')).stdout,
    /^dns-outage +SEV2 +site +DNS outage +several upstreams fail at once; /m,
  );
  assert.equal((await runbook('show', 'dns-outage', '--markdown')).stdout, example);
});

test('what is wrong in a runbook of the site is told with its place, and the others stay in use', async (t) => {
  const runbook = siteWith(t, {
    'dns-outage.md': example.replace('probe "targets"', 'probe "tragets"'),
    'triage.md': '# Ours\n',
  });
  const { code, stdout } = await runbook('lint', '--format', 'short');
  assert.equal(code, 1);
  const line = example.split('\n').indexOf('probe "targets"') + 1;
  assert.match(
    stdout,
    new RegExp(
      `/dns-outage\\.md:${line}:8: error\\[SNT-R009\\]: there is no probe "tragets" \\(did you mean \`targets\`\\?\\)\n`,
    ),
  );
  assert.match(stdout, /\/triage\.md:1:1: error\[SNT-R002\]: no front matter/);
  const list = await runbook('list');
  assert.equal(list.code, 1);
  assert.match(list.stdout, /^triage +– +package /m);
  assert.match(list.stdout, /\/triage\.md:1:1: error\[SNT-R002\]/);
  const shown = await runbook('show', 'triage');
  assert.equal(shown.code, 0);
  assert.match(shown.stdout, /^TRIAGE$/m);
  const envelope = JSON.parse((await runbook('show', 'triage', '--json')).stdout) as { warnings: readonly string[] };
  assert.deepEqual(envelope.warnings, ['a file of the site for triage cannot be used; this is the one of the package']);
});
