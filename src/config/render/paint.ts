/** Colours of diagnostics: the sixteen of the terminal, so that its owner's theme decides. */
import type { DiagnosticLevel } from '../diagnostic.ts';

export interface Paint {
  level(text: string): string;
  message(text: string): string;
  mark(text: string, primary: boolean): string;
  frame(text: string): string;
}

const levelCodes: Readonly<Record<DiagnosticLevel, string>> = { error: '31', warning: '33', info: '36', hint: '32' };

export function paintFor(level: DiagnosticLevel, colour: boolean): Paint {
  if (!colour) return { level: (text) => text, message: (text) => text, mark: (text) => text, frame: (text) => text };
  const code = levelCodes[level];
  const wrap = (codes: string, text: string): string => `\u001b[${codes}m${text}\u001b[0m`;
  return {
    level: (text) => wrap(`1;${code}`, text),
    message: (text) => wrap('1', text),
    mark: (text, primary) => wrap(primary ? `1;${code}` : '1;34', text),
    frame: (text) => wrap('1;34', text),
  };
}
