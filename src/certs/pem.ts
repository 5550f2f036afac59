/**
 * PEM as people have it: blocks with their labels, and what lies around them. Knows the armour of RFC 7468 and nothing of
 * what is inside. Linear in the length of the text, whatever stands in it.
 */

export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY`, … */
  readonly label: string;
  /** As it stands there, line ends included. */
  readonly text: string;
  /** What the base64 says; empty when it is none. */
  readonly der: Buffer;
  /** Line of the BEGIN, from 1. */
  readonly line: number;
}

export interface PemText {
  readonly blocks: readonly PemBlock[];
  /** Lines of a BEGIN that no END of the same label follows. */
  readonly cutOff: readonly number[];
  readonly byteOrderMark: boolean;
  readonly carriageReturns: boolean;
  /** First line outside of the blocks that is neither empty nor one of the comments of openssl; null = none. */
  readonly strayLine: number | null;
}

/** What the first bytes of a file give away that holds no PEM. */
export type BinaryForm = 'der' | 'pkcs12' | 'java' | null;

const begin = '-----BEGIN ';
const dashes = '-----';
const byteOrderMark = '\uFEFF';

export function scanPem(bytes: Buffer): PemText {
  const whole = bytes.toString('utf8');
  const text = whole.startsWith(byteOrderMark) ? whole.slice(1) : whole;
  const blocks: PemBlock[] = [];
  const cutOff: number[] = [];
  const around: { text: string; line: number }[] = [];
  let at = 0;
  let line = 1;
  const lineAt = lineCounter(text);
  for (;;) {
    const start = text.indexOf(begin, at);
    around.push({ text: text.slice(at, start === -1 ? text.length : start), line });
    if (start === -1) break;
    const labelEnd = text.indexOf(dashes, start + begin.length);
    const next = text.indexOf(begin, start + begin.length);
    const limit = next === -1 ? text.length : next;
    const label = labelEnd === -1 || labelEnd > limit ? '' : text.slice(start + begin.length, labelEnd);
    const end = label === '' ? '' : `-----END ${label}-----`;
    const close = label === '' || /[\r\n]/.test(label) ? -1 : text.slice(labelEnd, limit).indexOf(end);
    if (close === -1) {
      cutOff.push(lineAt(start));
      at = limit;
    } else {
      const closed = labelEnd + close + end.length;
      const body = text.slice(labelEnd + dashes.length, labelEnd + close);
      blocks.push({ label, text: text.slice(start, closed), der: decoded(body), line: lineAt(start) });
      at = closed;
    }
    line = lineAt(at);
  }
  return {
    blocks,
    cutOff,
    byteOrderMark: text !== whole,
    carriageReturns: text.includes('\r'),
    strayLine: strayLineOf(around),
  };
}

/** PEM of DER, lines of 64 characters, a newline at the end. */
export function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

export function binaryFormOf(bytes: Buffer): BinaryForm {
  if (bytes.length >= 4 && bytes.readUInt32BE(0) === 0xfe_ed_fe_ed) return 'java';
  // A SEQUENCE whose length is that of the file, or nearly: text never begins so.
  if (bytes.length < 16 || bytes[0] !== 0x30 || ((bytes[1] as number) & 0x80) === 0) return null;
  const lengthBytes = (bytes[1] as number) & 0x7f;
  if (lengthBytes > 4) return null;
  // PFX ::= SEQUENCE { version INTEGER (3), … } (RFC 7292 §4)
  const body = bytes.subarray(2 + lengthBytes);
  return body[0] === 0x02 && body[1] === 0x01 && body[2] === 0x03 ? 'pkcs12' : 'der';
}

function decoded(body: string): Buffer {
  const packed = body.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, 'base64') : Buffer.alloc(0);
}

/** What `openssl x509 -text`, `s_client` and `pkcs12` write around blocks. */
const comments =
  /^(?:#|\s|subject[ =]|issuer[ =]|Bag Attributes|Key Attributes|localKeyID|friendlyName|Certificate:|Data:|-{3}$| *\d+ s:|i:|a:|v:)/i;

/**
 * The blocks of text between PEM are comments by RFC 7468 §2; a line counts as stray only where it looks like damage: text
 * with dashes that resemble armour, characters that are not printable, or anything after the last block that is no comment.
 */
function strayLineOf(around: readonly { readonly text: string; readonly line: number }[]): number | null {
  const last = around.length - 1;
  for (const [index, { text, line }] of around.entries()) {
    const lines = text.split('\n');
    const bad = lines.findIndex((one) => {
      const bare = one.replace(/\r$/, '');
      if (bare.trim() === '' || comments.test(bare)) return false;
      return index === last || /-----|[^\P{Cc}\t]|\uFFFD/u.test(bare);
    });
    if (bad !== -1) return line + bad;
  }
  return null;
}

/** Lines of rising offsets, each part of the text looked at once. */
function lineCounter(text: string): (offset: number) => number {
  let at = 0;
  let line = 1;
  return (offset) => {
    for (let next = text.indexOf('\n', at); next !== -1 && next < offset; next = text.indexOf('\n', at)) {
      line++;
      at = next + 1;
    }
    return line;
  };
}
