/** What stands in the place of a journal and is none: it is named, and nobody waits for it or reads it without end. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { sha256 } from '../../../src/incident/record/chain.ts';
import { openedBody, privateFolder, storeIn } from './journals.ts';

const strangers: Readonly<Record<string, { readonly put: (path: string) => void; readonly words: RegExp }>> = {
  'a pipe': { put: (path) => void execFileSync('mkfifo', [path]), words: /no file but a pipe or a device/ },
  'a device': { put: (path) => symlinkSync('/dev/zero', path), words: /no file but a pipe or a device/ },
  'a folder': { put: (path) => mkdirSync(path), words: /it is a directory/ },
  'a file of a terabyte': {
    put: (path) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
    words: /larger than 64 MiB/,
  },
};

test('what stands in the place of a journal holds up nobody, and hides no other incident', async (t) => {
  for (const [what, { put, words }] of Object.entries(strangers)) {
    const store = storeIn(privateFolder(t));
    await store.open({ id: 'INC-GOOD', body: openedBody });
    mkdirSync(store.folderOf('INC-BAD'));
    put(join(store.folderOf('INC-BAD'), 'journal.ndjson'));
    const listed = new Map(store.list().map((one) => [one.id, one]));
    assert.equal(listed.get('INC-GOOD')?.problem, null, what);
    assert.match(listed.get('INC-BAD')?.problem ?? '', words, what);
    assert.throws(() => store.verify('INC-BAD'), { code: 'SNT-I003' }, what);
    await assert.rejects(store.append('INC-BAD', [{ kind: 'note', text: 'x' }]), { code: 'SNT-I003' }, what);
    await assert.rejects(store.open({ id: 'INC-BAD', body: openedBody }), { code: 'SNT-I005' }, what);
  }
});

test('what stands in the place of a file that an entry names is said by the proof', async (t) => {
  for (const [what, { put }] of Object.entries(strangers)) {
    const store = storeIn(privateFolder(t));
    await store.open({ id: 'INC-1', body: openedBody });
    const file = join(store.folderOf('INC-1'), 'facts.json');
    writeFileSync(file, '{}');
    await store.append('INC-1', [
      { kind: 'diagnosis', outcome: 'healthy', causes: [], facts: 'facts.json', sha256: sha256('{}') } as never,
    ]);
    assert.equal(store.verify('INC-1').whole, true);
    rmSync(file);
    put(file);
    const { whole, problems } = store.verify('INC-1');
    assert.equal(whole, false, what);
    assert.match(problems.map(({ words }) => words).join(), /names it, and it cannot be read/, what);
  }
});
