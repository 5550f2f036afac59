/** Every command that a page prints is typed, as printed, by a reader who has a daemon before them; or stands in a list with why not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { eventually } from '../helpers/eventually.ts';
import { printedCommands } from '../docs/page-blocks.ts';
import { acts, lineOf, linesOf, type Line } from '../docs/reader-acts.ts';
import { apart, otherExits } from '../docs/reader-exceptions.ts';
import { type ReaderScene, readerScene, traceOfPages } from '../docs/reader-scene.ts';

const printed = printedCommands();
const inOrder = acts.flatMap(({ deeds }) => deeds.flatMap(linesOf));

test('every command of the pages, typed as printed, ends as the page says', async (t) => {
  for (const program of ['curl', 'jq', 'openssl', 'sslscan', 'journalctl', 'promtool']) {
    if (requireComponent(t, program) === undefined) return;
  }
  const scene = await readerScene(t);
  const before = process.cwd();
  process.chdir(scene.folder);
  t.after(() => process.chdir(before));
  await traffic(scene);
  const wrong: string[] = [];
  const done = new Set(inOrder);
  const reading = printed.filter(({ text }) => !done.has(text) && apart[text] === undefined);
  const next = reading.values();
  const reader = async (): Promise<void> => {
    for (const { text } of next)
      wrong.push(...(await typed(scene, { line: text, exits: otherExits[text] ?? [0] }, null)));
  };
  // Several at once, since what only reads needs no order.
  await Promise.all([reader(), reader(), reader(), reader()]);
  for (const { title, deeds } of acts) {
    for (const deed of deeds) {
      if (typeof deed === 'function')
        await deed(scene).catch((error: Error) => wrong.push(`${title}: ${error.message}`));
      else wrong.push(...(await typed(scene, lineOf(deed) as Line, 'y')));
    }
  }
  assert.deepEqual(wrong, []);
});

async function typed(scene: ReaderScene, one: Line, usual: string | null): Promise<readonly string[]> {
  const running = scene.run(one.line, one.answer ?? usual);
  if (one.meanwhile !== undefined) await onTrial(scene);
  const beside: string[] = [];
  for (const line of one.meanwhile ?? []) beside.push(...(await typed(scene, { line }, usual)));
  const { code, text } = await running;
  const given = one.gives === undefined ? null : (one.gives[1].exec(text)?.[1] ?? null);
  if (one.gives !== undefined && given !== null) scene.ids.set(one.gives[0], given);
  const right =
    (one.exits ?? [0]).includes(code ?? -1) &&
    (one.says?.test(text) ?? true) &&
    (one.gives === undefined || given !== null);
  return right ? beside : [...beside, `${one.line}\n  exit ${code}\n${text.slice(0, 600).replaceAll(/^/gm, '    ')}`];
}

/** Good, failed and traced requests, and what the pages call things by. */
async function traffic(scene: ReaderScene): Promise<void> {
  await scene.ask('/api/users', { traceparent: `00-${traceOfPages}-00f067aa0ba902b7-01` });
  for (const target of ['/', '/blue/x', '/api/x', '/fail', '/fail']) await scene.ask(target);
  const { text } = await scene.run('sentinel requests --json');
  const [, id = ''] = /"(?:short_)?id":\s*"(\d+-\d+)"/.exec(text) ?? [];
  for (const name of ['0-1842', '1-8', 'trace ID']) scene.ids.set(name, name === 'trace ID' ? `trace ${id}` : id);
  scene.ids.set(' 41', ' 2').set('=41', '=2').set(' 40', ' 1');
  scene.ids.set('2026-11-21T15:10:29.481Z', new Date(Date.now() - 60_000).toISOString());
  scene.ids.set('2026-11-22T02:00Z', `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 16)}Z`);
}

/** Waits until a configuration is on trial, and keeps its id. */
async function onTrial(scene: ReaderScene): Promise<void> {
  const id = await eventually(async () => {
    const { text } = await scene.run('sentinel status --json');
    const [, found] = /"id":\s*"(c-[0-9a-f]+)"/.exec(text) ?? [];
    if (found === undefined) throw new Error(text);
    return found;
  });
  scene.ids.set('c-9f2a', id);
}
