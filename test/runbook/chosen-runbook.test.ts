/** Which runbook `runbook run` takes: the one that was meant, and never silently another than the one of the site. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { callSentinel, type Ended } from '../cli/command-line.ts';
import { testFolder } from '../helpers/daemon.ts';

function runOf(t: TestContext, id: string, plant: (folder: string) => void = () => {}): Promise<Ended> {
  const folder = testFolder(t);
  plant(folder);
  return callSentinel(['runbook', 'run', id, '--dry-run', '--no-input'], {
    environment: {
      SENTINEL_RUNBOOKS: folder,
      XDG_STATE_HOME: folder,
      SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
    },
  });
}

for (const { typed, meant } of [
  { typed: 'proces-crash', meant: 'process-crash' },
  { typed: 'upstream', meant: 'upstream-failure' },
])
  test(`whoever types ${typed} is asked whether ${meant} was meant, and told how to run it`, async (t) => {
    const { code, stderr } = await runOf(t, typed);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`did you mean ${meant}\\?\\n {2}next: sentinel runbook run ${meant}\\n`));
  });

test('a runbook of the site that has mistakes is not passed over in silence', async (t) => {
  const { stderr } = await runOf(t, 'post-incident', (folder) =>
    writeFileSync(join(folder, 'post-incident.md'), '---\nid: post-incident\n---\n\n# Ours\n'),
  );
  assert.match(stderr, /post-incident\.md has mistakes and is passed over, this is the runbook of the package/);
});

test('a lint of all files of a folder leaves its page README.md alone', async (t) => {
  const folder = testFolder(t);
  const page = join(folder, 'README.md');
  writeFileSync(page, '# Ours\n');
  const shipped = new URL('../../runbooks/post-incident.md', import.meta.url).pathname;
  const { code, stdout } = await callSentinel(['runbook', 'lint', page, shipped], { environment: {} });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /1 file/);
});

test('a diagnosis says which runbook of the site it could not use, and where its mistakes are told', async (t) => {
  const folder = testFolder(t);
  const file = join(folder, 'triage.md');
  writeFileSync(file, '---\nid: triage\n---\n\n# Ours\n');
  const { stdout } = await callSentinel(['diagnose'], {
    environment: {
      SENTINEL_RUNBOOKS: folder,
      XDG_STATE_HOME: folder,
      SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'),
    },
  });
  assert.ok(
    stdout.includes(`${file} has mistakes and is passed over; sentinel runbook lint ${file}`.slice(0, 60)),
    stdout,
  );
  const shown = await callSentinel(['runbook', 'show', 'triage'], { environment: { SENTINEL_RUNBOOKS: folder } });
  assert.match(shown.stderr, /triage\.md has mistakes and is passed over/);
});
