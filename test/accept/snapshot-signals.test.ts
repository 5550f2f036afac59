/** Snapshots that are ended at many moments by each signal: what is there afterwards is whole, and the journal is too. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import test from 'node:test';
import { runSentinel } from '../cli/command-line.ts';
import { testFolder } from '../helpers/daemon.ts';

const entry = new URL('../../src/cli/sentinel.ts', import.meta.url).pathname;
const MOMENTS = 14;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const) {
  test(`${signal} at any moment leaves whole archives, a whole journal and no draft that the next one does not take away`, async (t) => {
    const incidents = testFolder(t);
    const environment = { SENTINEL_INCIDENTS: incidents, SENTINEL_ADMIN_SOCKET: join(incidents, 'nobody.sock') };
    const snapshot = ['incident', 'snapshot', 'INC-1', '--fast'];
    assert.equal((await runSentinel(['incident', 'open', 'INC-1', '--title', 'x'], { environment })).code, 0);
    for (let moment = 1; moment <= MOMENTS; moment++) {
      const env = { PATH: process.env['PATH'], XDG_RUNTIME_DIR: '/nonexistent', ...environment };
      const child = spawn(process.execPath, [entry, ...snapshot], { env, stdio: 'ignore' });
      const ended = once(child, 'exit');
      await Promise.race([passed(moment * 150), ended]);
      child.kill(signal);
      const [code, by] = await ended;
      const expected = { SIGINT: [130], SIGTERM: [143], SIGHUP: [129], SIGKILL: [] }[signal];
      assert.ok(by === signal || [3, ...expected].includes(code as number), `${moment}: ${code} ${by}`);
    }
    // The one after all of them sweeps.
    assert.equal((await runSentinel(snapshot, { environment })).code, 3);
    const names = readdirSync(join(incidents, 'INC-1'));
    assert.deepEqual(
      names.filter((name) => name.endsWith('.draft')),
      [],
    );
    const archives = names.filter((name) => name.endsWith('.tar.gz'));
    assert.ok(archives.length > 0);
    for (const name of archives) {
      const path = join(incidents, 'INC-1', name);
      const { code, stdout, stderr } = await runSentinel(['incident', 'snapshot', 'verify', path], { environment });
      assert.equal(code, 0, `${name}: ${stdout}${stderr}`);
    }
    const { code, stdout } = await runSentinel(['incident', 'verify', 'INC-1'], { environment });
    assert.equal(code, 0, stdout);
  });
}
