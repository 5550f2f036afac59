/** The footer: the keys that can be pressed here, those that cannot now greyed, what was just done, and whether anything may be changed. */
import type { ActionName } from '../actions/action.ts';
import { choiceOf } from '../actions/choices.ts';
import { said } from '../rows/cells.ts';
import type { Command } from '../keys/keymap.ts';
import { keySpecs } from '../keys/table.ts';
import { everyNode, type Row } from '../rows/row.ts';
import { notNow, shownNode } from '../store/moments.ts';
import type { NodeState, State } from '../store/state.ts';
import type { FooterView } from './view.ts';

/** Those that people look for when they look down, in this order: where there is room for few, these stay. */
const firstOnes: readonly Command[] = ['quit', 'help', 'enter', 'filter', 'actions', 'drain', 'undrain'];

const actionOf: Readonly<Partial<Record<Command, ActionName>>> = {
  drain: 'drain',
  undrain: 'undrain',
  maintenance: 'maintenance',
  check: 'check',
  'reset-breaker': 'reset-breaker',
};

export function footerOf(state: State, row: Row | null): FooterView {
  const view = state.stack.at(-1)?.view;
  const specs = keySpecs.filter(
    ({ footer, views }) =>
      footer !== undefined && (views === undefined || (view !== undefined && views.includes(view))),
  );
  const ordered = [
    ...firstOnes.flatMap((command) => specs.filter((spec) => spec.command === command)),
    ...specs.filter(({ command }) => !firstOnes.includes(command)),
  ];
  const node = row === null ? undefined : state.nodes.find((one) => one.node === row.node);
  return {
    keys: ordered.map(({ command, shown, footer }) => ({
      key: shown,
      words: footer ?? '',
      disabled: isDisabled(command, state, row, node),
    })),
    access: accessOf(state, node),
    notice: noticeOf(state),
  };
}

/** What was said last; without that what has not been answered yet, for as long as it has not. */
function noticeOf({ notice, nowMs, pending }: State): FooterView['notice'] {
  if (notice !== null && notice.untilMs > nowMs) return { words: said(notice.words), tone: notice.tone };
  const [order] = pending;
  return order === undefined ? null : { words: `${order.action} … waiting for ${said(order.node)}`, tone: 'info' };
}

function isDisabled(command: Command, state: State, row: Row | null, node: NodeState | undefined): boolean {
  if (command === 'explain') return (row?.code ?? null) === null;
  const action = actionOf[command];
  if (action === undefined) return false;
  if (row === null || node === undefined || row.node === everyNode || notNow(state) !== null) return true;
  const choice = choiceOf(action, row, shownNode(node, state));
  return choice === null || choice.disabled !== null;
}

/** Of the daemon that the row is of; of all where it is of none: what may be done to each of them. */
function accessOf({ nodes, readOnly }: State, node: NodeState | undefined): string {
  if (readOnly) return 'READ-ONLY';
  const asked = node === undefined ? nodes : [node];
  const roles = asked.map(({ reading }) => (reading === null ? undefined : reading.identity?.role));
  if (roles.some((role) => role === undefined)) return 'READ-ONLY ?';
  return roles.includes('viewer') ? 'READ-ONLY' : 'READ-WRITE';
}
