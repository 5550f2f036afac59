/**
 * The menu of a row: every action that its kind has, and for each why it cannot be done now. The menu (`A`) shows all of them, keys
 * and palette take the first of their action. Pure.
 */
import { logLevelNames } from '../../admin/contract/log-shapes.ts';
import { breakerWords } from '../../cli/breaker-words.ts';
import { oneLine } from '../../cli/text.ts';
import type { Row } from '../rows/row.ts';
import type { NodeState } from '../store/state.ts';
import type { ActionChoice, ActionName, ActionValues } from './action.ts';
import {
  breakerIdOf,
  breakerOf,
  checkedUpstream,
  drainOf,
  everyRoute,
  inflightOf,
  maintenanceOf,
  routeOf,
  routesOf,
  targetOf,
  upstreamOf,
} from './found.ts';
import { hindranceOf } from './hindrance.ts';
import { usualTimes } from './usual-times.ts';

/** What the menu of a row holds; the order is fixed, so that nothing moves under the cursor. */
export function choicesFor(row: Row, node: NodeState): readonly ActionChoice[] {
  return linesOf(row, node).map(({ action, words, values = {}, objection }) => ({
    action,
    words: oneLine(words),
    values,
    disabled: textOf(hindranceOf(action, row, node) ?? objection),
  }));
}

/** The choice that a key takes: the first of the action; null = rows of this kind have none. */
export function choiceOf(action: ActionName, row: Row, node: NodeState): ActionChoice | null {
  return choicesFor(row, node).find((one) => one.action === action) ?? null;
}

function textOf(words: string | null): string | null {
  return words === null ? null : oneLine(words);
}

interface MenuLine {
  readonly action: ActionName;
  readonly words: string;
  readonly values?: ActionValues;
  /** What of the row is against it; null = nothing. */
  readonly objection: string | null;
}

function linesOf(row: Row, node: NodeState): readonly MenuLine[] {
  return [...ownLines(row, node), snapshot];
}

const snapshot: MenuLine = { action: 'snapshot', words: 'snapshot of everything', objection: null };

function ownLines(row: Row, node: NodeState): readonly MenuLine[] {
  const { thing } = row;
  switch (thing.kind) {
    case 'target':
      return [
        drainLine(thing.upstream, thing.target, node),
        undrainLine(thing.upstream, thing.target, node),
        checkLine(row, node),
        resetLine(row, node),
        ...maintenanceLines(row, node),
      ];
    case 'upstream':
      return [
        { action: 'drain', words: 'drain', objection: 'targets are drained: choose one of its targets' },
        { action: 'undrain', words: 'undrain', objection: 'targets are taken back: choose one of its targets' },
        checkLine(row, node),
        {
          action: 'reset-breaker',
          words: 'close the breaker',
          objection: 'targets and routes have breakers: choose a target',
        },
        ...maintenanceLines(row, node),
      ];
    case 'route':
      return [checkLine(row, node), resetLine(row, node), ...maintenanceLines(row, node)];
    case 'inflight':
      return [killLine(thing.id, node), blockLine(row.value('client'), null)];
    case 'request':
      return [
        { action: 'kill-request', words: 'end the request', objection: 'it has ended' },
        blockLine(row.value('client'), null),
      ];
    case 'client':
      return clientLines(thing.client, thing.by, node);
    case 'log':
      return levelLines(row.value('module'));
    case 'event':
    case 'cause':
    case 'cert':
    case 'line':
      return levelLines(undefined);
  }
}

function drainLine(upstream: string, target: string, node: NodeState): MenuLine {
  const found = targetOf(node.reading, upstream, target);
  const drain = found?.drain ?? null;
  const objection =
    found === null ? gone(upstream, target) : drain === null ? null : `it is ${drain.state} already, by ${drain.actor}`;
  return { action: 'drain', words: `drain ${target}`, objection };
}

function undrainLine(upstream: string, target: string, node: NodeState): MenuLine {
  const drain = drainOf(node.reading, upstream, target);
  const words = drain?.state === 'draining' ? `cancel the drain of ${target}` : `undrain ${target}`;
  return { action: 'undrain', words, objection: drain === null ? 'it does not drain' : null };
}

function gone(upstream: string, target: string): string {
  return `${upstream} has no target ${target} now`;
}

function checkLine({ thing }: Row, { reading }: NodeState): MenuLine {
  const name = checkedUpstream(thing, reading);
  const upstream = name === null ? null : upstreamOf(reading, name);
  if (upstream === null) {
    const objection =
      name === null ? 'it is not known which upstream the route has' : `there is no upstream ${name} now`;
    return { action: 'check', words: 'check now', objection };
  }
  const objection =
    upstream.kind === 'static'
      ? `${upstream.name} answers by itself: there is nothing to check`
      : upstream.targets.length === 0
        ? `${upstream.name} has no target now`
        : null;
  const how = upstream.check === null ? ' (tries a connection)' : '';
  return { action: 'check', words: `check ${upstream.name} now${how}`, objection };
}

function resetLine({ thing }: Row, { reading }: NodeState): MenuLine {
  const id = breakerIdOf(thing, reading);
  const words = 'close the breaker';
  const target = thing.kind === 'target' ? targetOf(reading, thing.upstream, thing.target) : null;
  const state = breakerOf(reading, id)?.state ?? target?.breaker ?? null;
  if (state !== null)
    return { action: 'reset-breaker', words, objection: state === 'closed' ? `it is ${breakerWords[state]}` : null };
  const unread = thing.kind === 'route' && reading?.parts.breakers === undefined;
  return {
    action: 'reset-breaker',
    words,
    objection: unread ? 'the breakers have not been read yet' : 'it has no circuit breaker',
  };
}

/** What `sentinel maintenance` can do: routes, or all of them; for an upstream, the routes that go there. */
function maintenanceLines({ thing }: Row, { reading }: NodeState): readonly MenuLine[] {
  const routes = routesOf(thing, reading);
  const time = { for: usualTimes.maintenance };
  const inForce = maintenanceOf(reading, routes);
  const forAll = inForce.find(({ subject }) => subject === everyRoute);
  const covered =
    forAll !== undefined || (routes.length > 0 && routes.every((id) => inForce.some(({ subject }) => subject === id)));
  const named =
    thing.kind === 'route' ? `route ${thing.route}` : thing.kind === 'upstream' ? `routes to ${thing.upstream}` : '';
  const objection = covered
    ? 'it is under maintenance already'
    : thing.kind === 'target'
      ? 'of routes and upstreams only'
      : thing.kind === 'route' && reading?.parts.routes !== undefined && routeOf(reading, thing.route) === null
        ? `there is no route ${thing.route} now`
        : routes.length === 0
          ? 'no route goes there'
          : null;
  return [
    {
      action: 'maintenance',
      words: named === '' ? 'maintenance' : `maintenance of ${named} for ${time.for}`,
      values: time,
      objection,
    },
    {
      action: 'end-maintenance',
      words: forAll !== undefined && inForce.length === 1 ? 'end the maintenance of all' : 'end the maintenance',
      objection: inForce.length === 0 ? 'it is not under maintenance' : null,
    },
    {
      action: 'maintenance',
      words: `maintenance of the whole proxy for ${time.for}`,
      values: { ...time, subject: everyRoute },
      objection: forAll === undefined ? null : 'it is under maintenance already',
    },
  ];
}

function killLine(id: string, { reading }: NodeState): MenuLine {
  const request = inflightOf(reading, id);
  const objection = reading?.parts.inflight !== undefined && request === null ? 'it has ended' : null;
  return { action: 'kill-request', words: 'end the request', objection };
}

function blockLine(client: unknown, objection: string | null): MenuLine {
  const address = typeof client === 'string' ? client : '';
  const time = usualTimes['block-client'];
  return {
    action: 'block-client',
    words: `block client ${address === '' ? '?' : address} for ${time}`,
    values: { address, for: time },
    objection: objection ?? (address === '' ? 'its address is not known' : null),
  };
}

function clientLines(client: string, by: string, { reading }: NodeState): readonly MenuLine[] {
  const known = reading?.parts.clients;
  const blocked = known?.by === by ? known.clients.find(({ key }) => key === client)?.blocked : undefined;
  const isAddress = by === 'ip' || by === 'prefix';
  const none = isAddress
    ? null
    : `a ${by === 'path' ? 'path' : 'user agent'} is not an address: look at clients by address`;
  return [
    blockLine(isAddress ? client : undefined, none ?? (blocked === true ? 'it is blocked already' : null)),
    {
      action: 'unblock-client',
      words: `unblock ${isAddress ? client : 'the client'}`,
      values: { address: client },
      objection: none ?? (blocked === true ? null : 'it is not blocked'),
    },
  ];
}

/** `debug` of the part that wrote the line, of everything, and back again. */
function levelLines(module: unknown): readonly MenuLine[] {
  const time = usualTimes['log-level'];
  const [, level] = logLevelNames;
  const set = (of: string, values: ActionValues): MenuLine => ({
    action: 'log-level',
    words: `log ${of} at ${level} for ${time}`,
    values: { level, for: time, ...values },
    objection: null,
  });
  return [
    ...(typeof module === 'string' && module !== '' ? [set(module, { module })] : []),
    set('everything', {}),
    { action: 'log-level', words: 'log everything as configured again', values: { level: 'reset' }, objection: null },
  ];
}
