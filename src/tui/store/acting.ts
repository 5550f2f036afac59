/**
 * Doing something to rows: from a key, the menu or the palette to an order, or to the question that comes before it. What is done to marked
 * rows is asked once, for all of them. Pure: `actions/` says what can be done and what it means.
 */
import type { ActionChoice, ActionName } from '../actions/action.ts';
import { choiceOf, choicesFor } from '../actions/choices.ts';
import { ordersOf } from '../actions/order.ts';
import { type ActionSubject, previewOfSeveral } from '../actions/preview.ts';
import type { KeyPress } from '../keys/keymap.ts';
import { everyNode, type Row } from '../rows/row.ts';
import { rowsOf } from '../rows/rows.ts';
import { notNow } from './moments.ts';
import { nodeNamed } from './node.ts';
import { chosenRows, selectedRow } from './selection.ts';
import type { ConfirmSubject, NodeState, Overlay, State, Step } from './state.ts';
import { doing, movedIn, only, refused, told, withOverlay } from './step.ts';

type ActionMenu = Extract<Overlay, { kind: 'actions' }>;

/** What a row can be asked for, each with why not; empty = its daemon is not known. */
export function choicesOf(state: State, row: Row): readonly ActionChoice[] {
  const node = nodeOf(state, row);
  if (node === null) return [];
  const why = notNow(state);
  return choicesFor(row, node).map((choice) =>
    why === null || choice.action === 'snapshot' ? choice : { ...choice, disabled: why },
  );
}

/** Of what is summed over daemons the first stands for all: `choicesFor` says that nothing can be done to it. */
function nodeOf(state: State, row: Pick<Row, 'node'>): NodeState | null {
  return nodeNamed(state, row.node) ?? (row.node === everyNode ? (state.nodes[0] ?? null) : null);
}

/** `A`. */
export function openActions(state: State): Step {
  const row = selectedRow(state);
  if (row === null) return refused(state, 'there is no row to act on');
  const choices = choicesOf(state, row);
  if (choices.length === 0) return refused(state, 'there is nothing to do to this row');
  const possible = choices.findIndex(({ disabled }) => disabled === null);
  return only(withOverlay(state, { kind: 'actions', row: row.id, choices, chosen: Math.max(0, possible) }));
}

export function actionsKey(state: State, menu: ActionMenu, press: KeyPress): Step {
  const chosen = movedIn(press, menu.chosen, menu.choices.length);
  if (chosen !== null) return only(withOverlay(state, { ...menu, chosen }));
  switch (press.key) {
    case 'enter': {
      const choice = menu.choices[menu.chosen];
      return choice === undefined ? only(state) : actFromMenu(state, menu.row, choice);
    }
    case 'escape':
    case 'q':
    case 'A':
      return only(withOverlay(state, null));
  }
  return only(state);
}

/** What cannot be done leaves the menu open, and says why. */
function actFromMenu(state: State, rowId: string, choice: ActionChoice): Step {
  const row = rowsOf(state).rows.find(({ id }) => id === rowId);
  if (row === undefined) return refused(withOverlay(state, null), 'the row is gone');
  const marked = chosenRows(state);
  const rows = marked.some(({ id }) => id === rowId) ? marked : [row];
  const step = actOn(withOverlay(state, null), rows, choice.action, choice);
  return step.effects.length === 0 && step.state.overlay === null
    ? only({ ...step.state, overlay: state.overlay })
    : step;
}

/** A key of an action: on the marked rows, else on that of the cursor. */
export function act(state: State, action: ActionName): Step {
  const rows = chosenRows(state);
  return rows.length === 0 ? refused(state, 'there is no row to act on') : actOn(state, rows, action, null);
}

/** @param like the line of the menu that was chosen; null = the first of the action */
export function actOn(state: State, rows: readonly Row[], action: ActionName, like: ActionChoice | null): Step {
  if (action === 'snapshot') return snapshot(state);
  const subjects: ConfirmSubject[] = [];
  for (const row of rows) {
    const choice = choiceLike(state, row, action, like);
    const named = rows.length > 1 ? `${row.name}: ` : '';
    if (choice === null)
      return refused(state, `${named}this row has nothing to ${wordsOf[action]}: A lists what there is`);
    if (choice.disabled !== null) return refused(state, `${named}${choice.disabled}`);
    subjects.push({ row: { id: row.id, node: row.node, thing: row.thing }, values: choice.values });
  }
  return asked(state, action, subjects, '', false);
}

const wordsOf: Readonly<Record<Exclude<ActionName, 'snapshot'>, string>> = {
  drain: 'drain',
  undrain: 'undrain',
  maintenance: 'put under maintenance',
  'end-maintenance': 'take out of maintenance',
  check: 'check',
  'reset-breaker': 'reset',
  'block-client': 'block',
  'unblock-client': 'unblock',
  'kill-request': 'end',
  'log-level': 'log more of',
};

function choiceLike(state: State, row: Row, action: ActionName, like: ActionChoice | null): ActionChoice | null {
  const mine = choicesOf(state, row).filter((one) => one.action === action);
  const same = mine.find(
    ({ values }) =>
      values['level'] === like?.values['level'] &&
      values['subject'] === like?.values['subject'] &&
      // Of the part that wrote the line, whichever that is, or of everything.
      'module' in values === 'module' in (like?.values ?? {}),
  );
  return (like === null ? null : same) ?? mine[0] ?? null;
}

/** The question, or the order where none is needed. */
export function asked(
  state: State,
  action: ActionName,
  subjects: readonly ConfirmSubject[],
  reason: string,
  changed: boolean,
): Step {
  const known = subjectsNow(state, subjects);
  if (known === null) return refused(state, 'the daemon is not known any more');
  const preview = previewOfSeveral(action, known);
  if (preview.danger === 'mild') return given(state, action, known, '', false);
  return only(
    withOverlay(state, {
      kind: 'confirm',
      ...{ subjects, action, preview, reason, changed },
      ...{ typed: '', caret: 0, focus: 'cancel', sinceMs: state.nowMs },
    }),
  );
}

/** With their daemons as they are now; null = one of them is not there. */
export function subjectsNow(state: State, subjects: readonly ConfirmSubject[]): readonly ActionSubject[] | null {
  const known = subjects.flatMap(({ row, values }) => {
    const node = nodeNamed(state, row.node);
    return node === null ? [] : [{ row, node, values }];
  });
  return known.length === subjects.length ? known : null;
}

/** The orders go out: the first now, those for other daemons when the one before was answered well. */
export function given(
  state: State,
  action: ActionName,
  subjects: readonly ActionSubject[],
  reason: string,
  confirmed: boolean,
): Step {
  const orders = ordersOf(action, subjects, { id: state.nextOrder, reason, confirmed });
  const [first, ...queued] = orders;
  if (first === undefined) return refused(state, 'there is nothing to do');
  const next: State = {
    ...state,
    overlay: null,
    pending: [...state.pending, first],
    queued: [...state.queued, ...queued],
    nextOrder: state.nextOrder + orders.length,
  };
  return doing(told(next, 'info', `${action} … waiting for ${first.node}`), { kind: 'order', order: first });
}

/** Why a subject cannot be acted on now; null = it can, as far as is known. */
export function objectionTo(state: State, action: ActionName, { row: { id, node } }: ConfirmSubject): string | null {
  const row = rowsOf(state).rows.find((one) => one.id === id);
  const known = nodeNamed(state, node);
  if (known === null) return `${node} is not known any more`;
  if (known.lost !== null) return `${node} does not answer: ${known.lost.why}`;
  return row === undefined ? null : (choiceOf(action, row, known)?.disabled ?? null);
}

/** `i`: of the daemon that the row is of. */
export function snapshot(state: State): Step {
  const named = selectedRow(state)?.node;
  const node = state.nodes.find((one) => one.node === named) ?? state.nodes[0];
  if (node === undefined) return refused(state, 'there is no daemon');
  return doing(told(state, 'info', `taking a snapshot of ${node.node} …`), { kind: 'snapshot', node: node.node });
}
