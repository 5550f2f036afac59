/**
 * Parts of a Markdown file that `sentinel` writes, between markers, in a file that otherwise belongs to people. The begin marker
 * holds a hash of what was written, so that an edit inside is noticed and kept. Pure; works on bytes, so that whatever else is in
 * the file stays as it is. Knows no incident.
 */
import { createHash } from 'node:crypto';

export interface Part {
  /** Lower-case letters and hyphens. */
  readonly name: string;
  /** Whole lines, the last one ended too. */
  readonly text: string;
}

export interface Merge {
  readonly bytes: Buffer;
  /** Parts that were written anew, with another text. */
  readonly replaced: readonly string[];
  /** Parts that somebody edited: they are as they were. `fresh` = there is something newer than what was edited. */
  readonly edited: readonly { readonly name: string; readonly fresh: boolean }[];
  /** Parts whose markers are not as they were written. */
  readonly broken: readonly { readonly name: string; readonly why: string }[];
}

export function marked({ name, text }: Part): string {
  return `<!-- sentinel:begin ${name} ${hashOf(text)} -->\n${text}<!-- sentinel:end ${name} -->\n`;
}

/** The file with new texts in the parts that nobody edited. Every byte outside of them is as it was. */
export function mergeParts(existing: Uint8Array, parts: readonly Part[]): Merge {
  // One character per byte: what is no UTF-8 survives, and places are places in the file.
  let text = Buffer.from(existing).toString('latin1');
  const replaced: string[] = [];
  const edited: { name: string; fresh: boolean }[] = [];
  const broken: { name: string; why: string }[] = [];
  for (const part of parts) {
    const place = placeOf(text, part.name);
    if ('why' in place) {
      broken.push({ name: part.name, why: place.why });
      continue;
    }
    const there = Buffer.from(text.slice(place.from, place.to), 'latin1').toString('utf8');
    const [is, was, fresh] = [hashOf(there), place.hash, hashOf(part.text)];
    if (is !== was && is !== fresh) {
      edited.push({ name: part.name, fresh: was !== fresh });
      continue;
    }
    if (is === fresh && was === fresh) continue;
    replaced.push(part.name);
    const lines = is === fresh ? there : place.crlf ? part.text.replaceAll('\n', '\r\n') : part.text;
    text =
      text.slice(0, place.hashFrom) +
      fresh +
      text.slice(place.hashFrom + was.length, place.from) +
      Buffer.from(lines, 'utf8').toString('latin1') +
      text.slice(place.to);
  }
  return { bytes: Buffer.from(text, 'latin1'), replaced, edited, broken };
}

interface Place {
  /** Between the lines of the markers. */
  readonly from: number;
  readonly to: number;
  readonly hash: string;
  readonly hashFrom: number;
  /** Lines end as they do on Windows. */
  readonly crlf: boolean;
}

const HASH_DIGITS = 16;
const marker = new RegExp(
  `^<!-- sentinel:(?:begin (?<begun>[a-z-]+) (?<hash>[0-9a-f]{${HASH_DIGITS}})|end (?<ended>[a-z-]+)) -->[ \\t]*(?<cr>\\r?)$`,
  'gm',
);

function placeOf(text: string, name: string): Place | { readonly why: string } {
  const markers = [...text.matchAll(marker)];
  const begins = markers.filter(({ groups }) => groups?.['begun'] === name);
  const ends = markers.filter(({ groups }) => groups?.['ended'] === name);
  const [begin] = begins;
  const [end] = ends;
  if (begin === undefined && end === undefined) return { why: 'its markers are gone' };
  if (begin === undefined) return { why: 'its begin marker is gone or was changed' };
  if (end === undefined) return { why: 'its end marker is gone or was changed' };
  if (begins.length > 1 || ends.length > 1) return { why: 'it is there more than once' };
  if (markers[markers.indexOf(begin) + 1] !== end) {
    return { why: 'another marker stands between its own' };
  }
  const hash = begin.groups?.['hash'] ?? '';
  return {
    from: begin.index + begin[0].length + 1,
    to: end.index,
    hash,
    hashFrom: begin.index + begin[0].indexOf(hash, `<!-- sentinel:begin ${name}`.length),
    crlf: begin.groups?.['cr'] === '\r',
  };
}

/** Whichever way lines end: an editor that changes that has edited nothing. */
function hashOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex').slice(0, HASH_DIGITS);
}
