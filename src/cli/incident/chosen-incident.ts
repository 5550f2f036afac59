/**
 * Which incident a command is about: the one that it names, else the only one that is not closed. What is still done about one that
 * is over may mean the one that was closed last, and says so; nothing else is guessed.
 */
import { SentinelError } from '../../base/errors.ts';
import { checkIncidentId } from '../../incident/record/id.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import type { Invocation } from '../command.ts';
import { durationText } from '../text.ts';
import { incidentStore } from './place.ts';

/** How long after it was closed an incident is meant by who names none: its post-mortem is due long before that. */
const RECENT_MS = 7 * 24 * 3_600_000;

/**
 * As `chosenIncident`, and where none is open the one that was closed last, within a week: for post-mortem, actions, checklists.
 * @throws as `chosenIncident`
 */
export async function openOrLastIncident(invocation: Invocation, given?: IncidentStore): Promise<string> {
  const store = given ?? (await incidentStore(invocation));
  const named = invocation.argument('id') ?? invocation.option('incident');
  if (named !== undefined || openIncidents(store).length > 0) return await chosenIncident(invocation, store);
  const nowMs = invocation.clock.wallMs();
  const closed = store.list().flatMap(({ id, incident }) => {
    const at = Date.parse(incident?.times.closed ?? '');
    return nowMs - at <= RECENT_MS ? [{ id, at }] : [];
  });
  const last = closed.toSorted((one, other) => other.at - one.at)[0];
  if (last === undefined) return await chosenIncident(invocation, store);
  const ago = durationText(Math.max(0, nowMs - last.at));
  const { stderr } = invocation;
  if (!invocation.json) stderr.write(`${stderr.style.dim(`– ${last.id}, closed ${ago} ago`)}\n`);
  return last.id;
}

/**
 * Its id: `[id]`, `--incident`, or the only one that is not closed.
 * @throws SNT-I001 what is named is no id, SNT-I002 there is none of that name, SNT-I008 none or several are meant
 */
export async function chosenIncident(invocation: Invocation, given?: IncidentStore): Promise<string> {
  const store = given ?? (await incidentStore(invocation));
  const named = invocation.argument('id') ?? invocation.option('incident');
  if (named !== undefined) {
    // That it is there; whether it makes sense is for `verify` too.
    store.entries(checkIncidentId(named));
    return named;
  }
  const open = openIncidents(store);
  const [only, ...others] = open;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined)
    throw new SentinelError('SNT-I008', `no incident is open in ${store.folder}, and none was named`, {
      hint: 'sentinel incident open   sentinel incident list --all',
    });
  throw new SentinelError('SNT-I008', `${open.length} incidents are open, and none was named: ${open.join(', ')}`, {
    hint: `name the one that you mean, for example ${only}`,
  });
}

/** Ids of those that are not closed, the newest first; also those that cannot be read, for nobody knows whether they are. */
export function openIncidents(store: IncidentStore): readonly string[] {
  return store.list().flatMap(({ id, incident }) => (incident?.phase === 'closed' ? [] : [id]));
}
