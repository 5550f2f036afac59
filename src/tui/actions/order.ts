/** What goes to the daemon once it is confirmed: one order for each daemon that marked rows are of. Pure; the feed sends it. */
import type { ActionName, ActionValues, Order, OrderedRow } from './action.ts';
import { checkedUpstream, everyRoute, routesOf } from './found.ts';
import { type ActionSubject, drainsBelowMin } from './preview.ts';
import { endedSubjects } from './maintenance-scenes.ts';
import { addressOf } from './scenes.ts';

export interface OrderTerms {
  /** Of the first order; those after it count up. */
  readonly id: number;
  /** As it was typed; empty = none, as the commands allow. */
  readonly reason: string;
  /** The name was typed, where it had to be. */
  readonly confirmed: boolean;
}

/** The order for one row. */
export function orderOf(action: ActionName, subject: ActionSubject, terms: OrderTerms): Order {
  const [order] = ordersOf(action, [subject], terms);
  return order as Order;
}

/** The orders for several rows, in their order: those of one daemon in one, which stops at the first refusal. */
export function ordersOf(action: ActionName, subjects: readonly ActionSubject[], terms: OrderTerms): readonly Order[] {
  const byNode = Map.groupBy(subjects, ({ node }) => node.node);
  return [...byNode].map(([node, mine], index): Order => {
    const below = action === 'drain' && terms.confirmed && drainsBelowMin(mine);
    const [first, ...others] = mine.flatMap((subject) => partsOf(action, subject, below));
    const [{ node: state, row, values }] = mine as [ActionSubject];
    // What a row stood for is gone: the daemon says so.
    const nothing = { row: { id: row.id, thing: row.thing }, values };
    const reason = terms.reason.trim();
    return {
      id: terms.id + index,
      node,
      action,
      ...(first ?? nothing),
      reason: reason === '' ? null : reason,
      ifMatch: isJudged(action) ? (state.reading?.etag ?? null) : null,
      confirmed: terms.confirmed,
      others,
    };
  });
}

/** Those that were asked about with numbers: they hold for the state that was shown. What a single request or client is has no part in it. */
function isJudged(action: ActionName): boolean {
  return ['drain', 'undrain', 'reset-breaker', 'maintenance', 'end-maintenance'].includes(action);
}

/** Of a row with several routes each is a part. */
function partsOf(action: ActionName, subject: ActionSubject, below: boolean): readonly OrderedRow[] {
  const { row, node, values } = subject;
  const { thing } = row;
  const part = (more: ActionValues): OrderedRow => ({ row: { id: row.id, thing }, values: { ...values, ...more } });
  switch (action) {
    case 'drain':
      return [part({ target: addressOf(thing, node.reading), ...(below ? { 'below-min': 'yes' } : {}) })];
    case 'undrain':
    case 'reset-breaker':
      return [part({ target: addressOf(thing, node.reading) })];
    case 'check':
      return [part({ upstream: checkedUpstream(thing, node.reading) ?? '' })];
    case 'maintenance':
      if (values['subject'] === everyRoute) return [part({})];
      return routesOf(thing, node.reading).map((subjectName) => part({ subject: subjectName }));
    case 'end-maintenance':
      return endedSubjects(thing, node.reading).map((subjectName) => part({ subject: subjectName }));
    default:
      return [part({})];
  }
}
