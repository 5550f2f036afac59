/** Every situation of `situations.ts` gets its verdict, in every format with the same exit status, and openssl agrees where it can judge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { after } from 'node:test';
import { callSentinel } from '../cli/command-line.ts';
import { type Situation, type VerifyCase, makeSituations } from './situations.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-situations-'));
after(() => rmSync(folder, { recursive: true }));
const situations = makeSituations(folder);

interface Envelope {
  readonly status: string;
  readonly findings: readonly { readonly code: string; readonly severity: string; readonly detail: string }[];
}

async function check({ args }: Situation): Promise<{ readonly code: number | null; readonly envelope: Envelope }> {
  const { code, stdout } = await callSentinel(['cert-check', ...args, '--format', 'json']);
  return { code, envelope: JSON.parse(stdout) as Envelope };
}

test('there are more than forty situations, each with a title of its own', () => {
  assert.ok(situations.length >= 90, String(situations.length));
  assert.equal(new Set(situations.map(({ title }) => title)).size, situations.length);
});

for (const situation of situations) {
  const { title, found, code, args } = situation;
  test(`${title}: ${found.join(', ') || 'good'}, exit status ${code}`, async () => {
    const checked = await check(situation);
    const codes = checked.envelope.findings.map((one) => `${one.code} ${one.severity}`).sort();
    const words = checked.envelope.findings.map(({ detail }) => detail).join('\n');
    assert.deepEqual(codes, found, words);
    assert.equal(checked.code, code, words);
    for (const format of ['text', 'short', 'github', 'sarif']) {
      const ended = await callSentinel(['cert-check', ...args, '--format', format]);
      assert.equal(ended.code, code, format);
      for (const one of found) assert.ok(ended.stdout.includes(one.slice(0, 8)), `${format} names ${one}`);
      assert.doesNotMatch(ended.stdout, /PRIVATE KEY-----/, format);
    }
  });
}

/** What openssl judges as well: trust, dates, names, purpose and strength. */
const judgedByBoth = /^SNT-T0(?:1[02]|2[0458]|26|3[01]|4[0-46]) error$/;

for (const situation of situations) {
  const { verify } = situation;
  if (verify === null) continue;
  const { differs } = verify;
  test(`openssl verify ${differs === null ? 'agrees' : 'differs'}: ${situation.title}`, () => {
    const bad = situation.found.some((one) => judgedByBoth.test(one));
    const { status, text } = opensslVerify(verify);
    assert.equal(status !== 0, differs === null ? bad : !bad, `${differs ?? ''} ${text}`);
  });
}

function opensslVerify({ file, ca, purpose, host }: VerifyCase): {
  readonly status: number | null;
  readonly text: string;
} {
  const name = host === null ? [] : [isIP(host) === 0 ? '-verify_hostname' : '-verify_ip', host];
  // Level 2 is that of a TLS server: it refuses short keys and old hashes.
  const { status, stdout, stderr } = spawnSync(
    'openssl',
    ['verify', '-auth_level', '2', '-purpose', purpose, '-no-CApath', '-CAfile', ca, ...name, '-untrusted', file, file],
    { encoding: 'utf8' },
  );
  return { status, text: stdout + stderr };
}

test('openssl x509 -checkend, -checkhost and -checkip agree about what is over and about names', () => {
  const x509 = (file: string, ...args: readonly string[]): string =>
    spawnSync('openssl', ['x509', '-in', file, '-noout', ...args], { encoding: 'utf8' }).stdout;
  for (const { title, found, verify } of situations) {
    if (verify === null) continue;
    const { file, host, differs } = verify;
    const leafIsOver = /^expired (?:yesterday|a minute)/.test(title);
    assert.equal(x509(file, '-checkend', '0').includes('Certificate will expire'), leafIsOver, title);
    if (leafIsOver) assert.ok(found.includes('SNT-T010 error'));
    if (host === null || differs !== null) continue;
    const said = x509(file, isIP(host) === 0 ? '-checkhost' : '-checkip', host);
    assert.equal(said.includes('does match'), !found.includes('SNT-T031 error'), `${title}: ${said}`);
  }
});

test('openssl agrees about which key belongs to which certificate', () => {
  const run = (...args: readonly string[]): string => spawnSync('openssl', args, { encoding: 'utf8' }).stdout;
  let compared = 0;
  for (const { title, args, found } of situations) {
    const [file = '', key = ''] = args;
    if (!key.endsWith('.key') || found.some((one) => /T00[3-6]/.test(one))) continue;
    const leaf =
      title === 'the intermediate before the certificate' ? null : run('x509', '-in', file, '-noout', '-pubkey');
    if (leaf === null) continue;
    compared++;
    assert.equal(leaf !== run('pkey', '-in', key, '-pubout'), found.includes('SNT-T007 error'), title);
  }
  assert.ok(compared >= 10);
});

test('no key ever shows in what is said of it', async () => {
  const bodies = situations
    .flatMap(({ args }) => args.filter((arg) => arg.endsWith('.key')))
    .flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line)),
    );
  assert.ok(bodies.length > 10);
  for (const situation of situations.filter(({ args }) => args.some((arg) => arg.endsWith('.key')))) {
    const said = JSON.stringify((await check(situation)).envelope);
    for (const body of bodies) assert.ok(!said.includes(body), situation.title);
  }
});
