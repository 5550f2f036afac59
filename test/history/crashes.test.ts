/** The process is killed at every step of replacing two files: the next start has the old configuration whole, or the new one. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Boot, readBoot } from '../../src/history/boot.ts';
import type { GenerationFile } from '../../src/history/generation.ts';
import { hashOf } from '../../src/history/generation-file.ts';
import { readPending, setPending } from '../../src/history/pending.ts';
import { HistoryStore } from '../../src/history/store.ts';
import { testFolder } from '../helpers/daemon.ts';

const more = '\nroute "all" { upstream "fixed" }\n';

/** A main file and an included one; each says which version it is, and neither fits the other's. */
function texts(folder: string, version: string): readonly GenerationFile[] {
  return [
    {
      path: join(folder, 'main.kdl'),
      text: `listener "http" { address "127.0.0.1:0"; default-route "${version}" }\ninclude "parts/*.kdl"\n`,
    },
    {
      path: join(folder, 'parts', 'one.kdl'),
      text: `route "${version}" { upstream "fixed" }\nupstream "fixed" { static { status 200; body "${version}" } }\n`,
    },
  ];
}

function digest(files: readonly GenerationFile[]): string {
  return hashOf(files.map(({ text }) => text).join(''));
}

function scene(t: TestContext) {
  const folder = testFolder(t);
  const instance = join(folder, 'instance');
  mkdirSync(instance);
  mkdirSync(join(folder, 'parts'));
  const folders = { find: () => instance, ensure: () => instance };
  const [old, next] = [texts(folder, 'old'), texts(folder, 'new')];
  const put = (files: readonly GenerationFile[]) => {
    for (const { path, text } of files) writeFileSync(path, text);
  };
  put(old);
  const store = new HistoryStore(folders);
  for (const [number, files] of [
    [1, old],
    [2, next],
  ] as const)
    store.record({
      number,
      at: '2026-01-02T03:04:05.678Z',
      actor: 'olga',
      reason: null,
      origin: 'apply',
      digest: digest(files),
      files,
    });
  const boot = (): Boot => readBoot({ path: join(folder, 'main.kdl'), environment: {}, foldersOf: () => folders });
  /** Who started, of what is in the configuration as a whole. */
  const version = ({ result }: Boot): string => {
    assert.equal(result.kind, 'ok', JSON.stringify(result));
    if (result.kind !== 'ok') return '';
    const [route] = result.config.routes;
    assert.equal(result.config.listeners[0]?.defaultRoute, route?.id, 'one version throughout');
    return route?.id ?? '';
  };
  const leftovers = () =>
    [...readdirSync(folder), ...readdirSync(join(folder, 'parts')), ...readdirSync(instance)].filter(
      (name) => !['main.kdl', 'parts', 'instance', 'one.kdl', 'history'].includes(name),
    );
  return { folder, instance, folders, old, next, put, boot, version, leftovers };
}

async function replaceDying(
  instance: string,
  generation: object,
  away: readonly string[],
  at: number,
): Promise<boolean> {
  const entry = new URL('../helpers/replacing-entry.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, JSON.stringify({ instance, generation, away, at })], {
    stdio: 'inherit',
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.ok(signal === 'SIGKILL' || code === 0, `${code} ${signal}`);
  return signal === 'SIGKILL';
}

test('killed at any step of replacing two files, the next start has all of the old or all of the new, and says so', async (t) => {
  const seen = new Set<string>();
  let steps = 0;
  for (let at = 0; ; at++, steps++) {
    const { instance, folder, folders, next, boot, version, leftovers } = scene(t);
    const stray = join(folder, 'parts', 'two.kdl');
    setPending(folders, {
      id: 'c-1',
      generation: 2,
      actor: 'olga',
      reason: null,
      previous: 1,
      previousDigest: digest(texts(folder, 'old')),
      diskDigest: digest(texts(folder, 'old')),
      restore: [],
      deadline: '2026-01-02T03:09:05.678Z',
    });
    const killed = await replaceDying(instance, { number: 2, digest: digest(next), files: next }, [stray], at);
    const begun = existsSync(join(instance, 'replacing.json'));
    const first = boot();
    const was = version(first);
    seen.add(`${first.choice.kind} ${was}`);
    if (begun) assert.deepEqual([first.choice.kind, was], ['finish', 'new'], `step ${at}`);
    if (first.choice.kind !== 'disk')
      assert.match(first.words ?? '', /the process before ended|before the process ended/);
    first.carryOut();
    const second = boot();
    assert.deepEqual([second.choice.kind, version(second)], ['disk', was], 'what was taken is on disk now');
    assert.equal(readPending(folders).mark, null);
    if (begun) assert.deepEqual(leftovers(), [], `step ${at}`);
    if (!killed) break;
  }
  assert.ok(steps >= 20, `${steps} steps were tried`);
  assert.deepEqual([...seen].sort(), ['disk new', 'finish new', 'previous old']);
});

test('killed at any step of putting the files back after an unconfirmed change, the start after that does it', async (t) => {
  const seen = new Set<string>();
  for (let at = 0; ; at++) {
    const { instance, folder, folders, old, next, put, boot, version } = scene(t);
    put(next);
    setPending(folders, {
      id: 'c-1',
      generation: 2,
      actor: 'olga',
      reason: null,
      previous: 1,
      previousDigest: digest(old),
      diskDigest: digest(next),
      restore: old,
      deadline: '2026-01-02T03:09:05.678Z',
    });
    assert.deepEqual([boot().choice.kind, version(boot())], ['previous', 'old']);
    const killed = await replaceDying(instance, { number: 1, digest: digest(old), files: old }, [], at);
    const again = boot();
    seen.add(again.choice.kind);
    assert.equal(version(again), 'old', `step ${at}`);
    again.carryOut();
    assert.deepEqual(
      old.map(({ path }) => readFileSync(path, 'utf8')),
      old.map(({ text }) => text),
      folder,
    );
    assert.equal(boot().choice.kind, 'disk');
    if (!killed) break;
  }
  assert.deepEqual([...seen].sort(), ['disk', 'finish', 'previous']);
});

test('an included file that the generation does not have is set aside, also by the start after a crash', async (t) => {
  for (const at of [8, 100]) {
    const { instance, folder, next, boot, version } = scene(t);
    const stray = join(folder, 'parts', 'two.kdl');
    writeFileSync(stray, more);
    await replaceDying(instance, { number: 2, digest: digest(next), files: next }, [stray], at);
    const first = boot();
    assert.equal(version(first), 'new');
    first.carryOut();
    assert.deepEqual(readdirSync(join(folder, 'parts')).sort(), ['.two.kdl.set-aside', 'one.kdl']);
  }
});

test('files that were edited after a crash are taken as they are', async (t) => {
  const { instance, old, next, boot, version } = scene(t);
  await replaceDying(instance, { number: 2, digest: digest(next), files: next }, [], 12);
  for (const { path, text } of old) writeFileSync(path, `${text}// edited\n`);
  const edited = boot();
  assert.deepEqual([edited.choice.kind, version(edited)], ['edited', 'old']);
  edited.carryOut();
  assert.equal(boot().choice.kind, 'disk');
});

test('what was on trial is not believed: the files that were there, what somebody wrote since, or the history', (t) => {
  const mark = (folder: string, disk: string | null, restore: readonly GenerationFile[] = []) =>
    ({
      id: 'c-1',
      generation: 2,
      actor: 'olga',
      reason: null,
      previous: 1,
      previousDigest: digest(texts(folder, 'old')),
      diskDigest: disk,
      restore,
      deadline: '2026-01-02T03:09:05.678Z',
    }) as const;
  const other = scene(t);
  const third = texts(other.folder, 'third');
  other.put(third);
  setPending(other.folders, mark(other.folder, digest(third)));
  const boot = other.boot();
  assert.deepEqual([boot.choice.kind, other.version(boot)], ['previous', 'old'], 'disk said something else all along');
  boot.carryOut();
  assert.equal(other.version(other.boot()), 'third', 'and was left alone');

  const moved = scene(t);
  setPending(moved.folders, mark(moved.folder, digest(texts(moved.folder, 'old'))));
  moved.put(texts(moved.folder, 'third'));
  assert.deepEqual([moved.boot().choice.kind, moved.version(moved.boot())], ['moved-on', 'third']);

  const lost = scene(t);
  lost.put(lost.next);
  setPending(lost.folders, { ...mark(lost.folder, digest(lost.next), lost.old), previousDigest: 'never' });
  assert.deepEqual([lost.boot().choice.kind, lost.version(lost.boot())], ['previous-lost', 'new']);

  const damaged = scene(t);
  writeFileSync(join(damaged.instance, 'pending.json'), '{"schema":');
  const unread = damaged.boot();
  assert.deepEqual([unread.choice.kind, unread.unusable.length], ['disk', 1]);
  unread.carryOut();
  assert.ok(existsSync(join(damaged.instance, 'pending.json.unusable')));
});

test('what a write left that was cut off is taken away by the next start, beside each file and among its own', (t) => {
  const { folder, instance, boot, version, leftovers } = scene(t);
  for (const name of [
    '.main.kdl.0a1b2c3d',
    '.main.kdl.backup.0a1b2c3d',
    'parts/.one.kdl.0a1b2c3d',
    'instance/.pending.json.0a1b2c3d',
  ])
    writeFileSync(join(folder, name), 'half');
  const others = ['.main.kdl.swp', '.other.kdl.0a1b2c3d'];
  for (const name of others) writeFileSync(join(folder, name), 'somebody else has it open');
  const start = boot();
  assert.equal(version(start), 'old');
  assert.ok(existsSync(join(instance, '.pending.json.0a1b2c3d')), 'reading changes nothing');
  start.carryOut();
  assert.deepEqual(leftovers().sort(), others);
});
