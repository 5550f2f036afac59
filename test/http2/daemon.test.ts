/** HTTP/2 at a whole daemon: its streams live through reloads, and end well when it is told to stop. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:http2';
import { once } from 'node:events';
import test from 'node:test';
import { promisify } from 'node:util';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { answerOf, send } from '../helpers/http2-scene.ts';
import { ok, startOrigin } from '../helpers/origin.ts';
import { securedListener, startSecuredDaemon } from '../helpers/served-certificate.ts';
import { TestAuthority } from '../helpers/certificates.ts';

test('TERM ends open streams well: each is answered, the client is told to go elsewhere, the exit code is 0', async (t) => {
  const origin = await startOrigin(t, {});
  const issued = TestAuthority.root(t).issue();
  const daemon = await startDaemonProcess(t, {
    folder: testFolder(t),
    config: `${securedListener(issued.certFile, issued.keyFile)}
route "all" { upstream "origin" }
upstream "origin" { target "127.0.0.1:${origin.port}" }
server { graceful-shutdown-timeout-secs 20 }`,
  });
  const client = connect(daemon.url('https').replace('http:', 'https:'), { rejectUnauthorized: false });
  client.on('error', () => {});
  const goaway = once(client, 'goaway');
  const answers = Array.from({ length: 5 }, (_, index) => answerOf(send(client, { ':path': `/${index}` })));
  await origin.request(4);
  daemon.child.kill('SIGTERM');
  const [code, last] = await goaway;
  assert.equal(code, 0);
  assert.ok((last as number) >= 9);
  for (const { connection, target } of origin.requests) connection.send(ok(target));
  const bodies = (await Promise.all(answers)).map(({ status, body }) => `${status} ${body.toString()}`);
  assert.deepEqual(bodies, ['200 /0', '200 /1', '200 /2', '200 /3', '200 /4']);
  assert.equal((await daemon.ended()).code, 0);
});

test('twenty reloads under load fail no request', async (t) => {
  const h2load = requireComponent(t, 'h2load');
  if (h2load === undefined) return;
  const { daemon, port } = await startSecuredDaemon(t);
  const load = promisify(execFile)(h2load, ['-D', '3', '-c', '4', '-m', '10', `https://127.0.0.1:${port}/`], {
    timeout: 60_000,
  });
  for (let reload = 0; reload < 20; reload++) {
    await daemon.client.call('config-reload');
    await eventually(
      () => daemon.lines().filter(({ message }) => message === 'Configuration reload completed').length > reload,
    );
  }
  const { stdout } = await load;
  assert.match(stdout, / 0 failed, 0 errored, 0 timeout/, stdout);
  assert.match(stdout, / 0 3xx, 0 4xx, 0 5xx/, stdout);
});
