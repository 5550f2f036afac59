/** A bundle is an archive that tar, gzip and sha256sum read, the same bytes for the same content, and never larger than it may be. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { crc32, gunzipSync } from 'node:zlib';
import { entriesOf } from '../../../src/incident/bundle/entries.ts';
import { gzipOf, joinedCrc, pieceOf } from '../../../src/incident/bundle/gzip.ts';
import { archiveEnd, headerOf, paddingOf } from '../../../src/incident/bundle/tar.ts';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import type { Scrubber } from '../../../src/incident/redaction/scrubber.ts';
import { requireComponent } from '../../helpers/components.ts';
import { Dice } from '../../helpers/dice.ts';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { facts, folderOf, found, keepingAll, key, missing, orderIn } from './bundles.ts';

const items = [
  found('state/upstreams.json', '{"upstreams":[]}\n', { kind: 'json' }),
  found('logs/sentinel.ndjson', '{"msg":"one"}\n{"msg":"password=hunter2-of-prod"}\n', {
    class: 'logs',
    kind: 'ndjson',
  }),
  found('state/empty.txt', ''),
  missing('logs/journald.txt', 'no answer within 5 s'),
];

test('tar, gzip and sha256sum read a bundle: its manifest first, its README second, then by path, every sum right', async (t) => {
  const [tar, gzip, sums] = ['tar', 'gzip', 'sha256sum'].map((name) => requireComponent(t, name));
  if (tar === undefined || gzip === undefined || sums === undefined) return;
  const folder = folderOf(t);
  const { path: file, bytes, sha256, manifest } = await writeBundle(orderIn(folder, { items }));
  execFileSync(gzip, ['-t', file]);
  assert.deepEqual(execFileSync(tar, ['-tzf', file], { encoding: 'utf8' }).trim().split('\n'), [
    'manifest.json',
    'README.md',
    'SHA256SUMS',
    'logs/sentinel.ndjson',
    'state/empty.txt',
    'state/upstreams.json',
  ]);
  const out = path.join(folder, 'out');
  mkdirSync(out);
  execFileSync(tar, ['-xzf', file, '-C', out]);
  assert.match(execFileSync(sums, ['-c', '--strict', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' }), /README.md: OK/);
  assert.equal(execFileSync(sums, [file], { encoding: 'utf8' }).split(' ')[0], sha256);
  assert.equal(statSync(file).size, bytes);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).toSorted(), ['INC-001-prod-1-20261120T140512Z.tar.gz', 'out']);
  assert.deepEqual(JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8')), manifest);
  assert.doesNotMatch(readFileSync(path.join(out, 'logs/sentinel.ndjson'), 'utf8'), /hunter2/);
  const readme = readFileSync(path.join(out, 'README.md'), 'utf8');
  assert.match(readme, /SEV2 something was wrong/);
  assert.match(readme, /`logs\/journald.txt` \| journalctl -u sentinel \| no answer within 5 s/);
  assert.match(readme, /sentinel diagnose --bundle INC-001-prod-1-20261120T140512Z.tar.gz/);
});

test('the manifest says of each item whence, when, how long and which bytes, and of a missing one why', async (t) => {
  const { manifest } = await writeBundle(orderIn(folderOf(t), { items }));
  assert.deepEqual(
    manifest.items.map(({ path: name, bytes, error }) => [name, bytes, error]),
    [
      ['logs/journald.txt', null, 'no answer within 5 s'],
      ['logs/sentinel.ndjson', manifest.items[1]?.bytes, undefined],
      ['state/empty.txt', 0, undefined],
      ['state/upstreams.json', 17, undefined],
    ],
  );
  assert.equal(manifest.redaction.by_file['logs/sentinel.ndjson'] === undefined, false);
  assert.equal(manifest.items[3]?.source, 'GET /admin/state/upstreams.json');
});

test('the same items, the same key and the same time give the same bytes, in whatever order they were found', async (t) => {
  const make = async (some: typeof items, options = {}): Promise<Buffer> => {
    const { path: file } = await writeBundle(orderIn(folderOf(t), { items: some, ...options }));
    return readFileSync(file);
  };
  const first = await make(items);
  assert.equal(first.equals(await make(items.toReversed())), true);
  assert.equal(first.equals(await make(items, { facts: { ...facts, created: '2026-11-20T14:05:13.000Z' } })), false);
  // Neither time nor system stands in the container.
  assert.equal(first.subarray(0, 10).toString('hex'), '1f8b08000000000000ff');
});

/** Words that compress badly. */
function noise(bytes: number, seed: number): string {
  const dice = new Dice(seed);
  const line = (): string => Array.from({ length: 12 }, () => dice.word().toString(36)).join('/');
  const lines: string[] = [];
  for (let length = 0; length < bytes; length += (lines.at(-1) as string).length + 1)
    lines.push(`${lines.length} ${line()}`);
  return `${lines.join('\n')}\n`;
}

test('an archive is never larger than it may be: logs give way first, their oldest lines, and that is said', async (t) => {
  const log = noise(600_000, 1);
  const state = noise(40_000, 2);
  const written = await writeBundle(
    orderIn(folderOf(t), {
      items: [found('logs/a.log', log, { class: 'logs' }), found('state/b.txt', state)],
      limits: { archiveBytes: 200_000 },
    }),
  );
  assert.ok(written.bytes <= 200_000 && written.bytes > 150_000, String(written.bytes));
  const files = new Map<string, string>();
  for await (const { path: name, content } of entriesOf(written.path)) files.set(name, content.toString());
  assert.equal(files.get('state/b.txt'), state);
  const kept = files.get('logs/a.log') ?? '';
  assert.ok(kept.length > 50_000 && log.endsWith(`\n${kept}`));
  assert.match(
    written.manifest.items[0]?.truncated ?? '',
    /^the oldest \d+ KiB \(no archive is larger than 195 KiB\)$/,
  );
});

test('a class has its quota, logs have what is left, and what says nothing in halves is left out with the reason', async (t) => {
  const { manifest } = await writeBundle(
    orderIn(folderOf(t), {
      items: [
        found('state/a.json', JSON.stringify(noise(90_000, 1)), { kind: 'json' }),
        found('state/b.ndjson', noise(20_000, 2), { kind: 'ndjson' }),
        found('logs/short.log', noise(10_000, 3), { class: 'logs' }),
        found('logs/long.log', noise(200_000, 4), { class: 'logs', truncated: 'the oldest 18 GiB' }),
      ],
      limits: { contentBytes: 100_000 },
    }),
  );
  const of = (name: string) => manifest.items.find((one) => one.path === name);
  assert.match(of('state/a.json')?.error ?? '', /^it has 8\d KiB, and \d\d KiB are left for state$/);
  assert.equal(of('state/b.ndjson')?.truncated, undefined);
  assert.equal(of('logs/short.log')?.truncated, undefined);
  assert.match(
    of('logs/long.log')?.truncated ?? '',
    /^the oldest 18 GiB; the oldest \d+ KiB \(\d+ KiB are left for logs\)$/,
  );
  const bytes = manifest.items.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  assert.ok(bytes <= 100_000 && bytes > 90_000, String(bytes));
});

test('half of a secret that goes over lines is not left where a log is cut', async (t) => {
  const body = Array.from({ length: 40 }, (_, at) => `SECRETLINE${at}`.padEnd(64, 'x')).join('\n');
  const after = noise(100_000, 5);
  const log = `${noise(50_000, 6)}-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n${after}`;
  const pem = /-----BEGIN PRIVATE KEY-----[\s\S]*?-----END PRIVATE KEY-----/g;
  const scrubber: Scrubber = { ...keepingAll, scrub: (_path, _kind, text) => text.replaceAll(pem, '[pem]') };
  const item = found('logs/a.log', log, { class: 'logs' });
  // The quota ends in the middle of the key, or what is read beyond it does.
  for (const contentBytes of [after.length + 1_400, after.length + 1_400 - (32 << 10)]) {
    const order = orderIn(folderOf(t), { items: [item], limits: { contentBytes }, scrubber });
    for await (const { content } of entriesOf((await writeBundle(order)).path))
      assert.doesNotMatch(content.toString(), /SECRETLINE/);
  }
});

test('an item with a path that no archive may hold, or that another has, costs nothing but itself', async (t) => {
  const names = ['/etc/passwd', '../up', 'a//b', 'a b', 'manifest.json', `${'x'.repeat(300)}`];
  const { manifest } = await writeBundle(
    orderIn(folderOf(t), { items: [...names, 'state/a', 'state/a'].map((name) => found(name, 'x\n')) }),
  );
  assert.deepEqual(
    manifest.items.filter(({ sha256 }) => sha256 !== null).map(({ path: name }) => name),
    ['state/a'],
  );
  assert.equal(manifest.items.filter(({ error }) => error?.startsWith('its path ')).length, names.length + 1);
});

test('every file of any length and any name comes back from an archive as it went in', async (t) => {
  const tar = requireComponent(t, 'tar');
  if (tar === undefined) return;
  const folder = folderOf(t);
  for (let seed = 0; seed < 20; seed++) {
    const dice = new Dice(seed);
    const files = new Map<string, Buffer>();
    for (let count = dice.roll(12); count >= 0; count--) {
      const part = (): string =>
        'abcdefghij-_.Z09'
          .charAt(dice.roll(16))
          .repeat(1 + dice.roll(40))
          .replace(/^\.+$/, 'dot');
      const name = Array.from({ length: 1 + dice.roll(5) }, part).join('/');
      if ([...files.keys()].some((one) => one.startsWith(`${name}/`) || name.startsWith(`${one}/`))) continue;
      files.set(
        name,
        Buffer.from(
          Uint8Array.from({ length: [0, 1, 511, 512, 513, 70_000][dice.roll(6)] ?? 0 }, () => dice.roll(256)),
        ),
      );
    }
    const pieces = await Promise.all(
      [...files].map(([name, content]) =>
        pieceOf(
          Buffer.concat([headerOf({ path: name, size: content.length }, 1), content, paddingOf(content.length)]),
          1 + dice.roll(9),
        ),
      ),
    );
    const file = path.join(folder, `${seed}.tar.gz`);
    writeFileSync(file, Buffer.concat(gzipOf([...pieces, await pieceOf(archiveEnd, 1)])));
    const back = new Map<string, Buffer>();
    for await (const { path: name, content } of entriesOf(file)) back.set(name, content);
    assert.deepEqual(back, files);
    const listed: readonly string[] = execFileSync(tar, ['-tzf', file], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '');
    assert.deepEqual(listed, [...files.keys()]);
  }
});

test('checksums of stretches are put together as if they had been read in one go', async () => {
  const dice = new Dice(3);
  for (let round = 0; round < 50; round++) {
    const [a, b] = [0, 1].map(() => Buffer.from(Uint8Array.from({ length: dice.roll(3_000) }, () => dice.roll(256))));
    const whole = Buffer.concat([a as Buffer, b as Buffer]);
    assert.equal(joinedCrc(crc32(a as Buffer), crc32(b as Buffer), (b as Buffer).length), crc32(whole));
    const parts = gzipOf([await pieceOf(a as Buffer, 6), await pieceOf(b as Buffer, 1)]);
    assert.equal(gunzipSync(Buffer.concat(parts)).equals(whole), true);
  }
});

test('host, title, sources and errors are scrubbed as contents are', async (t) => {
  const secret = 'hunter2-of-prod';
  const { path: file } = await writeBundle(
    orderIn(folderOf(t), {
      items: [found('state/a', 'x\n', { source: `GET /${secret}` }), missing('system/b', `said ${secret}`)],
      facts: { ...facts, title: `is ${secret}`, daemon: secret, incomplete: [secret], verdict: null },
      scrubber: createScrubber({ profile: 'internal', key, known: [secret] }),
    }),
  );
  for await (const { content } of entriesOf(file)) assert.equal(content.includes(secret), false);
});

test('the host of a bundle that is passed on is a token, however short its name', async (t) => {
  for (const [profile, shown] of [
    ['internal', /^vm$/],
    ['share', /^\[HOST/],
    ['paranoid', /^\[HOST/],
  ] as const) {
    const scrubber = createScrubber({ profile, key, known: [], hosts: ['vm'] });
    const order = orderIn(folderOf(t), { items: [], facts: { ...facts, host: 'vm' }, scrubber });
    assert.match((await writeBundle(order)).manifest.host, shown, profile);
  }
});
