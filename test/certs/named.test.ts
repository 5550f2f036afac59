/** `cert-check` of servers and files that the command line names: what is sent, what cannot be asked, and the chain put in order. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { type AddressInfo, type Server, createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import { type TlsOptions, createServer as createTlsServer } from 'node:tls';
import { systemClock } from '../../src/base/clock.ts';
import { NothingServed, servedChain } from '../../src/web/served-chain.ts';
import { callSentinel } from '../cli/command-line.ts';
import { CertScene } from './scene.ts';
import { type Made, serverExtensions } from './workshop.ts';

async function listening(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function serve(t: TestContext, { cert, key }: Made, options: TlsOptions = {}): Promise<string> {
  const server = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key), ...options });
  return `127.0.0.1:${await listening(t, server)}`;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a server that speaks ${version} is judged by what it sends`, async (t) => {
    const scene = new CertScene(t);
    const { shop, middle, root } = scene;
    const options: TlsOptions = { minVersion: version, maxVersion: version };
    const names = 'DNS:www.example.com,IP:127.0.0.1';
    const good = await scene.check(await serve(t, scene.pair(names), options), '--ca', root.cert);
    assert.deepEqual([good.code, good.found], [0, []], good.details);
    assert.deepEqual(
      good.rows[0]?.chain.map(({ subject }) => subject),
      ['CN=Scene Intermediate'],
    );
    const alone = shop.issue(middle, { extensions: serverExtensions(names) });
    const missing = await serve(t, alone, options);
    const store = shop.bundle(`store-${version}.pem`, root.cert, middle.cert);
    for (const ca of [root.cert, store]) {
      const answer = await scene.check(missing, '--ca', ca);
      assert.deepEqual([answer.code, answer.found], [1, ['SNT-T020 error']], answer.details);
    }
    const named = await scene.check(
      missing.replace('127.0.0.1', 'localhost'),
      '--ca',
      root.cert,
      '--name',
      'mail.example.com',
    );
    assert.deepEqual(named.found, ['SNT-T020 error', 'SNT-T031 error']);
  });
}

test('order and strangers are seen where TLS 1.2 shows them', async (t) => {
  const scene = new CertScene(t);
  const { shop, middle, root } = scene;
  const made = shop.issue(middle, { extensions: serverExtensions('IP:127.0.0.1') });
  const stranger = shop.authority(null, 'Stranger');
  const cert = shop.bundle('crowd.pem', made.cert, stranger.cert, middle.cert, root.cert);
  const answer = await scene.check(await serve(t, { cert, key: made.key }), '--ca', root.cert);
  assert.deepEqual([answer.code, answer.found], [0, ['SNT-T022 warning', 'SNT-T023 hint']], answer.details);
});

test('the certificate is asked for by name', async (t) => {
  const scene = new CertScene(t);
  const asked: string[] = [];
  const place = await serve(t, scene.pair(), {
    SNICallback(name, done) {
      asked.push(name);
      done(null);
    },
  });
  await scene.check(place, '--name', 'www.example.com');
  assert.deepEqual(asked, ['www.example.com']);
  await scene.check(place.replace('127.0.0.1', 'localhost'));
  assert.deepEqual(asked, ['www.example.com', 'localhost']);
  await scene.check(place);
  assert.equal(asked.length, 2, 'an address is no name');
});

test('a server that wants a client certificate shows its own all the same', async (t) => {
  const scene = new CertScene(t);
  const options: TlsOptions = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(scene.root.cert) };
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const place = await serve(t, scene.pair('IP:127.0.0.1'), { ...options, minVersion: version, maxVersion: version });
    const answer = await scene.check(place, '--ca', scene.root.cert);
    assert.deepEqual([answer.code, answer.found], [0, []], answer.details);
  }
});

test('an old key that no client takes is seen, not refused', async (t) => {
  const scene = new CertScene(t);
  const weak = scene.pair('IP:127.0.0.1', { key: 'rsa1024' });
  const answer = await scene.check(await serve(t, weak, { ciphers: 'DEFAULT:@SECLEVEL=0' }), '--ca', scene.root.cert);
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-T040 error']], answer.details);
});

test('what cannot be asked is unknown, never good', async (t) => {
  const scene = new CertScene(t);
  const plain = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const gone = createServer();
  const free = await listening(t, gone);
  gone.close();
  const good = await serve(t, scene.pair('IP:127.0.0.1'));
  for (const place of [`127.0.0.1:${free}`, `127.0.0.1:${await listening(t, plain)}`, 'host.invalid:443']) {
    const answer = await scene.check(place);
    assert.deepEqual([answer.code, answer.status, answer.found], [3, 'unknown', ['SNT-T062 error']], place);
    const both = await scene.check(place, good, '--ca', scene.root.cert);
    assert.deepEqual([both.code, both.rows.length], [3, 2], 'the others are judged');
  }
  const expired = await serve(t, scene.pair('IP:127.0.0.1', { from: -90, to: -1 }));
  assert.equal((await scene.check(`127.0.0.1:${free}`, expired, '--ca', scene.root.cert)).code, 1);
});

test('a server that says nothing is given up', async (t) => {
  const silent = createServer((socket) => void socket.resume());
  const port = await listening(t, silent);
  const question = { to: { kind: 'tcp', host: '127.0.0.1', port }, servername: null, timeoutMs: 50 } as const;
  await assert.rejects(servedChain(question, systemClock), (error: Error) => {
    assert.ok(error instanceof NothingServed);
    assert.equal(error.message, 'it did not answer in time');
    return true;
  });
});

test('the chain is printed in order, without root and strangers, and openssl verifies it', async (t) => {
  const scene = new CertScene(t);
  const { shop, middle, root } = scene;
  const lower = shop.authority(middle, 'Lower');
  const made = shop.issue(lower, { extensions: serverExtensions('DNS:www.example.com') });
  const stranger = shop.authority(null, 'Stranger');
  const mess = shop.file(
    'mess.pem',
    [root, middle, stranger, made, lower, made]
      .map(({ cert }) => readFileSync(cert, 'utf8').replaceAll('\n', '\r\n'))
      .join('junk\n'),
  );
  const { code, stdout, stderr } = await callSentinel(['cert-check', '--emit-fixed', mess]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(stdout, [made, lower, middle].map(({ cert }) => readFileSync(cert, 'utf8')).join(''));
  const fixed = shop.file('fixed.pem', stdout);
  const verified = spawnSync('openssl', ['verify', '-CAfile', root.cert, '-untrusted', fixed, fixed], {
    encoding: 'utf8',
  });
  assert.equal(verified.status, 0, verified.stderr);
  assert.deepEqual((await scene.check(fixed, made.key, '--ca', root.cert)).found, []);
  const json = await callSentinel(['cert-check', '--emit-fixed', mess, '--json']);
  assert.equal((JSON.parse(json.stdout) as { data: { pem: string } }).data.pem, stdout);
});

test('a chain that cannot be put in order says why on standard error', async (t) => {
  const scene = new CertScene(t);
  const alone = scene.shop.issue(scene.middle, { extensions: serverExtensions('DNS:www.example.com') });
  const missing = await callSentinel(['cert-check', '--emit-fixed', alone.cert, '--ca', scene.root.cert]);
  assert.deepEqual([missing.code, missing.stdout], [1, readFileSync(alone.cert, 'utf8')]);
  assert.match(missing.stderr, /SNT-T020/);
  const gone = await callSentinel(['cert-check', '--emit-fixed', scene.shop.path('gone.pem')]);
  assert.deepEqual([gone.code, gone.stdout], [3, '']);
});

test('a file that this user may not read is unknown', async (t) => {
  const scene = new CertScene(t);
  const { cert, key } = scene.pair();
  chmodSync(cert, 0);
  if (process.getuid?.() !== 0) {
    assert.deepEqual((await scene.check(cert, key)).found, ['SNT-T001 error', 'SNT-T007 error']);
    return;
  }
  // Root reads everything; whoever reads on its behalf is told so.
  const { loadPair } = await import('../../src/certs/material.ts');
  const refused = Object.assign(new Error('denied'), { code: 'EACCES' });
  const faults = loadPair({ certFile: cert, keyFile: key }, () => {
    throw refused;
  });
  assert.deepEqual(
    (faults as readonly { code: string; message: string }[]).map(({ code, message }) => `${code} ${message}`),
    [`SNT-T001 cannot read ${cert}: permission denied`, `SNT-T001 cannot read ${key}: permission denied`],
  );
});

test('a pipe into which nobody writes holds nobody up', async (t) => {
  const scene = new CertScene(t);
  const pipe = scene.shop.path('pipe');
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const answer = await scene.check(pipe);
  assert.deepEqual([answer.code, answer.found], [3, ['SNT-T001 error']]);
});

test('the next command asks the same server for the same name, and nothing is said twice', async (t) => {
  const scene = new CertScene(t);
  const good = scene.pair();
  const server = createTlsServer({ cert: readFileSync(good.cert), key: readFileSync(good.key) });
  const asked = `127.0.0.1:${await listening(t, server)}`;
  const { stdout } = await callSentinel(['cert-check', asked, '--name', 'www.example.com']);
  assert.match(stdout, new RegExp(`next: .*cert-check --ca root\\.pem ${asked} --name www\\.example\\.com$`, 'm'));
  const gone = await callSentinel(['cert-check', 'no-such-file.crt', '127.0.0.1:1']);
  assert.doesNotMatch(gone.stdout, /(127\.0\.0\.1:1: ){2}/);
  assert.match(gone.stdout, /127\.0\.0\.1:1: connection refused/);
});

test('people get a table, and a terminal of any width does not change the exit status', async (t) => {
  const scene = new CertScene(t);
  const good = scene.pair();
  const old = scene.pair('DNS:www.example.com', { from: -400, to: -3 });
  const args = ['cert-check', good.cert, old.cert, '--ca', scene.root.cert];
  for (const columns of [40, 80, 200]) {
    const { code, stdout } = await callSentinel(args, { terminal: true, columns });
    assert.equal(code, 1);
    for (const words of [good.cert, '✓ ok', '✗', 'expired', 'SNT-T010', 'sentinel explain SNT-T010']) {
      assert.ok(stdout.includes(words), `${columns}: ${words}: ${stdout}`);
    }
  }
});
