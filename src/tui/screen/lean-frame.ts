/**
 * A frame in fewer bytes: colours that are switched on and off before anything is written in them, and moves by one line after the other,
 * are most of what Ink sends for a line of which only the end changed. Called by the canvas; what is to be seen stays the same. Pure.
 */

interface Style {
  readonly bold: boolean;
  readonly dim: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  /** 30–37, 90–97; null = the terminal's own. */
  readonly colour: string | null;
}

const none: Style = { bold: false, dim: false, underline: false, inverse: false, colour: null };

const setting: Readonly<Record<string, Partial<Style>>> = {
  '': none,
  '0': none,
  '1': { bold: true },
  '2': { dim: true },
  '4': { underline: true },
  '7': { inverse: true },
  '22': { bold: false, dim: false },
  '24': { underline: false },
  '27': { inverse: false },
  '39': { colour: null },
};

/** A style, moves to the next line one after the other, or anything else up to the next escape. */
const pieces = /\u001b\[([0-9;]*)m|((?:\u001b\[E){2,})|\u001b?[^\u001b]*/g;
const MOVE_LENGTH = '\u001b[E'.length;

/** @param frame Begins in no style. Returned as it is where it has styles that are not of the sixteen colours. */
export function leanFrame(frame: string): string {
  let lean = '';
  let written = none;
  let wanted = none;
  for (const [piece, style, moves] of frame.matchAll(pieces)) {
    if (style !== undefined) {
      const next = styled(wanted, style);
      if (next === null) return frame;
      wanted = next;
    } else if (piece !== '') {
      lean += between(written, wanted) + (moves === undefined ? piece : `\u001b[${moves.length / MOVE_LENGTH}E`);
      written = wanted;
    }
  }
  return lean + between(written, wanted);
}

/** Null = a code that is not known here. */
function styled(style: Style, codes: string): Style | null {
  let next = style;
  for (const code of codes.split(';')) {
    const change = setting[code] ?? (/^[39][0-7]$/.test(code) ? { colour: code } : null);
    if (change === null) return null;
    next = { ...next, ...change };
  }
  return next;
}

/** What leads from one style to the other. */
function between(from: Style, to: Style): string {
  const codes: string[] = [];
  const lighter = (from.bold && !to.bold) || (from.dim && !to.dim);
  if (lighter) codes.push('22');
  if (to.bold && (lighter || !from.bold)) codes.push('1');
  if (to.dim && (lighter || !from.dim)) codes.push('2');
  if (from.underline !== to.underline) codes.push(to.underline ? '4' : '24');
  if (from.inverse !== to.inverse) codes.push(to.inverse ? '7' : '27');
  if (from.colour !== to.colour) codes.push(to.colour ?? '39');
  if (codes.length === 0) return '';
  const off = !to.bold && !to.dim && !to.underline && !to.inverse && to.colour === null;
  return off ? '\u001b[0m' : `\u001b[${codes.join(';')}m`;
}
