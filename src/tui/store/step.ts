/** What one input makes: the next state, and what is to be done in the world. Small makers of it, for every part of the store. Pure. */
import type { KeyPress } from '../keys/keymap.ts';
import type { Effect, Level, Notice, Overlay, State, Step } from './state.ts';

/** How long a notice stands, ms. */
const noticeMs = 10_000;

export function only(state: State): Step {
  return { state, effects: [] };
}

export function doing(state: State, ...effects: readonly Effect[]): Step {
  return { state, effects };
}

/** The level that is seen. */
export function levelOf(state: State): Level {
  return state.stack[state.stack.length - 1] as Level;
}

export function withLevel(state: State, change: Partial<Level>): State {
  return { ...state, stack: [...state.stack.slice(0, -1), { ...levelOf(state), ...change }] };
}

export function withOverlay(state: State, overlay: Overlay | null): State {
  return { ...state, overlay };
}

export function told(state: State, tone: Notice['tone'], words: string): State {
  return { ...state, notice: { words, tone, untilMs: state.nowMs + noticeMs } };
}

/** Nothing was done, and why. */
export function refused(state: State, words: string): Step {
  return only(told(state, 'warn', words));
}

/** Where a list of `length` choices goes by a key that moves along it; null = the key does something else. */
export function movedIn(press: KeyPress, chosen: number, length: number): number | null {
  const by = { up: -1, k: -1, down: 1, j: 1 }[press.key];
  return by === undefined ? null : Math.max(0, Math.min(chosen + by, length - 1));
}
