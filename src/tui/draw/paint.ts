/**
 * Lines as a terminal understands them: SGR codes for the 16 colours that the user's theme decides, bold and inverse; nothing at all
 * where there are no colours. Colours change only where they have to, since every byte goes over somebody's slow line.
 */
import type { Tone } from '../rows/row.ts';
import type { Line, Look, Span } from './line.ts';

const codes: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  strong: '1',
  good: '32',
  warn: '33',
  bad: '1;31',
  info: '34',
  going: '36',
  unknown: '35',
  stale: '2',
};

/** As text; ends in the terminal's own colours. */
export function painted(line: Line, { colour }: Look): string {
  if (colour === 'none') return line.map(({ text }) => text).join('');
  let result = '';
  let current = '';
  for (const one of line) {
    if (one.text === '') continue;
    const wanted = codeOf(one);
    if (wanted !== current) {
      if (current !== '') result += '\u001b[0m';
      if (wanted !== '') result += `\u001b[${wanted}m`;
      current = wanted;
    }
    result += one.text;
  }
  return current === '' ? result : `${result}\u001b[0m`;
}

function codeOf({ tone, bold, inverse, underline }: Span): string {
  const parts: string[] = [];
  const colour = tone === undefined ? '' : codes[tone];
  if (colour !== '') parts.push(colour);
  if (bold === true && tone !== 'strong' && tone !== 'bad') parts.push('1');
  if (underline === true) parts.push('4');
  if (inverse === true) parts.push('7');
  return parts.join(';');
}
