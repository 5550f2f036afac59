/** An upgrade under 2,000 new connections a second and keep-alive load besides: nobody is refused, reset or left without an answer. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { requireComponent } from '../helpers/components.ts';
import { startConnectionLoad } from '../helpers/connection-load.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { upgrade } from '../helpers/hand-over.ts';

const execute = promisify(execFile);

const PER_SECOND = 2_000;
const UPGRADES = 3;

test(`${UPGRADES} upgrades under ${PER_SECOND} new connections a second fail no request, keep-alive or new`, async (t) => {
  const wrk = requireComponent(t, 'wrk');
  if (wrk === undefined) return;
  // As operators have it: with the time in which an upgrade can be taken back.
  const config = `
    listener "http" { address "127.0.0.1:0" }
    route "all" { upstream "fixed" }
    upstream "fixed" { static { status 200; body "hello" } }
  `;
  const daemon = await startDaemonProcess(t, { settleMs: 2_000, config });
  const url = daemon.url();
  const kept = execute(wrk, ['-t1', '-c4', '-d20s', url]);
  const load = startConnectionLoad(Number(new URL(url).port), PER_SECOND);
  for (let done = 0; done < UPGRADES; done++) {
    const { phase, cut, problem } = await upgrade(daemon, {}, 90_000);
    assert.deepEqual({ phase, cut, problem }, { phase: 'done', cut: 0, problem: null });
  }
  const counts = await load.stop();
  const { stdout } = await kept;
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  t.diagnostic(`new connections: ${counts.answered} of ${counts.begun} answered; keep-alive: ${requests} requests`);
  assert.deepEqual(counts.failures, {});
  assert.equal(counts.answered, counts.begun);
  // wrk says so where a socket was refused, reset or late, or an answer was none.
  assert.doesNotMatch(stdout, /Socket errors|Non-2xx/);
  assert.ok(requests > 0);
});
