/** Judges that a command line cannot reach in every state: the clock, owners, texts that are no PEM. */
import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { authoritiesOf } from '../../src/certs/authorities.ts';
import { judgeFile } from '../../src/certs/hygiene.ts';
import { type Court, judgeAuthorities, judgeShown } from '../../src/certs/judgement.ts';
import { judgeLifetimes, standingOf } from '../../src/certs/lifetime.ts';
import { isFaulty, loadBundle, loadPair } from '../../src/certs/material.ts';
import { namesOf } from '../../src/certs/names.ts';
import { certificatesOf, readPart } from '../../src/certs/parts.ts';
import { type PemBlock, pemOf, scanPem } from '../../src/certs/pem.ts';
import { readExtensions, readRevocationList } from '../../src/certs/x509-extensions.ts';
import { verdictOf } from '../../src/cli/cert-check/report.ts';
import { Dice } from '../helpers/dice.ts';
import { CertScene } from './scene.ts';

const dayMs = 86_400_000;
const thresholds = { warnDays: 30, criticalDays: 7 };

test('a clock that is years behind makes dates unknown, not bad', (t) => {
  const certificate = new X509Certificate(readFileSync(new CertScene(t).pair().cert));
  const findings = judgeLifetimes([{ certificate, title: 'certificate' }], null, Date.UTC(1970, 0, 2), thresholds);
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['SNT-T013'],
  );
  assert.deepEqual(verdictOf(findings, false), { exitCode: 3, status: 'unknown' });
});

test('a certificate that begins a little later than now makes the clock suspect', (t) => {
  const certificate = new X509Certificate(readFileSync(new CertScene(t).pair().cert));
  const start = certificate.validFromDate.getTime();
  const said = (beforeMs: number): string =>
    judgeLifetimes([{ certificate, title: 'certificate' }], null, start - beforeMs, thresholds)
      .map(({ detail }) => detail)
      .join('');
  assert.match(said(60_000), /the clock of this machine \(.*\) is behind/);
  assert.doesNotMatch(said(5 * dayMs), /clock/);
  assert.equal(said(0), '');
});

test('every threshold is a day of its own', (t) => {
  const certificate = new X509Certificate(
    readFileSync(new CertScene(t).pair('DNS:a.example', { from: -300, to: 65 }).cert),
  );
  const end = certificate.validToDate.getTime();
  const at = (daysBefore: number) => standingOf(certificate, end - daysBefore * dayMs, thresholds);
  assert.deepEqual([366, 30.01, 29.99, 7.01, 6.99, 0, -0.001].map(at), [
    'not_yet_valid',
    'ok',
    'warning',
    'warning',
    'critical',
    'critical',
    'expired',
  ]);
});

test('a file of another user is a warning for users, and a hint for root, who cannot know whose it should be', () => {
  const facts = { path: '/x/a.key', target: '/x/a.key', mode: 0o600, owner: 1001, modifiedMs: 0, folders: [] };
  const found = (uid: number, owner: number) =>
    judgeFile({ ...facts, owner }, 'key', uid).map(({ code, severity }) => `${code} ${severity}`);
  assert.deepEqual(found(1000, 1001), ['SNT-T051 warning']);
  assert.deepEqual(found(0, 1001), ['SNT-T051 hint']);
  assert.deepEqual([found(1000, 0), found(1000, 1000), found(0, 0)], [[], [], []]);
});

test('names with commas and quotes stay one name, and are nobody else’s', (t) => {
  const scene = new CertScene(t);
  const made = scene.shop.issue(scene.middle, {
    extensions: [
      'subjectAltName=@names',
      '[names]',
      'DNS.1=a.example',
      'DNS.2=evil, DNS:www.example.com',
      'IP.1=192.0.2.1',
      'URI.1=http://x/, DNS:b.example',
    ],
  });
  const names = namesOf(new X509Certificate(readFileSync(made.cert)));
  assert.ok(names.includes('a.example') && names.includes('192.0.2.1'), names.join('|'));
  assert.ok(!names.includes('www.example.com') && !names.includes('b.example'), names.join('|'));
});

test('text that is almost PEM is a fault and never an exception, and a pair that loads is the one that was written', (t) => {
  const scene = new CertScene(t);
  const { cert, key } = scene.pair();
  const good = { cert: readFileSync(cert), key: readFileSync(key) };
  const dice = new Dice(20_261_121);
  const spoiled = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    const from = dice.roll(copy.length);
    switch (dice.roll(4)) {
      case 0:
        copy[from] = dice.roll(256);
        return copy;
      case 1:
        return copy.subarray(0, from);
      case 2:
        return Buffer.concat([copy.subarray(from), copy]);
      default:
        return Buffer.concat([
          copy.subarray(0, from),
          Buffer.from('-----BEGIN CERTIFICATE-----\n'),
          copy.subarray(from),
        ]);
    }
  };
  const whole = loadPair({ certFile: 'c', keyFile: 'k' }, (path) => (path === 'c' ? good.cert : good.key));
  assert.ok(!isFaulty(whole));
  let loadedCount = 0;
  for (let round = 0; round < 200; round++) {
    const files = {
      c: dice.roll(2) === 0 ? good.cert : spoiled(good.cert),
      k: dice.roll(2) === 0 ? good.key : spoiled(good.key),
    };
    const loaded = loadPair({ certFile: 'c', keyFile: 'k' }, (path) => files[path as 'c' | 'k']);
    if (isFaulty(loaded)) {
      assert.notEqual(loaded.length, 0);
      continue;
    }
    loadedCount++;
    assert.ok(loaded.leaf.checkPrivateKey(createPrivateKey(loaded.key)));
    loadBundle('c', 'authorities', () => files.c);
  }
  assert.ok(loadedCount > 20);
});

test('certificates with any byte changed are judged or refused, and nothing is thrown', (t) => {
  const scene = new CertScene(t);
  const { cert } = scene.pair();
  const [leaf, middle] = scanPem(readFileSync(cert)).blocks as [PemBlock, PemBlock];
  const dice = new Dice(7);
  const court: Court = {
    nowMs: Date.now(),
    thresholds,
    authorities: authoritiesOf([new X509Certificate(readFileSync(scene.root.cert))]),
    extensions: readExtensions,
    revocationList: readRevocationList,
    uid: 0,
  };
  let judgedCount = 0;
  for (let round = 0; round < 400; round++) {
    const der = Buffer.from(leaf.der);
    der[dice.roll(der.length)] = dice.roll(256);
    const pem = pemOf('CERTIFICATE', der) + pemOf('CERTIFICATE', middle.der);
    const bundle = loadBundle('c', 'authorities', () => Buffer.from(pem));
    if (!isFaulty(bundle)) judgeAuthorities(bundle, '/nonexistent', court);
    const part = readPart('c', 'cert', () => Buffer.from(pem));
    assert.ok(!('code' in part));
    const certificates = certificatesOf(part, 'cert').filter((one) => one instanceof X509Certificate);
    const [first] = certificates;
    if (first === undefined || certificates.length < 2) continue;
    judgedCount++;
    const wanted = [{ host: 'www.example.com', why: 'test' }];
    const { findings } = judgeShown({ leaf: first, certificates, use: 'server', file: 'c', wanted }, court);
    const changed = !der.equals(leaf.der);
    assert.equal(findings.length > 0, changed, 'a certificate that was changed is signed by nobody');
  }
  assert.ok(judgedCount > 100, String(judgedCount));
});

test('a file of nothing but beginnings is read once', () => {
  const text = '-----BEGIN CERTIFICATE-----\n'.repeat(50_000);
  const { blocks, cutOff } = scanPem(Buffer.from(text));
  assert.deepEqual([blocks.length, cutOff.length, cutOff.at(-1)], [0, 50_000, 50_000]);
});

test('PEM that is written is PEM that is read', () => {
  const der = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
  const { blocks, cutOff, strayLine } = scanPem(Buffer.from(pemOf('CERTIFICATE', der) + pemOf('X509 CRL', der)));
  assert.deepEqual(
    blocks.map(({ label, der: read, line }) => [label, read.equals(der), line]),
    [
      ['CERTIFICATE', true, 1],
      ['X509 CRL', true, 24],
    ],
  );
  assert.deepEqual([cutOff, strayLine], [[], null]);
});
