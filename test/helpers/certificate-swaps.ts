/** Certificates of a real daemon replaced again and again while clients connect: what the short test and the long one share. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { HandshakeLoad } from './handshake-load.ts';
import { healthOf, secured, shownBy, startSecuredDaemon } from './served-certificate.ts';

const CLIENTS = 6;
/** So many that each worker has had some. */
const PROBES = 48;

export interface SwapRun {
  readonly handshakes: number;
  /** From the order to the first client that sees the new certificate, the longest. */
  readonly slowestMs: number;
}

/** Swaps by `reload --certs` and by HUP in turns; no handshake may fail, and the last certificate must be everybody's. */
export async function swapUnderLoad(t: TestContext, swaps: number): Promise<SwapRun> {
  const { daemon, port, deploy, issue } = await startSecuredDaemon(t);
  const renewals = Array.from({ length: swaps }, () => issue());
  const lasting = await secured(port);
  t.after(() => lasting.destroy());
  const load = new HandshakeLoad(port, CLIENTS);
  let slowestMs = 0;
  let last = (await shownBy(port)).fingerprint;
  for (const [n, renewal] of renewals.entries()) {
    const handshakes = load.done;
    deploy(renewal);
    const began = performance.now();
    if (n % 4 === 3) daemon.child.kill('SIGHUP');
    else await daemon.client.call('certs-reload');
    const before = last;
    last = await eventually(async () => {
      const { fingerprint } = await shownBy(port);
      assert.notEqual(fingerprint, before);
      return fingerprint;
    });
    slowestMs = Math.max(slowestMs, performance.now() - began);
    await daemon.line('Certificates reloaded', n + 1);
    await healthOf(lasting);
    await eventually(() => load.done > handshakes);
  }
  const { done, failures } = await load.stop();
  assert.deepEqual(failures, []);
  const shown = await Promise.all(Array.from({ length: PROBES }, () => shownBy(port)));
  assert.deepEqual(new Set(shown.map(({ fingerprint }) => fingerprint)), new Set([last]));
  return { handshakes: done, slowestMs };
}
