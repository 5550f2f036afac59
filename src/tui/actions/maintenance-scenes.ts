/** What maintenance of routes, of all that go to an upstream, or of the whole proxy would do, and its end. Pure; `scenes.ts` asks. */
import { maintenanceWords, untilText } from '../../cli/overrides/words.ts';
import { countText } from '../../cli/text.ts';
import type { Reading } from '../feed/reading.ts';
import type { Thing } from '../rows/row.ts';
import type { ActionValues } from './action.ts';
import { everyRoute, maintenanceOf, routeOf, routesOf, upstreamOf } from './found.ts';
import { expiryText, GONE, rateWords, type Scene } from './scene.ts';
import { usualTimes } from './usual-times.ts';

/** What routes, or all of them, under maintenance means. */
export function maintenanceScene(thing: Thing, reading: Reading | null, values: ActionValues): Scene {
  const all = values['subject'] === everyRoute;
  const routes = all ? [] : routesOf(thing, reading);
  const upstream = thing.kind === 'upstream' ? thing.upstream : null;
  const time = values['for'] ?? usualTimes.maintenance;
  const named = routes.length === 1 ? `route ${routes[0]}` : `routes ${routes.join(', ')}`;
  const which = all ? [['--all']] : routes.map((id) => ['--route', id]);
  return {
    what: all
      ? 'put every route under maintenance'
      : `put ${upstream === null ? named : `all of ${upstream} (${named})`} under maintenance`,
    host: null,
    effect: `${loadWords(thing, reading, all)}: ${maintenanceWords}`,
    undo: which.map((words) => ['sentinel', 'maintenance', 'off', ...words]),
    expires: expiryText(time, reading),
    // As the command has it: everybody by name, one route by a yes; and a whole upstream by name (operator.md §5).
    danger: all || upstream !== null ? 'severe' : 'moderate',
    confirmName: all ? 'all' : upstream,
    cli: which.map((words) => [
      'sentinel',
      'maintenance',
      'on',
      ...words,
      '--for',
      time,
      ...(all ? ['--confirm=all'] : []),
    ]),
    facts: [routes, maintenanceOf(reading, routes).map(({ subject }) => subject)],
  };
}

/** What it would meet now, in numbers, as far as they were read. */
function loadWords(thing: Thing, reading: Reading | null, all: boolean): string {
  if (reading === null) return '?';
  const { counts, windows } = reading.status;
  if (all) return `${rateWords(windows['1m']?.requests_per_s)} now, ${countText(counts.in_flight_requests)} in flight`;
  if (thing.kind === 'upstream') {
    const upstream = upstreamOf(reading, thing.upstream);
    const inFlight = upstream?.targets.reduce((sum, { in_flight: count }) => sum + count, 0) ?? 0;
    return `${rateWords(upstream?.windows['1m']?.requests_per_s)} now, ${countText(inFlight)} in flight`;
  }
  const route = thing.kind === 'route' ? routeOf(reading, thing.route) : null;
  return `${rateWords(route?.windows['1m']?.requests_per_s)} now`;
}

/** What its end means. */
export function endScene(thing: Thing, reading: Reading | null): Scene {
  const orders = maintenanceOf(reading, routesOf(thing, reading));
  const chosen = endedSubjects(thing, reading);
  const all = chosen.includes(everyRoute);
  const [first] = orders.filter(({ subject }) => chosen.includes(subject));
  const of = all ? ['--all'] : ['--route', chosen[0] ?? ''];
  return {
    what: `end the maintenance of ${all ? 'all routes' : chosen.join(', ')}`,
    host: null,
    effect:
      first === undefined
        ? GONE
        : `clients are served again at once; it was set ${untilText(first)}, by ${first.actor}`,
    undo: [['sentinel', 'maintenance', 'on', ...of]],
    expires: 'never: they are served until somebody puts them under maintenance',
    danger: 'moderate',
    confirmName: null,
    cli: [['sentinel', 'maintenance', 'off', ...of]],
    facts: orders.map(({ subject, set_at: at }) => [subject, at]),
  };
}

/** Which orders end: those of the routes themselves, and where there is none, the one for all. */
export function endedSubjects(thing: Thing, reading: Reading | null): readonly string[] {
  const subjects = maintenanceOf(reading, routesOf(thing, reading)).map(({ subject }) => subject);
  const own = subjects.filter((subject) => subject !== everyRoute);
  return own.length === 0 ? subjects : own;
}
