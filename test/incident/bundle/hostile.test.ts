/** A bundle is read as something that a stranger made: whatever is wrong with it is said, and nothing of it is taken. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SentinelError } from '../../../src/base/errors.ts';
import { readBundle } from '../../../src/incident/bundle/read.ts';
import { archiveEnd, BLOCK, headerOf, paddingOf } from '../../../src/incident/bundle/tar.ts';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import { Dice } from '../../helpers/dice.ts';
import { folderOf, found, orderIn } from './bundles.ts';

async function soundBundle(
  t: TestContext,
): Promise<{ readonly file: string; readonly bytes: Buffer; readonly manifest: Buffer }> {
  const { path: file } = await writeBundle(orderIn(folderOf(t), { items: [found('state/a.txt', 'a\n')] }));
  const { contents } = await readBundle(file, { wanted: (name) => name === 'manifest.json' });
  return { file, bytes: readFileSync(file), manifest: contents.get('manifest.json') as Buffer };
}

function entry(name: string, content: Buffer | string, edit: (header: Buffer) => void = () => undefined): Buffer {
  const bytes = Buffer.from(content);
  const header = headerOf({ path: 'x'.repeat(Math.min(name.length, 100)), size: bytes.length }, 0);
  header.fill(0, 0, 100).write(name, 0, 'latin1');
  edit(header);
  header.fill(' ', 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, bytes, paddingOf(bytes.length)]);
}

async function refusalOf(file: string): Promise<SentinelError> {
  try {
    await readBundle(file, { limits: { archiveBytes: 1 << 20, contentBytes: 4 << 20, fileBytes: 1 << 20, files: 50 } });
  } catch (error) {
    if (error instanceof SentinelError) return error;
    throw error;
  }
  throw new Error(`${file} was read`);
}

const kind = (letter: string) => (header: Buffer) => void header.write(letter, 156, 'latin1');
const archives: Readonly<Record<string, readonly [(manifest: Buffer) => Buffer, RegExp]>> = {
  'a path that leads elsewhere': [
    () => entry('../../etc/cron.d/x', 'x'),
    /"\.\.\/\.\.\/etc\/cron\.d\/x" leads elsewhere/,
  ],
  'a path in the middle of which stands ..': [() => entry('a/../../x', 'x'), /leads elsewhere/],
  'an absolute path': [() => entry('/etc/passwd', 'x'), /is absolute/],
  'a path that steers terminals': [() => entry('a\u001b[2Jb', 'x'), /holds a character that no path in a bundle has/],
  'a symbolic link': [
    () => entry('state/a.txt', '', kind('2')),
    /a symbolic link \("state\/a\.txt"\); expected plain files only/,
  ],
  'a hard link': [() => entry('state/a.txt', '', kind('1')), /a hard link/],
  'a device': [() => entry('state/null', '', kind('3')), /a device/],
  'a pipe': [() => entry('state/pipe', '', kind('6')), /a pipe/],
  'headers of pax': [() => entry('state/pax', '', kind('x')), /headers of pax/],
  'a file twice': [() => Buffer.concat([entry('a', '1'), entry('a', '2')]), /it holds a twice/],
  'a file that says that it is huge': [
    () => entry('a', 'x', (header) => void header.write('77777777777\0', 124, 'latin1')),
    /a is longer than 1\.0 MiB/,
  ],
  'a size that is no number': [
    () => entry('a', 'x', (header) => void header.write('-0000000012', 124, 'latin1')),
    /size is no octal number/,
  ],
  'a size in base 256': [
    () => entry('a', 'x', (header) => void header.writeUInt8(0x80, 124)),
    /size is no octal number/,
  ],
  'a header with another checksum': [
    () => {
      const block = entry('a', 'x');
      block.write('b', 0, 'latin1');
      return block;
    },
    /a header whose checksum is wrong/,
  ],
  'more files than any bundle': [
    () => Buffer.concat(Array.from({ length: 60 }, (_, at) => entry(`f${at}`, ''))),
    /more than 50 files/,
  ],
};

for (const [what, [make, words]] of Object.entries(archives)) {
  test(`an archive with ${what} is refused`, async (t) => {
    const { file, manifest } = await soundBundle(t);
    writeFileSync(file, gzipSync(Buffer.concat([entry('manifest.json', manifest), make(manifest), archiveEnd])));
    const { code, message } = await refusalOf(file);
    assert.equal(code, 'SNT-I048');
    assert.match(message, words);
    assert.doesNotMatch(message, /\u001b/);
  });
}

test('what unpacks to more than a bundle can hold is refused before it is unpacked', async (t) => {
  const { file, manifest } = await soundBundle(t);
  const parts = Array.from({ length: 20 }, (_, at) => entry(`f${at}`, Buffer.alloc(1 << 20)));
  writeFileSync(file, gzipSync(Buffer.concat([entry('manifest.json', manifest), ...parts, archiveEnd])));
  assert.match((await refusalOf(file)).message, /unpacks to more than 4\.0 MiB/);
});

test('an archive that is cut off anywhere is refused, and says so', async (t) => {
  const { file, bytes } = await soundBundle(t);
  for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 60)) {
    writeFileSync(file, bytes.subarray(0, length));
    assert.equal((await refusalOf(file)).code, 'SNT-I048', `${length} of ${bytes.length} bytes`);
  }
});

test('an archive of which one byte was changed is refused, or contradicts itself', async (t) => {
  const { file, bytes } = await soundBundle(t);
  const dice = new Dice(11);
  for (let round = 0; round < 60; round++) {
    const changed = Buffer.from(bytes);
    // The marks of system and compression in the container say nothing of its content.
    const at = 10 + dice.roll(bytes.length - 10);
    changed[at] = (changed[at] as number) ^ (1 << dice.roll(8));
    writeFileSync(file, changed);
    assert.equal((await refusalOf(file)).code, 'SNT-I048', `byte ${at}`);
  }
});

test('something behind the end is refused: of the container, and of the archive in it', async (t) => {
  const { file, bytes, manifest } = await soundBundle(t);
  for (const [tail, words] of [
    [Buffer.from('more'), /follow the end of its data|checksum/],
    [bytes, /bytes follow the end of its data/],
  ] as const) {
    writeFileSync(file, Buffer.concat([bytes, tail]));
    assert.match((await refusalOf(file)).message, words);
  }
  const hidden = Buffer.concat([entry('manifest.json', manifest), archiveEnd, entry('hidden', 'x')]);
  writeFileSync(file, gzipSync(hidden));
  assert.match((await refusalOf(file)).message, /something follows the end of its last file/);
});

test('an archive without its end, without a manifest, with another one, or with nothing is refused', async (t) => {
  const { file, manifest } = await soundBundle(t);
  const first = entry('manifest.json', manifest);
  const edited = (edit: (value: Record<string, unknown>) => void): Buffer => {
    const value = JSON.parse(manifest.toString()) as Record<string, unknown>;
    edit(value);
    return Buffer.concat([entry('manifest.json', JSON.stringify(value)), archiveEnd]);
  };
  for (const [content, words] of [
    [first, /without the mark of its end/],
    [first.subarray(0, BLOCK + 7), /in the middle of manifest\.json/],
    [archiveEnd, /it is empty; expected manifest\.json first/],
    [Buffer.concat([entry('state/a', 'x'), first, archiveEnd]), /expected manifest\.json first, got state\/a/],
    [Buffer.concat([entry('manifest.json', '{'), archiveEnd]), /its manifest\.json is no JSON/],
    [
      edited((value) => (value['schema'] = 'sentinel.bundle/9')),
      /expected sentinel\.bundle\/1, got "sentinel\.bundle\/9"/,
    ],
    [edited((value) => (value['items'] = [{ path: 7 }])), /does not say what it must in `items`/],
    [edited((value) => (value['title'] = 'x'.repeat(17 << 20))), /its manifest\.json is larger than 16 MiB/],
    [edited((value) => (value['created'] = 'yesterday')), /in `created`/],
    [edited((value) => delete value['redaction']), /in `redaction`/],
  ] as const) {
    writeFileSync(file, gzipSync(content));
    await assert.rejects(readBundle(file), words);
  }
});

test('what is no archive is refused by what it is: nothing, a folder, a text, a device, a file that is too large', async (t) => {
  const folder = folderOf(t);
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('text'), 'no archive\n');
  writeFileSync(at('empty'), '');
  writeFileSync(at('large'), Buffer.alloc((1 << 20) + 1));
  mkdirSync(at('folder'));
  symlinkSync('/dev/zero', at('zero'));
  for (const [name, code, words] of [
    ['gone', 'SNT-I047', /there is no such file/],
    ['text', 'SNT-I048', /does not begin as a \.tar\.gz does/],
    ['empty', 'SNT-I048', /does not begin/],
    ['large', 'SNT-I048', /no bundle has more than 1\.0 MiB/],
    ['folder', 'SNT-I048', /it is no file/],
    ['zero', 'SNT-I048', /it is no file/],
  ] as const) {
    const error = await refusalOf(at(name));
    assert.equal(error.code, code, name);
    assert.match(error.message, words);
  }
});
