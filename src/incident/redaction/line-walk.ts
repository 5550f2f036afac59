/**
 * A long text line by line: only lines that may hold a secret are read closely, and those that continue one before them. Knows what
 * reaches over lines: blocks below a name, keys in armour with a line of a log for each of theirs, tokens that a line end cut.
 */
import { redacted } from '../../base/redaction.ts';
import { endsKey, isKeyLine } from './armour.ts';
import { insideBlock, type OpenBlock, openBlock } from './named-blocks.ts';
import { suspicions } from './suspicions.ts';

export interface LineReader {
  /** The line without its secrets. */
  scrub(line: string): string;
  /** Whether a key in armour was open at the end of what was read last; asking forgets it. */
  tookOpenKey(): boolean;
  note(rule: string): void;
}

const LONGEST_KEY = 300;
/** Messages of logs: a text that was cut goes on under the same name. */
const message = /"(?:msg|message|MESSAGE|log|line|text|event|body|err|error|stack)":\s?"/;
const cutJson = new RegExp(`${message.source}(?:[^"\\\\]|\\\\.)*\\[redacted\\](?:\\\\n)?"`);
const token = /^(\s*(?:[>|#] ?)?)([A-Za-z0-9+/_=.~%-]{8,})(?=$|[\s"',;\\)])/;
const messageToken = new RegExp(`(${message.source})([A-Za-z0-9+/_=.~%-]{8,})(?=["\\s',;\\\\)])`, 'g');

/** What `journalctl`, syslog and containers write before each line. */
const logHead =
  /^(?:<\d{1,3}>)?(?:(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ][\d:.,+Z-]{8,32})(?: [\w.-]{1,253})? [\w./@-]{1,80}(?:\[\d{1,8}\])?: |[\w.-]{1,64} +\| )/;

/** @param closely Places whose lines are read whatever they look like. */
export function scrubLines(text: string, reader: LineReader, closely: readonly number[] = []): string {
  const starts = suspiciousLines(text, closely);
  let out = '';
  let from = 0;
  let block: OpenBlock | null = null;
  let key = 0;
  let cut = false;
  let next = 0;
  let at = starts[0] ?? text.length;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const line = text.slice(at, end);
    while (next < starts.length && (starts[next] as number) <= at) next++;
    const head = logHead.exec(line)?.[0] ?? '';
    const result = head + readLine(line.slice(head.length));
    if (result !== line) {
      out += text.slice(from, at) + result;
      from = end;
    }
    const following = end + 1;
    at = block !== null || key > 0 || cut ? following : Math.max(following, starts[next] ?? text.length);
  }
  return from === 0 ? text : out + text.slice(from);

  function readLine(line: string): string {
    if (block !== null) {
      const inside: ReturnType<typeof insideBlock> = insideBlock(block, line);
      block = inside?.open ?? null;
      if (inside !== null) {
        if (inside.text !== line) reader.note('named');
        return inside.text;
      }
    }
    if (key > 0) {
      key = endsKey(line) || line.includes('BEGIN ') ? 0 : key - 1;
      const without = line.includes('BEGIN ') ? null : withoutKeyLine(line);
      if (without !== null) {
        reader.note('private-key');
        return endsKey(line) ? reader.scrub(without) : without;
      }
    }
    const continued = cut ? withoutRest(line) : line;
    const wentOn = continued !== line;
    if (wentOn) reader.note('cut');
    const result = reader.scrub(continued);
    if (reader.tookOpenKey()) key = LONGEST_KEY;
    // Also what was redacted when it was logged, line by line.
    cut =
      /\[redacted\]\s*$/.test(result) ||
      (result !== continued && cutJson.test(result)) ||
      (wentOn && /\[redacted\]["}\s]*$/.test(result));
    block = openBlock(line);
    return result;
  }
}

function lineEnd(text: string, start: number): number {
  const at = text.indexOf('\n', start);
  return at === -1 ? text.length : at;
}

/** Where they begin, in order. */
function suspiciousLines(text: string, closely: readonly number[]): readonly number[] {
  const starts = new Set(closely.map((at) => text.lastIndexOf('\n', at - 1) + 1));
  for (const one of suspicions) {
    const search = new RegExp(one.source, `${one.flags.replace(/[gy]/g, '')}g`);
    for (let match = search.exec(text); match !== null; match = search.exec(text)) {
      starts.add(text.lastIndexOf('\n', match.index - (text[match.index] === '\n' ? 1 : 0)) + 1);
      // Also the line that a match which began at a line end is about.
      const end = lineEnd(text, match.index + match[0].length);
      if (text[match.index] === '\n') starts.add(match.index + 1);
      if (end >= text.length) break;
      search.lastIndex = Math.max(end + 1, match.index + 1);
    }
  }
  return [...starts].sort((one, other) => one - other);
}

/** A line of a log that holds nothing but a line of a key; null = it does not. */
function withoutKeyLine(line: string): string | null {
  if (endsKey(line)) return line.replace(/-{4,5} ?END [A-Z0-9 ]{1,60}-{4,5}/, redacted);
  const quoted = /^(.{0,4096}?"(?:msg|message|MESSAGE|log|line|text|body)":\s?")([^"\\]{4,200})((?:\\+[nr])?".*)$/.exec(
    line,
  );
  if (quoted !== null) return isKeyLine(quoted[2] ?? '') ? `${quoted[1]}${redacted}${quoted[3]}` : null;
  const plain = /^(.{0,300}?(?:\]: |\s|^)[>|]? ?)([A-Za-z0-9+/]{4,128}={0,2})\s*$/.exec(line);
  return plain === null ? null : `${plain[1]}${redacted}`;
}

/** The rest of a token at the beginning of a line, or of the message of a line. */
function withoutRest(line: string): string {
  const form = line.startsWith('{') ? messageToken : token;
  return line.replace(form, (whole, head: string, rest: string) => (looksCut(rest) ? `${head}${redacted}` : whole));
}

function looksCut(rest: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(rest)).length;
  return kinds === 3 || (kinds === 2 && rest.length >= 16 && /[0-9]/.test(rest) && !/^[a-z]+[-_.][a-z]/i.test(rest));
}
