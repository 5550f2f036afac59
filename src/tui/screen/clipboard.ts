/** OSC 52: a text on its way into the clipboard of whoever sits in front of the terminal, also through SSH, tmux and screen. */
import { type Environment, variable } from '../../base/environment.ts';

/** Terminals throw longer ones away without a word; this is what the strictest that is in use takes, after base64. */
const LONGEST = 74_994;
/** GNU screen takes no longer strings. */
const PIECE = 700;

/** What is to be written; null = too long for terminals. */
export function clipboardBytes(text: string, environment: Environment): string | null {
  const encoded = Buffer.from(text).toString('base64');
  if (encoded.length > LONGEST) return null;
  const order = `\u001b]52;c;${encoded}\u0007`;
  // tmux takes it for its own clipboard, and hands the wrapped one on, each where it is allowed to.
  if (environment['TMUX'] !== undefined)
    return `${order}\u001bPtmux;${order.replaceAll('\u001b', '\u001b\u001b')}\u001b\\`;
  if (variable(environment, 'TERM')?.startsWith('screen') !== true) return order;
  const pieces = order.match(new RegExp(`.{1,${PIECE}}`, 'gs')) ?? [];
  return pieces.map((piece) => `\u001bP${piece}\u001b\\`).join('');
}
