/** What an old process that still finishes its requests leaves alone: everything on disk is that of the new one by then. */
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemonProcess, staticConfig, testFolder } from '../helpers/daemon.ts';
import { firstEnded, upgrade, upgradeOver } from '../helpers/hand-over.ts';
import { ok, type OriginRequest, startOrigin } from '../helpers/origin.ts';
import { RawClient } from '../helpers/raw-http.ts';

test('a block that ends while the old process drains does not bring back its list in the place of the new one', async (t) => {
  const asked = Promise.withResolvers<OriginRequest>();
  const origin = await startOrigin(t, { request: (one) => asked.resolve(one) });
  const begun = performance.now();
  const daemon = await startDaemonProcess(t, {
    config: `
      listener "http" { address "127.0.0.1:0" }
      route "all" { upstream "target" }
      upstream "target" { target "127.0.0.1:${origin.port}" }
      server { graceful-shutdown-timeout-secs 60 }
    `,
  });
  const slow = await RawClient.connect(t, Number(new URL(daemon.url()).port));
  slow.send('GET / HTTP/1.1\r\nhost: a.example\r\n\r\n');
  const { connection } = await asked.promise;
  // Not before the upgrade is over, which takes as long as a start and a little more.
  const expires = Math.ceil(3 * (performance.now() - begun));
  await daemon.client.call('block-add', { body: { address: '203.0.113.7', expires_in_ms: expires } });
  await daemon.client.call('upgrade-begin', { body: {} });
  await daemon.line('Handed over');
  // The new one knows of it no more, and has nothing to write when the old one finds that it is over.
  const query = { address: '203.0.113.7' };
  if ((await daemon.client.call('blocks')).data.blocks.length > 0) await daemon.client.call('block-remove', { query });
  await daemon.client.call('block-add', { body: { address: '203.0.113.8' } });
  await daemon.line('Block expired');
  connection.send(ok('ended'));
  assert.equal((await slow.response()).text, 'ended');
  assert.equal((await upgradeOver(daemon)).cut, 0);
  await firstEnded(daemon);
  assert.match(readFileSync(join(daemon.folder, 'sentinel', 'block-list.json'), 'utf8'), /203\.0\.113\.8/);
});

test('the link at the usual place of the admin socket stays when the old process ends', async (t) => {
  const folder = testFolder(t);
  const socket = join(folder, 'admin.sock');
  const daemon = await startDaemonProcess(t, {
    folder,
    bare: true,
    config: staticConfig(
      'hello',
      `observability { metrics { address "127.0.0.1:0" }; admin { socket "${socket}" } }`,
    ).replace('server {', `server { worker-threads 1; pid-file "${join(folder, 'sentinel.pid')}";`),
  });
  const link = join(folder, 'sentinel', 'admin.sock');
  assert.equal(readlinkSync(link), socket);
  assert.equal((await upgrade(daemon)).phase, 'done');
  await firstEnded(daemon);
  assert.equal(readlinkSync(link), socket);
});
