/** A limit of a probe does not pass while this process stands still and what is waited for has come already. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { patientClock } from '../../../src/diagnosis/patient-clock.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

test('a connection that was there while the process computed is not told as none within the limit', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { readonly port: number };
  const first = (clock: typeof systemClock): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      const limit = clock.after(30, () => resolve('limit'));
      socket.once('connect', () => resolve('connection'));
      t.after(() => {
        limit.stop();
        socket.destroy();
      });
      const until = performance.now() + 120;
      while (performance.now() < until);
    });
  assert.equal(await first(systemClock), 'limit');
  assert.equal(await first(patientClock(systemClock)), 'connection');
});

test('a limit passes when nothing comes, and not when it was stopped', async () => {
  const clock = new ManualClock();
  const patient = patientClock(clock);
  const passed: string[] = [];
  patient.after(100, () => passed.push('first'));
  const stopped = patient.after(100, () => passed.push('stopped'));
  clock.advance(100);
  stopped.stop();
  assert.deepEqual(passed, []);
  await turn();
  await turn();
  assert.deepEqual(passed, ['first']);
});
