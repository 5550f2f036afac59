/**
 * Keys in armour (`-----BEGIN … PRIVATE KEY-----`) in a text: over lines, in one line with `\n` in it, each line quoted, and cut
 * off. Certificates and public keys stay: they are shown to everybody who connects. For the scrubber.
 */
import { redacted } from '../../base/redaction.ts';

const begin =
  /-{4,5} ?BEGIN ([A-Z0-9 ]{0,40}(?:PRIVATE KEY|PRIVATE KEY BLOCK|SECRET|MESSAGE|PKCS12|PKCS8|ENCRYPTED DATA))(?: BLOCK)? ?-{4,5}|PuTTY-User-Key-File-\d: ?[\w-]{0,40}/g;

/** Between the lines of a key: line ends as they are or written, quotes, marks of quoting, and the heads that keys have. */
const separator = /(?:\\{1,8}[nrt]|[\s"',|>+#*])+/y;
const heads =
  /(?:Proc-Type|DEK-Info|Comment|Version|Hash|Charset|Encryption|Public-Lines|Private-Lines|Private-MAC|MessageID):[^\n\\"]{0,200}/y;
const body = /[A-Za-z0-9+/=_-]{1,}(?:\\?\/[A-Za-z0-9+/=_-]+){0,4096}/y;
const end = /-{4,5} ?END [A-Z0-9 ]{1,60}-{4,5}/y;

export interface Armour {
  readonly text: string;
  /** True where the text ended within a key: its next lines follow in another text. */
  readonly open: boolean;
}

/**
 * The text without them.
 *
 * @param note Called once for each.
 * @param scope `document` = a key whose lines are not together is left to whoever reads the lines.
 */
export function withoutArmour(
  text: string,
  note: (rule: string) => void,
  scope: 'document' | 'piece' = 'piece',
): Armour {
  if (!text.includes('BEGIN ') && !text.includes('PuTTY-User')) return { text, open: false };
  let out = '';
  let from = 0;
  let open = false;
  begin.lastIndex = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const bodyStart = match.index + match[0].length;
    const keyEnd = afterBody(text, bodyStart);
    // Each of its lines is a line of a log: whoever reads line by line takes them.
    if (!keyEnd.closed && keyEnd.at === bodyStart && bodyStart < text.length && scope === 'document') continue;
    out += `${text.slice(from, match.index)}${redacted}${tail(text, keyEnd.at)}`;
    from = keyEnd.at;
    begin.lastIndex = Math.max(from, match.index + match[0].length);
    open = !keyEnd.closed && /^["'\s]*$/.test(text.slice(from, from + 8));
    note('private-key');
  }
  return { text: out + text.slice(from), open };
}

/** A key that lost its end took the line end with it. */
function tail(text: string, at: number): string {
  return text[at - 1] === '\n' ? '\n' : '';
}

function afterBody(text: string, start: number): { readonly at: number; readonly closed: boolean } {
  let at = start;
  for (let moved = true; moved; ) {
    const closed = matchAt(end, text, at);
    if (closed > 0) return { at: at + closed, closed: true };
    const gap = matchAt(separator, text, at);
    const line = gap === 0 && at !== start ? 0 : matchAt(heads, text, at + gap) || keyLine(text, at + gap);
    moved = line > 0;
    const nearEnd = matchAt(end, text, at + gap);
    if (nearEnd > 0) return { at: at + gap + nearEnd, closed: true };
    if (moved) at += gap + line;
  }
  return { at, closed: false };
}

/** A line of a key, not a word of the prose behind one that was cut: it is long, or has the kinds of base64, or is the last. */
function keyLine(text: string, at: number): number {
  const length = matchAt(body, text, at);
  if (length === 0) return 0;
  const line = text.slice(at, at + Math.min(length, 80));
  if (length >= 40) return length;
  const next = text[at + length] ?? '';
  if (next !== '' && !/[\s"'\\,]/.test(next)) return 0;
  return line.endsWith('=') || (length >= 4 && /[A-Z]/.test(line) && /[a-z]/.test(line) && /[0-9+/]/.test(line))
    ? length
    : 0;
}

function matchAt(form: RegExp, text: string, at: number): number {
  form.lastIndex = at;
  return form.exec(text)?.[0].length ?? 0;
}

/** Whether a text is nothing but a line of a key: what follows in the next line of a log. */
export function isKeyLine(text: string): boolean {
  return (
    /^\s*[A-Za-z0-9+/=]{4,128}\s*$/.test(text) ||
    /^\s*(?:Proc-Type|DEK-Info|Comment|Version)?:? ?[\w,: -]{0,80}$/.test(text)
  );
}

export function endsKey(text: string): boolean {
  return /-{4,5} ?END |Private-MAC:/.test(text);
}
