/** One of three targets is killed under load and started again: what clients notice, with and without retries. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { type OriginFault, OriginProcess } from './origin-process.ts';

const CONNECTIONS = 12;
const slow: OriginFault = { kind: 'slow', ms: 3 };

interface Line {
  readonly status: number;
  readonly cause?: string;
  readonly target: string;
}

/** Runs wrk while one target is killed and comes back. */
async function load(t: TestContext, wrk: string, method: string, route: string) {
  const targets = [
    await OriginProcess.start(t, slow),
    await OriginProcess.start(t, slow),
    await OriginProcess.start(t, slow),
  ] as const;
  const daemon = await startDaemonProcess(t, {
    config: `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "api"; ${route} }
upstream "api" {
    ${targets.map(({ address }) => `target "${address}"`).join('; ')}
    health-check { type "http" { path "/health" }; interval-secs 0.5 }
    circuit-breaker { timeout-secs 0.5 }
}
observability { logging { access-log { file "access.log" } } }
`,
  });
  const script = join(daemon.folder, 'load.lua');
  writeFileSync(script, `wrk.method = "${method}"\n`);
  const child = spawn(wrk, ['-t1', `-c${CONNECTIONS}`, '-d60s', '-s', script, daemon.url()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => void child.kill('SIGKILL'));
  let report = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    report += text;
  });
  const ended = once(child, 'close');
  const [victim] = targets;
  await eventually(async () => (await victim.requests()) > 50);
  await victim.kill();
  await daemon.line('Target unhealthy');
  await victim.restart(slow);
  await daemon.line('Target healthy');
  await eventually(async () => (await victim.requests()) > 50);
  assert.equal(child.exitCode, null, 'the load was over before the target had come back');
  // Ends the load, and has it reported.
  child.kill('SIGINT');
  await ended;
  const lines = await eventually(() => {
    const text = readFileSync(join(daemon.folder, 'access.log'), 'utf8');
    const all = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    // Written soon after the last answer.
    assert.ok(all.length >= Number(/(\d+) requests in/.exec(report)?.[1]));
    return all;
  });
  // wrk itself leaves in the middle of its last requests.
  const failed = lines.filter(({ status }) => status !== 200 && status !== 499);
  return { report, failed, victim };
}

test('with retries no client notices that a target was killed and came back', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  const { report, failed } = await load(t, wrk, 'GET', 'retry-policy { max-attempts 3; backoff-base-ms 1 }');
  assert.deepEqual(failed, []);
  assert.doesNotMatch(report, /Non-2xx|Socket errors/);
});

test('without retries those requests fail that were under way at the killed target, and no others', async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  const { report, failed, victim } = await load(t, wrk, 'POST', '');
  assert.notEqual(failed.length, 0, 'the target was killed while it had nothing to do');
  assert.ok(failed.length <= CONNECTIONS, `${failed.length} requests failed`);
  for (const line of failed)
    assert.deepEqual([line.status, line.cause, line.target], [502, 'upstream_reset', victim.address]);
  assert.doesNotMatch(report, /Socket errors/);
  assert.equal(Number(/Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1] ?? 0), failed.length);
});
