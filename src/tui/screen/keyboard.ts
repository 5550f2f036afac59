/**
 * Bytes of a terminal as keys, pastes and clicks. Knows the sequences of xterm and what is like it, the Linux console, tmux and screen;
 * what it does not know it swallows whole, so that no answer of a terminal is ever taken for something that was typed. No clock: whoever
 * calls says when an escape has waited long enough.
 */
import { StringDecoder } from 'node:string_decoder';
import type { KeyPress } from '../keys/keymap.ts';

export type Typed =
  | { readonly kind: 'key'; readonly press: KeyPress }
  /** Of the left button, or the wheel: rows down, negative = up. Places from 0. */
  | { readonly kind: 'click'; readonly column: number; readonly row: number }
  | { readonly kind: 'wheel'; readonly by: number };

export interface Keyboard {
  push(bytes: Uint8Array): readonly Typed[];
  /** What has begun and not ended: `escape` may be the key alone, the others are the rest of something that was cut. */
  readonly pending: 'nothing' | 'escape' | 'sequence';
  /** Nothing more comes: what is pending is what it is. */
  settle(): readonly Typed[];
}

const ESC = '\u001b';
const PASTE_END = `${ESC}[201~`;
/** Longer ones are cut: nobody pastes that into a filter. */
const LONGEST_PASTE = 16_384;
/** No sequence that is meant for us is longer. */
const LONGEST_SEQUENCE = 256;

const byFinal: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  M: 'enter',
  Z: 'shift-tab',
};
const byNumber: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};
const modifiers: Readonly<Record<string, string>> = { 2: 'shift-', 3: 'alt-', 5: 'ctrl-', 6: 'ctrl-shift-' };

export function createKeyboard(): Keyboard {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let pasting = false;
  let pasted = '';

  const read = (): Typed[] => {
    const typed: Typed[] = [];
    while (rest !== '') {
      if (pasting) {
        if (!takePaste(typed)) break;
        continue;
      }
      const found = rest.startsWith(ESC) ? sequenceAt(rest) : plainAt(rest);
      if (found === null) break;
      rest = rest.slice(found.length);
      if (found.pasteBegins === true) pasting = true;
      if (found.typed !== null) typed.push(found.typed);
    }
    return typed;
  };

  /** Whether the paste has ended. */
  const takePaste = (typed: Typed[]): boolean => {
    const end = rest.indexOf(PASTE_END);
    // The end itself may be cut in two.
    const safe = end >= 0 ? end : Math.max(0, rest.length - PASTE_END.length + 1);
    pasted = (pasted + rest.slice(0, safe)).slice(0, LONGEST_PASTE);
    rest = rest.slice(end >= 0 ? end + PASTE_END.length : safe);
    if (end >= 0) endPaste(typed);
    return end >= 0;
  };
  const endPaste = (typed: Typed[]): void => {
    const text = pastedText(pasted.slice(0, LONGEST_PASTE));
    pasting = false;
    pasted = '';
    if (text !== '') typed.push(key('paste', text));
  };

  return {
    push(bytes) {
      rest += decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return read();
    },
    get pending() {
      if (pasting) return 'sequence';
      if (rest === '') return 'nothing';
      return rest === ESC ? 'escape' : 'sequence';
    },
    settle() {
      const typed: Typed[] = [];
      if (pasting) {
        pasted += rest;
        endPaste(typed);
      } else if (rest === ESC) typed.push(key('escape'));
      rest = '';
      return typed;
    },
  };
}

interface Found {
  /** Characters that it takes. */
  readonly length: number;
  /** Null = nothing that matters here. */
  readonly typed: Typed | null;
  readonly pasteBegins?: true;
}

function key(name: string, text = ''): Typed {
  return { kind: 'key', press: { key: name, text } };
}

function plainAt(text: string): Found {
  const character = String.fromCodePoint(text.codePointAt(0) as number);
  return { length: character.length, typed: plainKey(character) };
}

function plainKey(character: string): Typed | null {
  const code = character.codePointAt(0) as number;
  if (character === ' ') return key('space', ' ');
  if (code === 13 || code === 10) return key('enter');
  if (code === 9) return key('tab');
  if (code === 127 || code === 8) return key('backspace');
  if (code === 0) return key('ctrl-space');
  if (code < 27) return key(`ctrl-${String.fromCharCode(code + 96)}`);
  if (code < 32) return key(`ctrl-${String.fromCharCode(code + 64)}`);
  if (code >= 128 && code < 160) return null;
  return key(character, character);
}

/** Null = it has not come whole. */
function sequenceAt(text: string): Found | null {
  const second = text[1];
  if (second === undefined) return null;
  if (second === '[') return controlAt(text);
  if (second === 'O') {
    const final = text[2];
    return final === undefined ? null : { length: 3, typed: named(byFinal[final]) };
  }
  if (']P_^X'.includes(second)) return stringAt(text);
  // The key alone, and what was typed right after it: Esc is what people press before they think of the next key.
  return { length: 1, typed: key('escape') };
}

function controlAt(text: string): Found | null {
  // Function keys of the Linux console.
  if (text.startsWith('[[', 1)) return text.length < 4 ? null : { length: 4, typed: null };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what sequences begin with
  const [whole, parameters = '', final = ''] = /^\u001b\[([0-?]*)[ -/]*([@-~])/.exec(text) ?? [];
  if (whole === undefined) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what sequences begin with
    const begun = /^\u001b\[[0-?]*[ -/]*/.exec(text)?.[0] ?? ESC;
    if (begun.length === text.length && text.length < LONGEST_SEQUENCE) return null;
    return { length: begun.length, typed: null };
  }
  const { length } = whole;
  if (final === '~' && parameters === '200') return { length, typed: null, pasteBegins: true };
  if (parameters.startsWith('<') && (final === 'M' || final === 'm'))
    return { length, typed: clicked(parameters, final) };
  // The old form of a click: three bytes follow.
  if (final === 'M' && parameters === '') return text.length < length + 3 ? null : { length: length + 3, typed: null };
  if (/^[?<=>]/.test(parameters)) return { length, typed: null };
  const [number = '', modifier = ''] = parameters.split(';');
  const name = final === '~' ? byNumber[number] : byFinal[final];
  return { length, typed: named(name === undefined ? undefined : `${modifiers[modifier] ?? ''}${name}`) };
}

function named(name: string | undefined): Typed | null {
  return name === undefined ? null : key(name);
}

/** `<0;10;5` */
function clicked(parameters: string, final: string): Typed | null {
  const [button = -1, column = 0, row = 0] = parameters.slice(1).split(';').map(Number);
  if (button === 64) return { kind: 'wheel', by: -3 };
  if (button === 65) return { kind: 'wheel', by: 3 };
  return button === 0 && final === 'M' ? { kind: 'click', column: column - 1, row: row - 1 } : null;
}

/** What terminals answer in: up to BEL or ESC \. */
function stringAt(text: string): Found | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what such strings end with
  const end = /\u0007|\u001b\\/.exec(text.slice(2));
  if (end !== null) return { length: 2 + end.index + end[0].length, typed: null };
  return text.length < LONGEST_SEQUENCE * 16 ? null : { length: text.length, typed: null };
}

/** On one line, without what steers a terminal. */
function pastedText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are taken out
  return text
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '')
    .trim();
}
