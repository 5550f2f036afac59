/** What daemons answer to orders: said, with what takes it back; asked anew where the state had changed; or the end of the rest. Pure. */
import type { Order, OrderResult } from '../actions/action.ts';
import { noticeRoom } from '../draw/heights.ts';
import { everyRoute } from '../actions/found.ts';
import { asked, objectionTo } from './acting.ts';
import type { ConfirmSubject, State, Step } from './state.ts';
import { doing, only, told } from './step.ts';

export function afterResult(state: State, order: Order, result: OrderResult): Step {
  const answered: State = { ...state, pending: state.pending.filter(({ id }) => id !== order.id) };
  // The rows are to show at once what became of it.
  if (result.kind === 'done') {
    const words = undoable(result.words, result.undo, noticeRoom(state.size));
    const said = { ...told(answered, result.well ? 'good' : 'warn', words), lastUndo: result.undo };
    const [next, ...queued] = said.queued;
    if (next === undefined) return doing(said, { kind: 'refresh' });
    return doing(
      { ...said, queued, pending: [...said.pending, next] },
      { kind: 'refresh' },
      { kind: 'order', order: next },
    );
  }
  const left = answered.queued.length;
  const rest = left === 0 ? '' : ` (${left} more ${left === 1 ? 'daemon was' : 'daemons were'} not asked)`;
  const ended = told({ ...answered, queued: [] }, 'bad', `${result.words}${rest}`);
  const again = result.kind === 'refused' && result.again;
  return doing(again ? { ...ended, again: { order, sinceMs: state.nowMs } } : ended, { kind: 'refresh' });
}

/** Where there is no room for both, words give way to what takes it back. */
function undoable(words: string, undo: string | null, room: number): string {
  if (undo === null) return words;
  const end = ` · undo: ${undo}`;
  const left = room - end.length;
  if (words.length <= left) return `${words}${end}`;
  return left < 12 ? `done${end}` : `${words.slice(0, left - 1).trimEnd()}…${end}`;
}

/** With a reading that is newer than the refusal: the question is asked anew, of those rows that it is still to be asked of. */
export function askedAnew(state: State): Step {
  const { again } = state;
  if (again === null) return only(state);
  const node = state.nodes.find((one) => one.node === again.order.node);
  const reading = node?.reading ?? null;
  if (node === undefined || reading === null || reading.receivedMs <= again.sinceMs) return only(state);
  const { order } = again;
  const over: State = { ...state, again: null };
  // Something else is being typed or answered: what was refused stays refused.
  if (over.overlay !== null) return only(over);
  const subjects = subjectsOf(order).filter((subject) => objectionTo(over, order.action, subject) === null);
  return subjects.length === 0 ? only(over) : asked(over, order.action, subjects, order.reason ?? '', true);
}

/** One for each row, with what was chosen for it; what the order added is found anew. */
function subjectsOf({ node, row, values, others }: Order): readonly ConfirmSubject[] {
  const parts = new Map([{ row, values }, ...others].map((part) => [part.row.id, part]));
  return [...parts.values()].map((part) => {
    const { target: _target, upstream: _upstream, 'below-min': _below, subject, ...kept } = part.values;
    return {
      row: { ...part.row, node },
      values: subject === everyRoute ? { ...kept, subject } : kept,
    };
  });
}
