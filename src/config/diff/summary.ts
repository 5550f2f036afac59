/** What is written in an object that came or went, in one line: `path-prefix /new, upstream web`. For `differ.ts`. */
import type { Key, Keys, Variants } from '../schema/keys.ts';
import type { NamedSetting, PairSetting, Setting, SettledEntry, SettledVariant } from '../tree.ts';
import { isHidden, keyWords, listWords, plainText, valueWords } from './setting-words.ts';

const MAX_PARTS = 5;

type Branch = Readonly<Record<string, unknown>>;

/**
 * Written settings only; secrets are left out. Empty where nothing is written.
 * @param name What the object is called already: not said again.
 */
export function summaryOf(keys: Keys, branch: Branch, name: string | null = null): string {
  const parts = partsOf(keys, branch, []).filter((part) => name === null || !part.endsWith(` ${name}`));
  const more = parts.length - MAX_PARTS;
  return [...parts.slice(0, MAX_PARTS), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

function partsOf(keys: Keys, branch: Branch, path: readonly string[]): string[] {
  return Object.entries(keys).flatMap(([name, key]) => partOf(key, branch[name], [...path, name]));
}

function partOf(key: Key, value: unknown, path: readonly string[]): string[] {
  if (value === null || value === undefined) return [];
  const title = keyWords(path[0] === 'matches' ? path.slice(1) : path);
  switch (key.kind) {
    case 'scalar': {
      const setting = value as Setting<unknown>;
      // It may be a limit that is written elsewhere.
      if (key.boundBy !== undefined) return [];
      if (setting.span === null || setting.text === null) return [];
      return isHidden(setting, key.type.secret === true) ? [] : [`${title} ${valueWords(path.at(-1) ?? '', setting)}`];
    }
    case 'list': {
      const written = (value as readonly Setting<unknown>[]).filter(({ span }) => span !== null);
      const shown = written.filter((one) => !isHidden(one, key.type.secret === true));
      const words = listWords(shown.map(({ text }) => text ?? ''));
      return words === null ? [] : [`${title} ${words}`];
    }
    case 'named':
      return (value as readonly NamedSetting[]).map(({ name, values }) => {
        const shown = values.filter((one) => !isHidden(one, key.valueType.secret === true));
        return [title, name, ...shown]
          .map((one) => (typeof one === 'string' ? one : plainText(one.text ?? '')))
          .join(' ');
      });
    case 'pairs':
      return (value as readonly PairSetting[]).map(({ name }) => `${title} ${plainText(name.text ?? '')}`);
    case 'variant': {
      const { kind, word, keys } = value as SettledVariant<Variants>;
      if (word.span === null) return [];
      return [`${title} ${plainText(word.text ?? kind)}`, ...partsOf(key.variants[kind] ?? {}, keys, path)];
    }
    case 'block':
      return partsOf(key.keys, value as Branch, path);
    case 'collection': {
      const count = (value as readonly SettledEntry<Keys>[]).length;
      return count === 0 ? [] : [`${count} ${key.item}${count === 1 ? '' : 's'}`];
    }
  }
}
