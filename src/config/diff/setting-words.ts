/**
 * How values of the file read in a change: with the unit that their key names, defaults said to be such, and nothing that
 * may be a secret. For `differ.ts`; knows no key by name.
 */
import { redactText } from '../../base/redaction.ts';
import type { NamedSetting, PairSetting, Setting } from '../tree.ts';

/** Longer lists and texts say nothing in a line. */
const MAX_ITEMS = 8;
const MAX_LENGTH = 160;

const units: readonly (readonly [suffix: string, unit: string])[] = [
  ['-secs', 's'],
  ['-ms', 'ms'],
];

/** The key as people say it: without the unit, which goes behind the value. */
export function keyWords(path: readonly string[]): string {
  // What a route does stands in its `policies`: nobody says that.
  const said = path[0] === 'policies' && path.length > 1 ? path.slice(1) : path;
  return said.map((name, index) => (index === said.length - 1 ? withoutUnit(name) : name)).join(' ');
}

function withoutUnit(name: string): string {
  const [suffix] = units.find(([one]) => name.endsWith(one)) ?? [];
  return suffix === undefined ? name : name.slice(0, -suffix.length);
}

/** True for a value that may be shown to nobody but the reader of the file. */
export function isHidden(setting: Setting<unknown>, secret: boolean): boolean {
  return secret || (setting.text !== null && /(?<!\$)\$\{/.test(setting.text));
}

/** `30s`, `30s (default)`, `not set`. */
export function valueWords(key: string, setting: Setting<unknown>): string {
  const { text, span, value } = setting;
  if (text === null) return 'not set';
  const unit =
    typeof value === 'number' && /^[\d.]+$/.test(text) ? (units.find(([one]) => key.endsWith(one))?.[1] ?? '') : '';
  const words = `${plainText(text)}${unit}`;
  return span === null ? `${words} (default)` : words;
}

/** `round_robin` for `"round_robin"`; quotes stay where a reader needs them. */
export function plainText(text: string): string {
  const bare = /^"([^"\\\s]+)"$/.exec(text)?.[1] ?? text;
  const shown = redactText(bare.replace(/^#(?=true$|false$|null$)/, ''));
  return shown.length <= MAX_LENGTH ? shown : `${shown.slice(0, MAX_LENGTH)}…`;
}

/** `a.example b.example … (12 in all)`; null for none. */
export function listWords(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  const shown = texts.slice(0, MAX_ITEMS).map(plainText).join(' ');
  return texts.length <= MAX_ITEMS ? shown : `${shown} … (${texts.length} in all)`;
}

/** `+b.example -c.example`: what came and what went. */
export function membersWords(came: readonly string[], went: readonly string[]): string {
  const part = (sign: string, texts: readonly string[]): readonly string[] => [
    ...texts.slice(0, MAX_ITEMS).map((text) => `${sign}${plainText(text)}`),
    ...(texts.length > MAX_ITEMS ? [`${sign}${texts.length - MAX_ITEMS} more`] : []),
  ];
  return [...part('+', came), ...part('-', went)].join(' ');
}

/** All settings that a key consists of, whatever its kind is. */
export function settingsIn(value: unknown): readonly Setting<unknown>[] {
  if (Array.isArray(value)) return value.flatMap(settingsIn);
  if (typeof value !== 'object' || value === null) return [];
  if ('text' in value && 'span' in value) return [value as Setting<unknown>];
  if ('values' in value) return settingsIn([(value as NamedSetting).name, (value as NamedSetting).values]);
  if ('name' in value && 'value' in value)
    return settingsIn([(value as PairSetting).name, (value as PairSetting).value]);
  return [];
}
