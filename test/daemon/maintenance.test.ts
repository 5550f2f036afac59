/** Pages in front of everything: switched on by a reload, redefined, and passed by those who may. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { type DaemonProcess, startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { startOrigin } from '../helpers/origin.ts';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A request from an address of loopback. */
function ask(
  daemon: DaemonProcess,
  options: { readonly from?: string; readonly method?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      daemon.url(),
      { localAddress: options.from ?? '127.0.0.1', method: options.method ?? 'GET', agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    asking.on('error', reject).end();
  });
}

/** Reloads with `more` put before the file, as in an emergency. */
async function reload(daemon: DaemonProcess, file: string, more: string, count: number): Promise<void> {
  daemon.writeConfig(`${more}\n${file}`);
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload completed', count);
}

const file = (port: number) => `
listener "http" { address "127.0.0.1:0" }
route "all" { upstream "app" }
upstream "app" { target "127.0.0.1:${port}" }
`;

test('the built-in pages stand in front of everything while a route leads to them, and those on the list still pass', async (t) => {
  const origin = await startOrigin(t);
  const config = file(origin.port);
  const daemon = await startDaemonProcess(t, { config });
  assert.equal((await ask(daemon)).body, 'ok');
  const maintenance =
    'route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }';
  const passing = 'route "passing" { priority 1001; matches { client-ip "127.0.0.2" "10.0.0.0/8" }; upstream "app" }';
  await reload(daemon, config, maintenance, 1);
  const down = await ask(daemon);
  assert.deepEqual(
    [down.status, down.headers['retry-after'], down.headers['content-type']],
    [503, '900', 'text/html; charset=utf-8'],
  );
  assert.match(down.body, /Down for maintenance/);
  const length = down.headers['content-length'];
  const head = await ask(daemon, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [503, length, '']);
  await reload(daemon, config, `${maintenance}\n${passing}`, 2);
  assert.equal((await ask(daemon)).status, 503);
  assert.deepEqual((await ask(daemon, { from: '127.0.0.2' })).body, 'ok');
  const emergency =
    'route "emergency" { priority "critical"; matches { path-prefix "/" }; upstream "emergency-static" }';
  await reload(daemon, config, emergency, 3);
  const cut = await ask(daemon, { from: '127.0.0.2' });
  assert.deepEqual([cut.status, cut.headers['retry-after']], [503, '60']);
  await reload(daemon, config, '', 4);
  assert.equal((await ask(daemon)).body, 'ok');
});

test('a page of one’s own takes the place of the built-in one, its file is read when the configuration is', async (t) => {
  const origin = await startOrigin(t);
  const folder = testFolder(t);
  const pageFile = join(folder, 'page.html');
  writeFileSync(pageFile, '<h1>Zurück um 12 Uhr</h1>');
  const page = `
upstream "maintenance-page" { static { status 200; content-type "text/html; charset=utf-8"; body-file "${pageFile}" } }
route "maintenance" { priority "critical"; matches { path-prefix "/" }; upstream "maintenance-page" }
`;
  const config = `${page}${file(origin.port)}`;
  const daemon = await startDaemonProcess(t, { config });
  const first = await ask(daemon);
  assert.deepEqual([first.status, first.body], [200, '<h1>Zurück um 12 Uhr</h1>']);
  writeFileSync(pageFile, '<h1>Doch erst um 13 Uhr</h1>');
  assert.deepEqual((await ask(daemon)).body, first.body);
  daemon.child.kill('SIGHUP');
  await daemon.line('Configuration reload completed');
  const second = await ask(daemon);
  assert.equal(second.body, '<h1>Doch erst um 13 Uhr</h1>');
  assert.notEqual(second.headers.etag, first.headers.etag);
});
