/** Certificates on disk as `cert-check` judges them, beside what a daemon serves. */
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect } from 'node:tls';
import { TestAuthority } from '../../helpers/certificates.ts';
import { type DaemonProcess, startDaemonProcess, staticConfig, testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { probe, valueOf } from './probing.ts';
import type { CertificatesState } from '../../../src/diagnosis/facts/network.ts';

interface Scene {
  readonly authority: TestAuthority;
  readonly certFile: string;
  readonly keyFile: string;
  readonly daemon: DaemonProcess;
  put(names: readonly string[], days?: number): void;
  certificates(): Promise<ReturnType<typeof valueOf<CertificatesState>>>;
}

async function serving(t: TestContext, days: number, more = ''): Promise<Scene> {
  const folder = testFolder(t);
  const authority = TestAuthority.root(t);
  const [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  const put = (names: readonly string[], lasts = 90): void => {
    const issued = authority.issue({ names, days: lasts });
    copyFileSync(issued.certFile, certFile);
    copyFileSync(issued.keyFile, keyFile);
  };
  put(['www.example.com'], days);
  const daemon = await startDaemonProcess(t, {
    config: staticConfig(
      'hello',
      `listener "https" { address "127.0.0.1:0"; protocol "https"; tls { cert-file "${certFile}"; key-file "${keyFile}"; ${more} } }`,
    ),
  });
  const certificates = async () => valueOf((await probe(daemon, ['daemon', 'certificates'])).certificates);
  return { authority, certFile, keyFile, daemon, put, certificates };
}

test('a certificate that is served tells its days, and that the disk holds another one', async (t) => {
  const scene = await serving(t, 4);
  const [soon = assert.fail()] = (await scene.certificates()).certificates;
  assert.deepEqual([soon.file, soon.uses, soon.in_use], [scene.certFile, ['listener https'], true]);
  assert.equal(soon.days_left, 3);
  assert.equal(soon.served_not_after, soon.not_after);

  scene.put(['www.example.com']);
  const [renewed = assert.fail()] = (await scene.certificates()).certificates;
  assert.equal(renewed.in_use, false);
  assert.equal(renewed.served_not_after, soon.not_after);
  assert.equal(renewed.days_left, 89);
});

test('a key that belongs to another certificate is named, and what is served goes on', async (t) => {
  const scene = await serving(t, 90);
  const before = (await scene.certificates()).certificates[0]?.served_not_after;
  copyFileSync(scene.authority.issue({ names: ['www.example.com'], days: 50 }).certFile, scene.certFile);
  const [mixed = assert.fail()] = (await scene.certificates()).certificates;
  assert.deepEqual(
    mixed.problems.filter(({ code }) => code === 'SNT-T007').map(({ severity }) => severity),
    ['error'],
  );
  assert.deepEqual([mixed.in_use, mixed.served_not_after], [null, before]);
});

test('without a daemon the files are judged, also those that keep it from starting', async (t) => {
  const folder = testFolder(t);
  const authority = TestAuthority.root(t);
  const expired = authority.issue({ names: ['www.example.com'], outside: 'expired' });
  const configFile = join(folder, 'sentinel.kdl');
  writeFileSync(
    configFile,
    `listener "https" { address "127.0.0.1:8443"; protocol "https"; tls { cert-file "${expired.certFile}"; key-file "${expired.keyFile}" } }
listener "other" { address "127.0.0.1:8444"; protocol "https"; tls { cert-file "${join(folder, 'none.pem')}"; key-file "${expired.keyFile}" } }
route "all" { upstream "api" }
upstream "api" { target "127.0.0.1:9000"; tls { ca-file "${authority.certFile}" } }`,
  );
  const sections = await probe({ socket: join(folder, 'admin.sock'), configFile }, ['daemon', 'certificates']);
  const { certificates, failed_handshakes } = valueOf(sections.certificates);
  assert.deepEqual(
    certificates.map(({ uses, in_use, problems }) => [
      uses[0],
      in_use,
      problems.map(({ code }) => code).includes('SNT-T010'),
    ]),
    [
      ['listener https', null, true],
      ['listener other', null, false],
      ['upstream api (authorities)', null, false],
    ],
  );
  assert.ok((certificates[0]?.days_left ?? 0) < 0);
  assert.deepEqual(
    certificates[1]?.problems.map(({ code }) => code),
    ['SNT-T001'],
  );
  assert.deepEqual(failed_handshakes, []);
});

test('where the file on disk is broken the daemon tells its certificates', async (t) => {
  const scene = await serving(t, 90);
  scene.daemon.writeConfig('listener {');
  const [told = assert.fail()] = (await scene.certificates()).certificates;
  assert.deepEqual([told.file, told.uses, told.in_use], [scene.certFile, ['listener https'], true]);
});

test('clients whose certificate is refused are counted by the reason', async (t) => {
  const folder = testFolder(t);
  const clients = TestAuthority.root(t);
  writeFileSync(join(folder, 'ca.pem'), clients.cert);
  const scene = await serving(t, 90, `client-auth "require"; ca-file "${join(folder, 'ca.pem')}"`);
  const stranger = TestAuthority.root(t, 'Stranger').issue({ names: ['somebody'], usage: 'clientAuth' });
  const port = Number(new URL(scene.daemon.url('https')).port);
  for (let i = 0; i < 2; i++) {
    const socket = connect({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      cert: stranger.cert,
      key: stranger.key,
    });
    socket.on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await new Promise((resolve) => void socket.once('close', resolve).resume());
  }
  await eventually(async () => {
    const { failed_handshakes: failed } = await scene.certificates();
    assert.equal(
      failed.reduce((all, { count }) => all + count, 0),
      2,
      JSON.stringify(failed),
    );
  });
});
