/** `cert-check --staged`: a new pair is judged in its place and tried in handshakes before anything is replaced. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { callSentinel } from '../cli/command-line.ts';
import { type Answer, CertScene, pairKeys, tlsConfig } from './scene.ts';
import { type Made, serverExtensions } from './workshop.ts';

async function stage(scene: CertScene, config: string, { cert, key }: Made, place = 'https'): Promise<Answer> {
  return scene.check('--staged', cert, key, '--for', place, '-c', config, '--ca', scene.root.cert);
}

interface Handshake {
  readonly version: string;
  readonly name: string | null;
  readonly failure: string | null;
  readonly cipher: string | null;
}

const handshakes = ({ data }: Answer): readonly Handshake[] => data['handshakes'] as readonly Handshake[];
const changes = ({ data }: Answer): readonly string[] => data['changes'] as readonly string[];

test('a good pair is tried in every version and with its names, and what would change is said', async (t) => {
  const scene = new CertScene(t);
  const present = scene.pair('DNS:www.example.com', { to: 20 });
  const config = scene.config(tlsConfig(pairKeys(present)));
  const before = readFileSync(present.cert, 'utf8');
  const answer = await stage(scene, config, scene.pair('DNS:www.example.com,DNS:*.shop.example.com', { key: 'rsa' }));
  assert.deepEqual([answer.code, answer.found], [0, []], answer.details);
  assert.deepEqual(
    handshakes(answer).map(({ version, name, failure }) => [version, name, failure]),
    ['TLSv1.2', 'TLSv1.3'].flatMap((version) => [
      [version, null, null],
      [version, 'www.example.com', null],
      [version, 'sentinel-cert-check.shop.example.com', null],
    ]),
  );
  const said = changes(answer).join('\n');
  for (const words of ['later', 'names gained: *.shop.example.com', 'key EC P-256 → RSA 2048']) {
    assert.ok(said.includes(words), `${words}: ${said}`);
  }
  assert.match(answer.notes.join('\n'), /next: cp .* && sentinel reload --certs/);
  assert.equal(readFileSync(present.cert, 'utf8'), before, 'nothing was replaced');
});

test('only the versions of the listener are tried', async (t) => {
  const scene = new CertScene(t);
  const versions = async (settings: string) => {
    const config = scene.config(tlsConfig(`${pairKeys(scene.pair())}; ${settings}`));
    return [...new Set(handshakes(await stage(scene, config, scene.pair())).map(({ version }) => version))];
  };
  assert.deepEqual(await versions('min-version "TLS1.3"'), ['TLSv1.3']);
  assert.deepEqual(await versions('max-version "TLS1.2"'), ['TLSv1.2']);
});

test('a key that no cipher suite of the listener fits fails before anybody gets it', async (t) => {
  const scene = new CertScene(t);
  const rsa = scene.pair('DNS:www.example.com', { key: 'rsa' });
  const suites = 'cipher-suites "ECDHE-RSA-AES128-GCM-SHA256" "TLS_AES_128_GCM_SHA256"';
  const config = scene.config(tlsConfig(`${pairKeys(rsa)}; ${suites}`));
  const answer = await stage(scene, config, scene.pair());
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-T063 error']], answer.details);
  assert.match(answer.details, /TLSv1\.2 without a name: no shared cipher/);
  assert.deepEqual((await stage(scene, config, scene.pair('DNS:www.example.com', { key: 'rsa' }))).found, []);
});

test('a listener that wants client certificates is rehearsed with its authorities', async (t) => {
  const scene = new CertScene(t);
  const mutual = `client-auth "require"; ca-file "${scene.root.cert}"`;
  const config = scene.config(tlsConfig(`${pairKeys(scene.pair())}; ${mutual}`));
  const answer = await stage(scene, config, scene.pair());
  assert.deepEqual([answer.code, answer.found], [0, []], answer.details);
  assert.equal(
    handshakes(answer).every(({ failure }) => failure === null),
    true,
  );
});

test('names and time that would be lost are warned of, and hosts of routes that would be uncovered are errors', async (t) => {
  const scene = new CertScene(t);
  const present = scene.pair('DNS:www.example.com,DNS:old.example.com');
  const config = scene.config(tlsConfig(pairKeys(present), '', 'matches { host "www.example.com" }'));
  const less = await stage(scene, config, scene.pair('DNS:www.example.com', { to: 200 }));
  assert.deepEqual([less.code, less.found], [0, ['SNT-T065 warning', 'SNT-T065 warning']], less.details);
  assert.match(less.details, /old\.example\.com/);
  assert.match(less.details, /154 days earlier|155 days earlier/);
  const wrong = await stage(scene, config, scene.pair('DNS:old.example.com'));
  assert.deepEqual([wrong.code, wrong.found], [1, ['SNT-T031 error', 'SNT-T065 warning']], wrong.details);
});

test('faults of the pair are found, and the present one keeps no good pair from being judged', async (t) => {
  const scene = new CertScene(t);
  const { shop } = scene;
  const present = scene.pair();
  const config = scene.config(tlsConfig(pairKeys(present)));
  const found = async (pair: Made) => {
    const { code, found: all } = await stage(scene, config, pair);
    return [code, all];
  };
  assert.deepEqual(await found(scene.pair('DNS:www.example.com', { from: -400, to: -1 })), [
    1,
    ['SNT-T010 error', 'SNT-T065 warning'],
  ]);
  assert.deepEqual(await found({ ...present, key: shop.key('ec', 'other') }), [1, ['SNT-T007 error']]);
  assert.deepEqual(await found({ ...present, key: shop.path('gone.key') }), [3, ['SNT-T001 error']]);
  const alone = shop.issue(scene.middle, { extensions: serverExtensions('DNS:www.example.com') });
  assert.deepEqual(await found(alone), [1, ['SNT-T020 error']]);
  const broken = scene.config(tlsConfig(pairKeys({ cert: shop.path('gone.pem'), key: shop.path('gone.key') })));
  const mended = await stage(scene, broken, present);
  assert.deepEqual([mended.code, mended.found], [0, []], mended.details);
  assert.match(changes(mended).join(''), /the present pair cannot be used/);
  assert.match(changes(await stage(scene, config, present)).join(''), /the same certificate as now/);
});

test('a constraint that only openssl understands fails the handshake', async (t) => {
  const scene = new CertScene(t);
  const narrow = scene.shop.authority(scene.root, 'Only one network', {
    extensions: [
      'basicConstraints=critical,CA:TRUE',
      'keyUsage=critical,keyCertSign',
      'nameConstraints=critical,permitted;IP:192.0.2.0/255.255.255.0',
    ],
  });
  const made = scene.shop.issue(narrow, { extensions: serverExtensions('DNS:www.example.com,IP:198.51.100.7') });
  const cert = scene.shop.bundle('narrow.pem', made.cert, narrow.cert);
  const config = scene.config(tlsConfig(pairKeys(scene.pair())));
  const answer = await stage(scene, config, { cert, key: made.key });
  assert.deepEqual([answer.code, answer.found], [1, ['SNT-T063 error']], answer.details);
});

test('a pair of an sni block is named by a hostname of it', async (t) => {
  const scene = new CertScene(t);
  const sni = `sni { hostnames "a.example" "b.example"; ${pairKeys(scene.pair('DNS:a.example,DNS:b.example'))} }`;
  const config = scene.config(tlsConfig(`${pairKeys(scene.pair())}; ${sni}`));
  const answer = await stage(scene, config, scene.pair('DNS:b.example'), 'https/b.example');
  assert.deepEqual(answer.found, ['SNT-T031 error', 'SNT-T065 warning'], answer.details);
  assert.deepEqual(answer.rows, []);
  const refused = async (place: string) => (await stage(scene, config, scene.pair(), place)).code;
  assert.deepEqual([await refused('http'), await refused('https/c.example')], [2, 2]);
});

test('command lines that would check something else than was meant are refused', async (t) => {
  const scene = new CertScene(t);
  const { cert, key } = scene.pair();
  for (const args of [
    ['--staged', cert, key],
    ['--staged', cert, '--for', 'https'],
    ['--for', 'https', cert],
    ['--emit-fixed'],
    ['--staged', '--emit-fixed', cert, key, '--for', 'https'],
    ['--name', 'www.example.com'],
    ['--use', 'client'],
    ['--use', 'anything', cert],
    ['--format', 'xml', cert],
    ['--fail-on', 'nothing', cert],
  ]) {
    const ended = await callSentinel(['cert-check', ...args]);
    assert.equal(ended.code, 2, `${args.join(' ')}: ${ended.stdout}`);
    assert.equal(ended.stdout, '');
  }
  assert.equal((await callSentinel(['cert-check', cert, '--ca', scene.shop.path('none.pem')])).code, 3);
  assert.equal((await callSentinel(['cert-check', cert, '--ca', key])).code, 1);
});
