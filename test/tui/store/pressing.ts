/** Keys for the store, one after the other, as a person gives them: with time between them. */
import type { KeyPress } from '../../../src/tui/keys/keymap.ts';
import { reduce } from '../../../src/tui/store/reduce.ts';
import type { Effect, State } from '../../../src/tui/store/state.ts';

/** `a`, `enter`, `ctrl-l`; printable ones have themselves as text. */
export function keyOf(key: string): KeyPress {
  const text = key === 'space' ? ' ' : Array.from(key).length === 1 ? key : '';
  return { key, text };
}

export interface Pressed {
  readonly state: State;
  /** Of all keys together, without what only tells the feed what is wanted. */
  readonly effects: readonly Effect[];
}

/** @param betweenMs by our clock, before each key */
export function pressedAfter(betweenMs: number, begun: State, keys: readonly (string | KeyPress)[]): Pressed {
  let state = begun;
  const effects: Effect[] = [];
  for (const key of keys) {
    const press = typeof key === 'string' ? keyOf(key) : key;
    const step = reduce(state, { kind: 'key', press, nowMs: state.nowMs + betweenMs });
    state = step.state;
    effects.push(...step.effects.filter(({ kind }) => kind !== 'wants'));
  }
  return { state, effects };
}

export function pressed(begun: State, ...keys: readonly (string | KeyPress)[]): Pressed {
  return pressedAfter(200, begun, keys);
}

/** Each character as its own key. */
export function lettersOf(text: string): readonly string[] {
  return Array.from(text, (letter) => (letter === ' ' ? 'space' : letter));
}

/** Several characters at once, as a terminal with bracketed paste gives them. */
export function pasteOf(text: string): KeyPress {
  return { key: 'paste', text };
}
