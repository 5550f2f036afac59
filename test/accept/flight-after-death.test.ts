/** A daemon that is killed under traffic leaves what it counted, but for the last ten seconds. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFlight } from '../../src/history/flight-reader.ts';
import { SAMPLE_MS } from '../../src/history/flight-record.ts';
import { startDaemonProcess } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';

test('who kills a daemon under traffic loses ten seconds of what it counted, and no event', async (t) => {
  const daemon = await startDaemonProcess(t);
  const instances = join(daemon.folder, 'sentinel', 'instances');
  const instance = join(instances, readdirSync(instances)[0] ?? '');
  const read = async () => {
    const [reading] = await readFlight({ instances: [instance], sinceMs: 0, untilMs: Date.now() });
    const traffic = reading?.lines.flatMap((line) => (line.kind === 'traffic' ? [line] : [])) ?? [];
    return { reading, traffic, requests: traffic.reduce((sum, line) => sum + line.requests, 0) };
  };
  const answers: number[] = [];
  let asking = true;
  const asked = (async () => {
    for (; asking; await new Promise((resolve) => setTimeout(resolve, 5))) {
      await (await fetch(daemon.url())).text();
      answers.push(Date.now());
    }
  })();
  await eventually(async () => assert.equal((await read()).traffic.length, 2), 40_000);
  await daemon.client.call('block-add', { body: { address: '203.0.113.7' } });
  await eventually(async () => assert.ok((await read()).reading?.lines.some(isBlock)));
  asking = false;
  await asked;
  process.kill(daemon.pid, 'SIGKILL');
  const killedAt = Date.now();
  await daemon.ended();

  const { reading, traffic, requests } = await read();
  const last = Date.parse(traffic.at(-1)?.at ?? '');
  assert.ok(killedAt - last <= SAMPLE_MS + 2_000, `${killedAt - last} ms are missing`);
  const before = answers.filter((at) => at <= last).length;
  // What was answered in the moment of the sample may be on either side.
  assert.ok(Math.abs(requests - before) <= 3, `${requests} are written down, ${before} were answered until then`);
  assert.deepEqual([reading?.torn_lines, reading?.foreign_lines], [0, 0]);

  const next = await startDaemonProcess(t, { folder: daemon.folder });
  process.kill(next.pid, 'SIGTERM');
  await next.ended();
  const [gap] = (await read()).reading?.gaps ?? [];
  assert.equal(gap?.why, 'died');
  assert.equal(gap?.from, traffic.at(-1)?.at);
});

function isBlock(line: { readonly kind: string; readonly event?: { readonly kind: string } }): boolean {
  return line.kind === 'event' && line.event?.kind === 'block_add';
}
