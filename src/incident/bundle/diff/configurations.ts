/**
 * What differs between the configurations of two bundles: object by object in the words of the file where both can be read, else
 * setting by setting, else line by line. For `bundle-diff.ts`.
 */
import { diffLines } from '../../../base/line-diff.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { Environment } from '../../../base/environment.ts';
import { type Comparable, diffConfigs } from '../../../config/diff/differ.ts';
import type { FileAccess } from '../../../config/files.ts';
import { loadConfigText } from '../../../config/load.ts';
import {
  bothOf,
  type Compared,
  type Difference,
  type Fields,
  listOf,
  paired,
  type Pair,
  textIn,
  wordOf,
} from './reading.ts';

/** In force; of a dead daemon what it would start with. */
const inForce = 'config/running.kdl';
const onDisk = 'config/disk.kdl';
const settings = 'config/effective.json';

export function configurationsOf(pair: Pair): Compared {
  const running = [textIn(pair.a, inForce), textIn(pair.b, inForce)] as const;
  const said = running.every((one) => 'text' in one)
    ? running
    : ([textIn(pair.a, onDisk), textIn(pair.b, onDisk)] as const);
  const [a, b] = said;
  if ('why' in a || 'why' in b) {
    return { why: [...('why' in a ? [`A: ${a.why}`] : []), ...('why' in b ? [`B: ${b.why}`] : [])].join('; ') };
  }
  const [from, to] = [a.text, b.text].map((text) => (pair.tokens ? withoutTokens(text) : text)) as [string, string];
  if (from === to) return [];
  const note =
    said === running ? [] : [{ sign: '~' as const, words: 'compared as on disk: not both say what is in force' }];
  const [before, after] = [comparable(from), comparable(to)];
  if (before !== null && after !== null) {
    const signs = { added: '+', removed: '-', changed: '~' } as const;
    return [
      ...note,
      ...diffConfigs(before, after).map(({ kind, words }) => ({
        sign: signs[kind],
        words: words.replace(/^[-+~] /, ''),
      })),
    ];
  }
  if (said === running) {
    const both = bothOf(pair, settings);
    if (!('why' in both)) return settingsOf(both.a, both.b, pair.tokens);
  }
  return [
    ...note,
    ...diffLines(from, to).flatMap(({ sign, text }) =>
      sign === ' ' || text.trim() === '' ? [] : [{ sign, words: text.trim() }],
    ),
  ];
}

function settingsOf(a: Fields, b: Fields, tokens: boolean): readonly Difference[] {
  const told = (one: Fields): string => {
    const text = wordOf(one, 'text') ?? 'not set';
    return tokens ? withoutTokens(text) : text;
  };
  const { pairs, came, gone } = paired(
    listOf(a, 'settings'),
    listOf(b, 'settings'),
    (one) => wordOf(one, 'path') ?? '',
  );
  const line = (sign: '+' | '-', one: Fields): Difference => ({
    sign,
    words: `${wordOf(one, 'path') ?? '?'} ${told(one)}`,
  });
  return [
    ...pairs.flatMap(([from, to]): Difference[] =>
      told(from) === told(to) ? [] : [{ sign: '~', words: `${wordOf(to, 'path') ?? '?'} ${told(from)}→${told(to)}` }],
    ),
    ...came.map((one) => line('+', one)),
    ...gone.map((one) => line('-', one)),
  ];
}

/** `[HOST:02c1]` → `[HOST]`: the rest is of the key of one bundle. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/\[([A-Za-z][A-Za-z0-9_-]*):[0-9a-f]{2,}\]/g, '[$1]');
}

/** Null where it cannot be read without its files, its environment and what was taken out of it. */
function comparable(text: string): Comparable | null {
  const loaded = loadConfigText(text, { fileName: inForce, baseDir: '/', env: anyEnvironment, files: noFiles });
  if (loaded.kind === 'ok') return loaded;
  if (loaded.kind === 'unreadable' || loaded.settled === null || loaded.unservable === null) return null;
  return { settled: loaded.settled, config: loaded.unservable };
}

/** Whatever a variable held is not in a bundle: the same on both sides. */
const anyEnvironment: Environment = new Proxy({}, { get: () => 'from-the-environment', has: () => true });

/** A bundle is read as what a stranger made: nothing that it names is opened. */
const noFiles: FileAccess = {
  read: (path) => {
    throw new SentinelError('SNT-C001', `${path} is not part of the bundle`);
  },
  readPem: (path) => {
    throw new Error(`${path} is not part of the bundle`);
  },
  list: () => [],
};
