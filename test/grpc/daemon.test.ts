/** gRPC at a whole daemon with several workers, configured as people do it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { TestAuthority } from '../helpers/certificates.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { securedListener } from '../helpers/served-certificate.ts';
import { drained, EchoClient, grpcServer } from './grpc-scene.ts';

test('calls of all workers reach their servers, streams live through reloads, and TERM lets them end', async (t) => {
  const authority = TestAuthority.root(t);
  const issued = authority.issue();
  const plain = await grpcServer(t, {}, null);
  const secured = await grpcServer(t, {}, issued);
  const text = (port: number, tls: string) => `${securedListener(issued.certFile, issued.keyFile)}
route "all" { upstream "echo"; policies { max-body-size 0 } }
upstream "echo" {
    target "127.0.0.1:${port}"
    http-version "2"
    ${tls}
    connection-pool { max-connections 4 }
}
server { graceful-shutdown-timeout-secs 20 }`;
  const daemon = await startDaemonProcess(t, { folder: testFolder(t), workers: 2, config: text(plain.port, '') });
  const port = Number(new URL(daemon.url('https')).port);
  const clients = Array.from({ length: 6 }, () => new EchoClient(t, port, authority));
  const ask = async (word: string) => {
    const answers = await Promise.all(clients.map((client) => client.unary(Buffer.from(word))));
    assert.deepEqual(
      answers.map(({ message, error }) => message?.toString() ?? error?.details),
      Array(6).fill(word),
    );
  };
  await ask('before');
  const call = (clients[0] as EchoClient).bidi();
  const done = drained(call);
  const first = once(call, 'data');
  call.write(Buffer.from('one'));
  await first;
  // The other server, under TLS.
  daemon.writeConfig(text(secured.port, `tls { ca-file "${authority.certFile}" }`));
  await daemon.client.call('config-reload');
  await daemon.line('Configuration reload completed');
  await ask('after');
  const second = once(call, 'data');
  call.write(Buffer.from('two'));
  await second;
  daemon.child.kill('SIGTERM');
  await eventually(() => daemon.lines().some(({ message }) => /shut|stop|drain/i.test(message)));
  call.write(Buffer.from('three'));
  call.end();
  const { code, messages } = await done;
  assert.equal(code, status.OK);
  assert.deepEqual(messages.map(String), ['one', 'two', 'three']);
  assert.equal((await daemon.ended()).code, 0);
});
