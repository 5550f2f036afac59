/** Revocation lists are read by two readers, a quick one and one that parses them whole: both must find the same. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import test from 'node:test';
import { isFaulty, loadBundle } from '../../src/certs/material.ts';
import { scanPem } from '../../src/certs/pem.ts';
import { listsOf, subjectOf } from '../../src/certs/revocations.ts';
import { readRevocationList } from '../../src/certs/x509-extensions.ts';
import { TestAuthority } from '../helpers/certificates.ts';

test('both readers of revocation lists find the same dates, and the issuer is the authority that made it', (t) => {
  const authority = TestAuthority.root(t, 'Ämter & Söhne');
  const one = authority.issue();
  for (const file of [authority.revoke(), authority.revoke(one, authority.issue())]) {
    const bundle = loadBundle(file, 'revocations');
    assert.ok(!isFaulty(bundle));
    const [quick] = listsOf(bundle);
    const whole = scanPem(Buffer.from(bundle.pem)).blocks.map(({ der }) => readRevocationList(der))[0];
    assert.ok(quick !== undefined && whole !== undefined && whole !== null);
    assert.deepEqual([quick.thisUpdate, quick.nextUpdate], [whole.thisUpdate, whole.nextUpdate]);
    assert.deepEqual(subjectOf(new X509Certificate(authority.cert)), quick.issuer);
    assert.notDeepEqual(subjectOf(new X509Certificate(one.cert)), quick.issuer);
  }
});
