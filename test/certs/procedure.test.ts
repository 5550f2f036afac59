/** The TLS procedure of the runbooks: each of its commands has a counterpart that is written down, and that says the same. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { allCommands } from '../../src/cli/tree.ts';
import { CertScene } from './scene.ts';

const runbook = readFileSync(new URL('../seeds/incident-response-runbook.md', import.meta.url), 'utf8');
const counterparts = allCommands.find(({ path }) => path.join(' ') === 'cert-check')?.counterparts ?? [];
const oneLine = (text: string): string => text.replaceAll('\\\n', ' ').replace(/\s+/g, ' ').trim();

test('every openssl command of the procedure has a counterpart', () => {
  const [, section = ''] = /### Procedure: TLS\/Certificate Issues\n([\s\S]*?)\n---\n/.exec(runbook) ?? [];
  const commands = section
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.includes('openssl'))
    .map(oneLine);
  assert.equal(commands.length, 7);
  const known = new Set(counterparts.map(([theirs]) => oneLine(theirs)));
  assert.deepEqual(
    commands.filter((command) => !known.has(command)),
    [],
  );
});

test('each counterpart says what the old command said, and what it could not say', async (t) => {
  const scene = new CertScene(t);
  const { shop, root, middle } = scene;
  const pair = scene.pair();
  const dates = spawnSync('openssl', ['x509', '-in', pair.cert, '-noout', '-enddate'], { encoding: 'utf8' }).stdout;
  const good = await scene.check('--ca', root.cert, pair.cert, pair.key);
  const row = good.rows[0] as unknown as { readonly certificate: { readonly not_after: string } };
  assert.equal(Date.parse(row.certificate.not_after), Date.parse(dates.replace('notAfter=', '')));
  assert.deepEqual([good.code, good.found], [0, []], 'an EC pair, of which the moduli do not compare');
  const modulus = spawnSync('openssl', ['rsa', '-in', pair.key, '-noout', '-modulus'], { encoding: 'utf8' });
  assert.notEqual(modulus.status, 0);
  const alone = shop.issue(middle, { extensions: [] });
  const verified = spawnSync('openssl', [
    'verify',
    '-CAfile',
    shop.bundle('store.pem', root.cert, middle.cert),
    alone.cert,
  ]);
  assert.equal(verified.status, 0, 'openssl takes the intermediate of this machine');
  assert.ok((await scene.check('--ca', shop.path('store.pem'), alone.cert)).found.includes('SNT-T020 error'));
});
