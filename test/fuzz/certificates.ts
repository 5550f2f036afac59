/**
 * Fuzz target of certificate files: good pairs, bundles and revocation lists with bytes, lines and blocks changed, put to what
 * reads and judges them. Nothing may throw or take long, what loads must be a pair that TLS takes, and no key may show in
 * what is said. Names of SNI and subjects go along: what is told of a client is one line of printable ASCII.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { authoritiesOf } from '../../src/certs/authorities.ts';
import { type Court, judgeAuthorities, judgeRevocations, judgeShown } from '../../src/certs/judgement.ts';
import { isFaulty, loadBundle, loadPair } from '../../src/certs/material.ts';
import { orderChain } from '../../src/certs/order.ts';
import { pemOf, scanPem } from '../../src/certs/pem.ts';
import { readExtensions, readRevocationList } from '../../src/certs/x509-extensions.ts';
import { subjectLine } from '../../src/proxy/data/tls/client-certificate.ts';
import { plainName, ServerNames } from '../../src/certs/server-names.ts';
import { CertScene } from '../certs/scene.ts';
import { damaged, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

/** No file of this size takes so long, whatever stands in it. */
const MOST_MS = 2000;

const ends: (() => void)[] = [];
const scene = new CertScene({ after: (end) => void ends.push(end) });
const read = (file: string) => readFileSync(file, 'utf8');
const pairs = (['ec', 'rsa', 'ed25519'] as const).map((key) => scene.pair('DNS:www.example.com,IP:192.0.2.1', { key }));
const certs = pairs.map(({ cert }) => read(cert));
const keys = pairs.map(({ key }) => read(key));
const bundles = [read(scene.root.cert) + read(scene.middle.cert), ...certs];
const lists = [read(scene.shop.revocations(scene.middle, -1, 30)), read(scene.shop.revocations(scene.root, -30, -1))];
const court: Court = {
  nowMs: Date.now(),
  thresholds: { warnDays: 30, criticalDays: 7 },
  authorities: authoritiesOf([new X509Certificate(read(scene.root.cert))]),
  extensions: readExtensions,
  revocationList: readRevocationList,
  uid: 0,
};

/** One of the blocks with some bytes of what it holds changed, or their lengths. */
function damagedBlock(dice: Dice, text: string): string {
  const { blocks } = scanPem(Buffer.from(text));
  const wrong = dice.roll(Math.max(blocks.length, 1));
  return blocks
    .map(({ label, der }, index) => {
      const bytes = Buffer.from(der);
      for (let times = index === wrong ? 1 + dice.roll(3) : 0; times > 0 && bytes.length > 0; times--) {
        bytes[dice.roll(bytes.length)] = pick(dice, [0, 0x7f, 0x80, 0x84, 0xff, dice.roll(256)]);
      }
      const kept = index === wrong && dice.chance(15) ? bytes.subarray(0, dice.roll(bytes.length + 1)) : bytes;
      return pemOf(label, dice.chance(3) ? Buffer.concat([kept, bytes]) : kept);
    })
    .join('');
}

function fileOf(dice: Dice, good: readonly string[]): string {
  const text = pick(dice, good);
  switch (dice.roll(7)) {
    case 0:
      return text;
    case 1:
      return text + pick(dice, [...certs, ...keys, ...lists]);
    case 2:
      return damaged(dice, text);
    case 3:
      return text.slice(0, dice.roll(text.length));
    case 4:
      return text
        .split('\n')
        .filter(() => !dice.chance(5))
        .join(pick(dice, ['\n', '\r\n', '\r', '\n\n']));
    default:
      return damagedBlock(dice, text);
  }
}

/** Lines of keys, no part of which may be said. */
const secrets = keys.flatMap((key) => key.split('\n').filter((line) => line.length > 20 && !line.startsWith('-')));

function pairComplaint(dice: Dice): string | null {
  const files = { c: fileOf(dice, certs), k: fileOf(dice, dice.chance(90) ? keys : certs) };
  const loaded = loadPair({ certFile: 'c', keyFile: 'k' }, (path) => Buffer.from(files[path as 'c' | 'k']));
  if (isFaulty(loaded)) {
    if (loaded.length === 0) return 'a pair was refused without a reason';
    const said = JSON.stringify(loaded);
    return secrets.some((line) => said.includes(line)) ? `a key shows in ${said}` : null;
  }
  if (!loaded.leaf.checkPrivateKey(createPrivateKey(loaded.key))) return 'key and certificate of a pair do not fit';
  createSecureContext({ cert: loaded.cert, key: loaded.key });
  const certificates = [loaded.leaf, ...loaded.chain];
  if (orderChain(loaded.leaf, certificates.toReversed()).length > certificates.length) return 'a chain has grown';
  const wanted = [{ host: 'www.example.com', why: 'fuzz' }];
  const use = pick(dice, ['server', 'client'] as const);
  const { findings } = judgeShown({ leaf: loaded.leaf, certificates, use, file: 'c', wanted }, court);
  const bad = findings.find(({ detail }) => secrets.some((line) => detail.includes(line)));
  return bad === undefined ? null : `a key shows in ${bad.detail}`;
}

function bundleComplaint(dice: Dice): string | null {
  const kind = pick(dice, ['authorities', 'revocations'] as const);
  const file = fileOf(dice, dice.chance(90) === (kind === 'authorities') ? bundles : lists);
  const loaded = loadBundle('b', kind, () => Buffer.from(file));
  if (isFaulty(loaded)) return loaded.length === 0 ? 'a bundle was refused without a reason' : null;
  if (kind === 'authorities') {
    createSecureContext({ ca: loaded.pem });
    judgeAuthorities(loaded, '/nonexistent', court);
  } else {
    createSecureContext({ crl: loaded.pem });
    judgeRevocations(loaded, '/nonexistent', court);
  }
  const again = loadBundle('b', kind, () => Buffer.from(loaded.pem));
  return !isFaulty(again) && again.fingerprint === loaded.fingerprint
    ? null
    : 'a bundle that was written reads otherwise';
}

const labels = ['a', 'b', '*', '', 'www', 'A', 'xn--a', 'a b'];
const name = (dice: Dice): string => Array.from({ length: 1 + dice.roll(4) }, () => pick(dice, labels)).join('.');

/** The first list that has the name itself, else the first that has its wildcard of one label. */
function expectedName(listsOfNames: readonly (readonly string[])[], asked: string): number {
  const exact = listsOfNames.findIndex((list) => list.some((one) => one === asked && !one.startsWith('*.')));
  const [first = '', ...rest] = asked.split('.');
  if (exact !== -1 || first === '' || rest.length === 0) return exact;
  return listsOfNames.findIndex((list) => list.includes(`*.${rest.join('.')}`));
}

function nameComplaint(dice: Dice): string | null {
  const listsOfNames = Array.from({ length: 1 + dice.roll(3) }, () =>
    Array.from({ length: 1 + dice.roll(3) }, () => name(dice).toLowerCase()),
  );
  const asked = plainName(name(dice));
  const [found, expected] = [new ServerNames(listsOfNames).find(asked), expectedName(listsOfNames, asked)];
  if (found !== expected) return `${asked} is ${found} of ${JSON.stringify(listsOfNames)}, expected ${expected}`;
  const subject = Array.from(
    { length: dice.roll(6) },
    () => `${pick(dice, ['CN', 'O', 'OU'])}=${damaged(dice, name(dice))}\u{e9}\u{1f511}\r`,
  );
  const line = subjectLine(subject.join('\n'));
  if (!/^[\x20-\x7e]*$/.test(line)) return `${JSON.stringify(subject)} is told as ${JSON.stringify(line)}`;
  return null;
}

try {
  await fuzz('files', (seed) => {
    const dice = new Dice(seed);
    const began = performance.now();
    const complaint = pairComplaint(dice) ?? bundleComplaint(dice) ?? nameComplaint(dice);
    const took = performance.now() - began;
    return complaint ?? (took < MOST_MS ? null : `took ${Math.round(took)} ms`);
  });
} finally {
  for (const end of ends) end();
}
