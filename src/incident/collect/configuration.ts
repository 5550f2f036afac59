/** Collectors of the configuration: in force, on disk with what it includes, how they differ, and those that were in force before. */
import { resolve } from 'node:path';
import { unifiedDiff } from '../../base/line-diff.ts';
import { hideSecrets } from '../../config/hidden-text.ts';
import { fileSystem } from '../../config/files.ts';
import { maxConfigBytes } from '../../config/documents.ts';
import type { ConfigSource } from '../../config/load.ts';
import { HistoryStore } from '../../history/store.ts';
import type { Collector, CollectScene, Piece } from './collector.ts';
import { CollectFault } from './fault.ts';
import { jsonText } from './daemon-state.ts';
import { sourceOf } from './lookups.ts';

/** The last of them are enough to see what changed. */
const GENERATIONS = 3;

const running: Collector = {
  path: 'config/running.kdl',
  mandatory: true,
  class: 'config',
  kind: 'kdl',
  source: `${sourceOf('config')}?form=kdl`,
  fast: true,
  find: async ({ lookups, signal }) => [
    { content: (await lookups.ask('config', { form: 'kdl' }, undefined, signal)).data.text },
  ],
};

const effective: Collector = {
  path: 'config/effective.json',
  class: 'config',
  kind: 'json',
  source: `${sourceOf('config')}?form=json`,
  fast: true,
  find: async ({ lookups, signal }) => {
    const { data } = await lookups.ask('config', { form: 'json' }, undefined, signal);
    const { generation, digest, settings } = data;
    return [{ content: jsonText({ generation, digest, settings }) }];
  },
};

const disk: Collector = {
  path: 'config/disk.kdl',
  mandatory: true,
  class: 'config',
  kind: 'kdl',
  source: 'the configuration file and what it includes',
  fast: true,
  find: async (scene) => {
    const found = await scene.lookups.disk();
    if (found === null) throw new CollectFault('no configuration file is named, and none stands in a usual place');
    const { path, loaded } = found;
    if (loaded.kind === 'unreadable') throw new CollectFault(loaded.error.message, { cause: loaded.error });
    const [main, ...included] = loaded.sources;
    if (main === undefined) return [{ content: rawText(path), source: path }];
    // Includes are files of their own, so that each is there as it was written.
    return [
      { content: textOf(main), source: path },
      ...included.map((one, index) => ({
        path: `config/disk-includes/${String(index + 1).padStart(2, '0')}-${plainName(one.path)}`,
        content: textOf(one),
        source: one.path,
      })),
    ];
  },
};

/** As it was written; what is no text is named, not kept. */
function textOf({ path, text }: ConfigSource): string {
  if (text.includes('\0')) throw new CollectFault(`${path} is no text: it holds bytes that no text has`);
  return text;
}

function rawText(path: string): string {
  const text = Buffer.from(fileSystem.read(path, maxConfigBytes)).toString('utf8');
  return textOf({ file: path, path, text });
}

function plainName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replaceAll(/[^\w.-]+/g, '-');
  return name.endsWith('.kdl') ? name : `${name}.kdl`;
}

/** What the file says now against what was put in force, both as they were written. */
const difference: Collector = {
  path: 'config/diff.txt',
  class: 'config',
  kind: 'text',
  source: 'the configuration on disk, and the generation in force',
  fast: true,
  find: async ({ lookups, signal }) => {
    const [found, status] = await Promise.all([lookups.disk(), lookups.known()]);
    if (status === null)
      throw new CollectFault('no daemon says what is in force; config/history has what was in force last');
    if (found === null) return [{ content: 'The daemon runs from no file.\n' }];
    if (status.config.disk_matches_running === true)
      return [{ content: `${found.path} holds what is in force (digest ${status.config.digest_running}).\n` }];
    const number = String(status.generation);
    const { data } = await lookups.ask('config-generation', undefined, { number }, signal);
    const now = new Map(
      found.loaded.kind === 'unreadable' ? [] : found.loaded.sources.map(({ path, text }) => [path, text]),
    );
    const before = new Map(data.texts.map(({ path, text }) => [path, text]));
    const parts = [...new Set([...before.keys(), ...now.keys()])].map((path) =>
      unifiedDiff(path, before.get(path) ?? '', hideSecrets(now.get(path) ?? '')),
    );
    return [{ content: `generation ${number} in force → on disk now\n${parts.join('')}` }];
  },
};

const history: Collector = {
  path: 'config/history/*.kdl',
  class: 'config',
  kind: 'kdl',
  source: `the last ${GENERATIONS} generations of the history`,
  fast: true,
  find: async (scene) => {
    const instance = await scene.lookups.instance();
    return instance === null ? askedHistory(scene) : keptHistory(resolve(instance));
  },
};

/** From the folder of the daemon: also when it is dead. */
function keptHistory(instance: string): readonly Piece[] {
  const store = new HistoryStore({
    find: () => instance,
    ensure: () => {
      throw new Error('the history is only read here');
    },
  });
  const { generations } = store.list();
  return generations.slice(0, GENERATIONS).flatMap(({ number }): readonly Piece[] => {
    const { files, at, actor, reason } = store.read(number);
    return [
      {
        path: `config/history/${number}.kdl`,
        source: `${store.folder}`,
        content: generationText(number, { at, actor, reason }, files),
      },
    ];
  });
}

async function askedHistory({ lookups, signal }: CollectScene): Promise<readonly Piece[]> {
  const { data } = await lookups.ask('config-history', undefined, undefined, signal);
  return Promise.all(
    data.generations.slice(0, GENERATIONS).map(async ({ generation, at, actor, reason }) => {
      const number = String(generation);
      const texts = (await lookups.ask('config-generation', undefined, { number }, signal)).data.texts;
      return {
        path: `config/history/${number}.kdl`,
        source: sourceOf('config-generation').replace('{number}', number),
        content: generationText(generation, { at, actor, reason }, texts),
      };
    }),
  );
}

function generationText(
  number: number,
  head: { readonly at: string; readonly actor: string; readonly reason: string | null },
  files: readonly { readonly path: string; readonly text: string }[],
): string {
  const reason = (head.reason ?? 'no reason given').replaceAll(/\s+/g, ' ');
  const title = `// generation ${number}, in force since ${head.at}, by ${head.actor}: ${reason}\n`;
  return title + files.map(({ path, text }) => `// ${path}\n${text.endsWith('\n') ? text : `${text}\n`}`).join('');
}

export const configCollectors: readonly Collector[] = [running, effective, disk, difference, history];
