/** What the certificate of the demo is to those who look at it: Node, and openssl. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { requireComponent } from '../helpers/components.ts';

const day = 86_400_000;

test('a certificate that signs itself has the names, dates and key that were asked for', () => {
  const now = Date.parse('2049-12-31T23:00:00Z');
  const { cert, key } = selfSigned(['localhost', '127.0.0.1'], now, 7);
  const read = new X509Certificate(cert);
  assert.equal(read.subject, 'CN=localhost');
  assert.equal(read.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1');
  assert.equal(Date.parse(read.validFrom), now - day);
  assert.equal(Date.parse(read.validTo), now + 7 * day);
  assert.equal(read.ca, false);
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.ok(read.checkPrivateKey(createPrivateKey(key)));
  assert.ok(read.verify(read.publicKey));
});

test('openssl believes it as far as it can be believed', (t) => {
  const openssl = requireComponent(t, 'openssl');
  if (openssl === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-self-signed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'cert.pem');
  // Serials are random: some of them would show a sign or a padding that is wrong.
  for (let round = 0; round < 20; round++) {
    writeFileSync(file, selfSigned(['localhost', '127.0.0.1', 'x'.repeat(200)], Date.now(), 7).cert);
    const said = execFileSync(openssl, ['verify', '-CAfile', file, file], { encoding: 'utf8' });
    assert.match(said, /: OK$/m);
  }
});
