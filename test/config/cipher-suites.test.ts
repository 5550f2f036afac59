/** What `cipher-suites` takes can be agreed on, by every name: OpenSSL passes over names that it does not know in silence. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { connect, createServer, type TlsOptions } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { cipherSuites, usableSuites } from '../../src/config/schema/tls-types.ts';
import { Wrong } from '../../src/config/schema/value-type.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import { testFolder } from '../helpers/daemon.ts';

/** What two programs of this OpenSSL agree on when the server offers these suites alone. */
async function agreed(options: TlsOptions): Promise<{ readonly name: string; readonly standardName: string }> {
  const server = createServer({ minVersion: 'TLSv1.2', ...options }).on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const everything = [...usableSuites()].join(':');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ciphers: everything });
  try {
    await once(client, 'secureConnect');
    return client.getCipher();
  } finally {
    client.destroy();
    server.close();
  }
}

test('every suite that is taken can be agreed on, and its name at IANA means the same', async (t) => {
  const folder = testFolder(t);
  const [rsaKey, rsaCert] = [join(folder, 'rsa.key'), join(folder, 'rsa.crt')];
  const rsa = ['-newkey', 'rsa:2048', '-nodes', '-keyout', rsaKey, '-subj', '/CN=rsa', '-out', rsaCert];
  execFileSync('openssl', ['req', '-x509', ...rsa], { stdio: 'pipe' });
  const ec = TestAuthority.root(t).issue();
  const pairs = [
    { cert: ec.cert, key: ec.key },
    { cert: readFileSync(rsaCert, 'utf8'), key: readFileSync(rsaKey, 'utf8') },
  ];
  const suites = [...usableSuites()];
  assert.ok(suites.includes('TLS_AES_128_GCM_SHA256') && suites.includes('ECDHE-ECDSA-AES256-GCM-SHA384'));
  for (const suite of suites) {
    const pair = pairs[suite.includes('ECDSA') ? 0 : 1];
    const { name, standardName } = await agreed({
      ...pair,
      ciphers: suite,
      maxVersion: suite.startsWith('TLS_') ? 'TLSv1.3' : 'TLSv1.2',
    });
    assert.equal(name, suite);
    assert.deepEqual(cipherSuites.read(standardName, '/'), [suite]);
  }
});

test('suites may be joined by colons, commas or spaces, in any case', () => {
  const three = ['TLS_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'];
  for (const joint of [':', ',', ' ', ', ', '\n  ']) {
    assert.deepEqual(cipherSuites.read(three.join(joint).toLowerCase(), '/'), three);
  }
});

test('what nobody can agree on, or is no single suite, is refused', () => {
  for (const name of [
    'HIGH',
    '!aNULL',
    'DEFAULT:@SECLEVEL=0',
    'PSK-AES128-GCM-SHA256',
    'SRP-AES-128-CBC-SHA',
    'NULL-MD5',
  ]) {
    const read = cipherSuites.read(`TLS_AES_128_GCM_SHA256:${name}`, '/');
    assert.equal(read instanceof Wrong && read.code, 'SNT-C167', name);
  }
});
