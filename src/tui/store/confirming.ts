/**
 * The question before something dangerous: no is focused, Enter never says yes by itself, severe ones want a name typed. When it is
 * confirmed it is judged anew, and asked anew where the answer would be to another question. Pure.
 */
import { previewOfSeveral } from '../actions/preview.ts';
import type { KeyPress } from '../keys/keymap.ts';
import { asked, given, objectionTo, subjectsNow } from './acting.ts';
import type { Overlay, State, Step } from './state.ts';
import { only, refused, told, withOverlay } from './step.ts';
import { typed } from './typing.ts';

export type Question = Extract<Overlay, { kind: 'confirm' }>;
type Focus = Question['focus'];

/** What is pressed sooner after a question appeared was pressed before it was read, ms: a key that repeats, the rest of a paste. */
export const soonestYesMs = 150;

export function confirmKey(state: State, question: Question, press: KeyPress): Step {
  const at = (focus: Focus): Step => only(withOverlay(state, focused(question, focus)));
  switch (press.key) {
    case 'escape':
      return only(cancelled(state));
    case 'tab':
    case 'down':
      return at(neighbour(question, 1));
    case 'shift-tab':
    case 'up':
      return at(neighbour(question, -1));
    case 'enter':
      return entered(state, question);
  }
  return question.focus === 'reason' || question.focus === 'typed'
    ? typedInto(state, question, press)
    : buttonKey(state, question, press);
}

/** The fields from top to bottom. */
export function fieldsOf({ preview }: Question): readonly Focus[] {
  return preview.confirmName === null ? ['reason', 'cancel', 'proceed'] : ['reason', 'typed', 'cancel', 'proceed'];
}

/** Whether the name that is asked for was typed; true where none is. */
export function isNamed({ preview: { confirmName }, typed: text }: Question): boolean {
  return confirmName === null || text.trim() === confirmName;
}

function neighbour(question: Question, by: 1 | -1): Focus {
  const fields = fieldsOf(question);
  return fields[(fields.indexOf(question.focus) + by + fields.length) % fields.length] as Focus;
}

function focused(question: Question, focus: Focus): Question {
  const caret = focus === 'reason' ? question.reason.length : focus === 'typed' ? question.typed.length : 0;
  return { ...question, focus, caret };
}

function buttonKey(state: State, question: Question, { key }: KeyPress): Step {
  switch (key) {
    case 'left':
    case 'right':
    case 'h':
    case 'l':
      return only(withOverlay(state, focused(question, question.focus === 'cancel' ? 'proceed' : 'cancel')));
    case 'n':
    case 'q':
      return only(cancelled(state));
    // Chooses, and no more: it takes Enter to mean it.
    case 'y':
      return only(withOverlay(state, focused(question, 'proceed')));
  }
  return only(state);
}

function typedInto(state: State, question: Question, press: KeyPress): Step {
  const field = question.focus === 'reason' ? 'reason' : 'typed';
  const line = typed({ text: question[field], caret: question.caret }, press);
  return only(line === null ? state : withOverlay(state, { ...question, [field]: line.text, caret: line.caret }));
}

/** In a field: on to the next. On the buttons: what they say. */
function entered(state: State, question: Question): Step {
  switch (question.focus) {
    case 'reason':
      return only(withOverlay(state, focused(question, question.preview.confirmName === null ? 'cancel' : 'typed')));
    case 'typed':
      return only(withOverlay(state, focused(question, 'cancel')));
    case 'cancel':
      return only(cancelled(state));
    case 'proceed':
      return proceed(state, question);
  }
}

function cancelled(state: State): State {
  return told(withOverlay(state, null), 'info', 'nothing was done');
}

function proceed(state: State, question: Question): Step {
  if (state.nowMs - question.sinceMs < soonestYesMs) return only(state);
  if (!isNamed(question)) {
    const words = `type ${question.preview.confirmName} to say that this is what you mean`;
    return refused(withOverlay(state, focused(question, 'typed')), words);
  }
  const { action, subjects, reason } = question;
  const known = subjectsNow(state, subjects);
  if (known === null) return refused(withOverlay(state, null), 'the daemon is not known any more');
  for (const subject of subjects) {
    const objection = objectionTo(state, action, subject);
    if (objection !== null) return refused(withOverlay(state, null), `nothing was done: ${objection}`);
  }
  const preview = previewOfSeveral(action, known);
  if (preview.basis !== question.preview.basis) return asked(withOverlay(state, null), action, subjects, reason, true);
  return given(state, action, known, reason, preview.confirmName !== null);
}
