/** Makes a text fit for the public: secrets, addresses, and the names of hosts inside are gone. Pure; for `message.ts`. */
import { isIP } from 'node:net';
import { redactText } from '../../base/redaction.ts';

const instead = 'an internal system';

/** Ends of names that are known inside only. */
const inside =
  /(?<![\w.-])(?:\w[\w-]*\.)+(?:internal|intranet|intra|local|localdomain|lan|corp|private|svc|consul|home\.arpa|test)(?![\w-])(?:\.cluster\.local)?(?::\d{1,5})?/gi;
const localhost = /(?<![\w.-])localhost(?::\d{1,5})?(?![\w-])/gi;
/** What may be an address, with a port and the scheme of a URL. */
const address = /(?:\w+:\/\/)?\[?(?<![\w.:])[0-9a-f.:]{2,45}(?:%\w+)?\]?(?::\d{1,5})?(?:\/\d{1,3}(?![\w/]))?/gi;

/** @param names Hosts and targets that are hidden wherever they stand as a word. */
export function publicWords(
  text: string,
  names: readonly string[],
): { readonly text: string; readonly hidden: readonly string[] } {
  const hidden = new Set<string>();
  const hide = (found: string): string => {
    hidden.add(found);
    return instead;
  };
  const literal = names.filter((name) => name.length > 2).toSorted((a, b) => b.length - a.length);
  let words = redactText(text.toWellFormed()).replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, (run) =>
    run.includes('\n') ? '\n' : ' ',
  );
  for (const name of literal) {
    words = words.replaceAll(new RegExp(`(?<![\\w.-])${escapePattern(name)}(?![\\w-])(?::\\d{1,5})?`, 'gi'), hide);
  }
  words = words
    .replaceAll(inside, hide)
    .replaceAll(localhost, hide)
    .replaceAll(address, (found) => (holdsAddress(found) ? hide(found) + trailing(found) : found));
  return { text: words.trim(), hidden: [...hidden] };
}

/** A full stop that ends the sentence is part of no address. */
function trailing(found: string): string {
  return /[.:]$/.exec(found)?.[0] ?? '';
}

function holdsAddress(found: string): boolean {
  const bare = found
    .replace(/^\w+:\/\//, '')
    .replace(/\/\d+$/, '')
    .replace(/[.:]$/, '');
  return [bare, bare.replace(/:\d+$/, '')].some((one) => isIP(one.replaceAll(/^\[|\]$/g, '')) !== 0);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
