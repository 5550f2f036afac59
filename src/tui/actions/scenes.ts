/**
 * What an action would do to one row, as things stand: what is shown of it before it is done, and what it is judged by. One function
 * for each action; `preview.ts` puts them together. Pure.
 */
import { breakerWords, resetWords } from '../../cli/breaker-words.ts';
import { takingBackWords } from '../../cli/drains/named.ts';
import { sceneOf } from '../../cli/drains/order.ts';
import { previewWords } from '../../cli/drains/words.ts';
import { cutWords } from '../../cli/requests/request-line.ts';
import { countText } from '../../cli/text.ts';
import type { Reading } from '../feed/reading.ts';
import type { Thing } from '../rows/row.ts';
import type { ActionName, ActionValues } from './action.ts';
import { drainPreviews } from './drain-preview.ts';
import { breakerIdOf, breakerOf, checkedUpstream, drainOf, inflightOf, targetOf, upstreamOf } from './found.ts';
import { endScene, maintenanceScene } from './maintenance-scenes.ts';
import { expiryText, GONE, rateWords, type Scene } from './scene.ts';
import { usualTimes } from './usual-times.ts';

/** What an action does to one thing. */
export function sceneOfAction(action: ActionName, thing: Thing, reading: Reading | null, values: ActionValues): Scene {
  switch (action) {
    case 'drain':
      return drainScene(addressOf(thing, reading), reading);
    case 'undrain':
      return undrainScene(thing, reading);
    case 'check':
      return checkScene(thing, reading);
    case 'reset-breaker':
      return resetScene(thing, reading);
    case 'maintenance':
      return maintenanceScene(thing, reading, values);
    case 'end-maintenance':
      return endScene(thing, reading);
    case 'block-client':
      return blockScene(reading, values);
    case 'unblock-client':
      return unblockScene(values);
    case 'kill-request':
      return killScene(thing, reading);
    case 'log-level':
      return levelScene(reading, values);
    case 'snapshot':
      return snapshotScene;
  }
}

/** The address of a target: what commands name it by. */
export function addressOf(thing: Thing, reading: Reading | null): string {
  if (thing.kind !== 'target') return '';
  return targetOf(reading, thing.upstream, thing.target)?.address ?? thing.target;
}

/** Several targets that go together are judged together: each alone may be spared where both may not. */
export function drainScene(target: string, reading: Reading | null, together: readonly string[] = [target]): Scene {
  const previews = reading === null ? [] : drainPreviews(reading, new Set(together));
  const short = previews.some(({ below_min: below }) => below);
  const deadline = 'never: it stays drained until it is taken back (deadline 5m, then wait)';
  return {
    what: `drain ${target}${short ? ' (below min-healthy)' : ''}`,
    host: target,
    effect: previews.length === 0 ? GONE : previews.map(previewWords).join('; '),
    undo: [['sentinel', 'undrain', target]],
    expires: deadline,
    danger: short ? 'severe' : 'moderate',
    confirmName: short ? target : null,
    cli: [['sentinel', 'drain', target, ...(short ? ['--allow-below-min', `--confirm=${target}`] : [])]],
    facts: [
      sceneOf({ data: { preview: previews }, generation: reading?.generation ?? 0 }),
      previews.map(({ available, draining, down }) => [available, draining, down]),
    ],
  };
}

function undrainScene(thing: Thing, reading: Reading | null): Scene {
  const target = addressOf(thing, reading);
  const drain = thing.kind === 'target' ? drainOf(reading, thing.upstream, thing.target) : null;
  const its = (reading?.upstreams ?? [])
    .flatMap(({ targets }) => targets)
    .filter((one) => one.drain !== null && one.drain.id === drain?.id);
  const inFlight = its.reduce((sum, one) => sum + one.in_flight, 0);
  const failing = its.find(({ verdict }) => verdict === 'unhealthy');
  // The daemon checks it first, and says no.
  const refused =
    failing === undefined
      ? ''
      : `; while its check fails it stays ${drain?.state}: ${failing.last_check?.words ?? failing.why}`;
  return {
    what: drain?.state === 'draining' ? `cancel the drain of ${drain.target}` : `take ${drain?.target ?? target} back`,
    host: target,
    effect: drain === null ? GONE : `${takingBackWords({ ...drain, now: { in_flight: inFlight } })}${refused}`,
    undo: [['sentinel', 'drain', drain?.target ?? target]],
    expires: 'never: it takes requests until somebody drains it',
    danger: 'moderate',
    confirmName: null,
    cli: [['sentinel', 'undrain', drain?.target ?? target]],
    facts: [drain?.id, drain?.state, failing === undefined],
  };
}

function checkScene(thing: Thing, reading: Reading | null): Scene {
  const name = checkedUpstream(thing, reading) ?? '';
  const upstream = upstreamOf(reading, name);
  return {
    what: `check all targets of ${name} now`,
    host: null,
    effect: upstream === null ? GONE : `one probe to each of ${countText(upstream.targets.length)} targets`,
    undo: 'nothing: a check changes nothing by itself',
    expires: 'at once',
    danger: 'mild',
    confirmName: null,
    cli: [['sentinel', 'check', name]],
    facts: [],
  };
}

function resetScene(thing: Thing, reading: Reading | null): Scene {
  const id = breakerIdOf(thing, reading) ?? '';
  const breaker = breakerOf(reading, id);
  const target = thing.kind === 'target' ? targetOf(reading, thing.upstream, thing.target) : null;
  const state = breaker?.state ?? target?.breaker ?? null;
  const now =
    breaker !== null
      ? resetWords(breaker)
      : state === null
        ? GONE
        : `${breakerWords[state]} now, ${rateWords(target?.windows['1m']?.requests_per_s)}; all its requests flow again`;
  return {
    what: `close breaker ${id}`,
    host: target?.address ?? null,
    effect: now,
    undo: [['sentinel', 'breakers', 'open', id]],
    expires: 'when failures open it again',
    danger: 'moderate',
    confirmName: null,
    cli: [['sentinel', 'breakers', 'reset', id]],
    facts: [state],
  };
}

function blockScene(reading: Reading | null, values: ActionValues): Scene {
  const address = values['address'] ?? '';
  const time = values['for'] ?? usualTimes['block-client'];
  const client = reading?.parts.clients?.clients.find(({ key }) => key === address);
  const now = client === undefined ? '' : ` (${rateWords(client.requests_per_s)} now)`;
  // The daemon asks for the name once more where it is its own machine; of other networks it alone knows.
  const own = /^(?:127\.|::1$)/.test(address);
  return {
    what: `block ${address}${own ? ' (this machine itself)' : ''}`,
    host: null,
    effect: `all its requests${now} are refused, in every worker at once`,
    undo: [['sentinel', 'block', 'remove', address]],
    expires: expiryText(time, reading),
    danger: own ? 'severe' : 'mild',
    confirmName: own ? address : null,
    cli: [['sentinel', 'block', 'add', address, '--for', time, ...(own ? [`--confirm=${address}`] : [])]],
    facts: [],
  };
}

function unblockScene(values: ActionValues): Scene {
  const address = values['address'] ?? '';
  return {
    what: `unblock ${address}`,
    host: null,
    effect: 'its requests are served again, as far as nothing else blocks them',
    undo: [['sentinel', 'block', 'add', address]],
    expires: 'at once',
    danger: 'mild',
    confirmName: null,
    cli: [['sentinel', 'block', 'remove', address]],
    facts: [],
  };
}

function killScene(thing: Thing, reading: Reading | null): Scene {
  const id = thing.kind === 'inflight' || thing.kind === 'request' ? thing.id : '';
  const request = inflightOf(reading, id);
  return {
    what:
      request === null ? `end request ${id}` : `end request ${id}: ${request.method} ${request.host}${request.path}`,
    host: null,
    effect: request === null ? GONE : cutWords(request),
    undo: 'nothing: the client has to ask again',
    expires: 'at once',
    danger: 'moderate',
    confirmName: null,
    cli: [['sentinel', 'inflight', 'kill', id]],
    facts: [request !== null],
  };
}

function levelScene(reading: Reading | null, values: ActionValues): Scene {
  const { level = '', module, for: time = usualTimes['log-level'] } = values;
  const of = module === undefined ? [] : ['--module', module];
  const reset = level === 'reset';
  return {
    what: reset ? 'log everything as configured again' : `log ${module ?? 'everything'} at ${level}`,
    host: null,
    effect: reset
      ? 'levels that were set at run time are taken back'
      : 'more lines in the log, in every worker at once',
    undo: reset ? 'set them again' : [['sentinel', 'log-level', 'reset', ...of]],
    expires: reset ? 'at once' : expiryText(time, reading),
    danger: 'mild',
    confirmName: null,
    cli: [reset ? ['sentinel', 'log-level', 'reset'] : ['sentinel', 'log-level', level, ...of, '--for', time]],
    facts: [],
  };
}

const snapshotScene: Scene = {
  what: 'keep a snapshot of everything',
  host: null,
  effect: 'state, metrics, logs and the last requests are written into one file; traffic is not touched',
  undo: 'nothing: delete the file',
  expires: 'never',
  danger: 'mild',
  confirmName: null,
  cli: [['sentinel', 'incident', 'snapshot', '--fast']],
  facts: [],
};
