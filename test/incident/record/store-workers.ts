/** Processes that work on one store at once, and processes that are killed in the middle; what must hold then. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { compileCache } from '../../helpers/compile-cache.ts';
import { openedBody, privateFolder, storeIn } from './journals.ts';

const script = new URL('store-process.ts', import.meta.url).pathname;

interface Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
  readonly ready: Promise<unknown>;
}

function start(args: readonly string[]): Worker {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], ...compileCache() },
  });
  let said = '';
  const ready = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    ready.resolve();
  });
  child.stdin?.on('error', () => undefined);
  const ended = once(child, 'close').then(() => {
    ready.resolve();
    return said.replace('ready\n', '');
  });
  return { child, ended, ready: ready.promise };
}

/** @param each Incidents that each process opens, and notes that each writes. */
export async function openTogether(t: TestContext, processes: number, each: number): Promise<void> {
  const folder = privateFolder(t);
  const store = storeIn(folder);
  await store.open({ id: 'INC-001', body: openedBody });
  const workers = Array.from({ length: processes }, () => start([folder, 'both', 'INC-001', '', String(each)]));
  await Promise.all(workers.map(({ ready }) => ready));
  for (const { child } of workers) child.stdin?.end('go');
  const said = await Promise.all(workers.map(({ ended }) => ended));
  const ids = said.flatMap((lines) => lines.split('\n').filter((line) => line !== ''));
  const all = processes * each;
  assert.deepEqual([ids.length, new Set(ids).size], [all, all]);
  assert.ok(ids.every((id) => /^INC-\d{8}-\d{3}$/.test(id)));
  assert.equal(store.list().length, all + 1);
  assert.ok(store.list().every(({ id }) => store.verify(id).whole));
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
    'no draft is left',
  );
  const { notes } = store.read('INC-001');
  assert.equal(new Set(notes.map(({ text }) => text)).size, all);
  assert.deepEqual([store.verify('INC-001').whole, store.entries('INC-001').length], [true, all + 1]);
}

/** @param steps At which steps of writing, counted from 0, the processes die; beyond the last step they live. */
export async function dieAtSteps(
  t: TestContext,
  steps: { readonly open: readonly number[]; readonly append: readonly number[] },
): Promise<void> {
  const folder = privateFolder(t);
  const store = storeIn(folder);
  await store.open({ id: 'INC-001', body: openedBody });
  const died: string[] = [];
  const die = async (deed: string, id: string, at: number): Promise<void> => {
    const worker = start([folder, deed, id, String(at)]);
    worker.child.stdin?.end('go');
    died.push(/dies at (\w+)/.exec(await worker.ended)?.[1] ?? 'none');
  };
  await Promise.all(steps.open.map((at) => die('open', '', at)));
  assert.ok(died.includes('rename') && died.includes('syncFolder'), died.join());
  for (const { id, incident, problem } of store.list()) {
    assert.equal(problem, null);
    assert.equal(incident?.title, openedBody.title);
    assert.equal(store.verify(id).whole, true, id);
  }
  assert.equal(store.verify((await store.open({ body: openedBody })).id).whole, true);

  for (const at of steps.append) {
    const before = store.read('INC-001').notes.length;
    await die('append', 'INC-001', at);
    const { notes } = store.read('INC-001');
    assert.ok(notes.length === before || notes.length === before + 1, `step ${at}`);
    const { problems } = store.verify('INC-001');
    assert.ok(
      problems.length === 0 || /not sealed/.test(problems[0]?.words ?? ''),
      `step ${at}: ${problems[0]?.words}`,
    );
    const after = await store.append('INC-001', [{ kind: 'note', text: `after step ${at}` }]);
    assert.equal(after.notes.length, notes.length + 1);
    assert.equal(store.verify('INC-001').whole, true, `after step ${at}`);
  }
  assert.ok(died.includes('append') && died.includes('sync'), died.join());
}
