/** Of which incident actions are meant: they are carried out when it has long been closed. */
import { SentinelError } from '../../base/errors.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import type { Invocation } from '../command.ts';
import { chosenIncident, openOrLastIncident } from './chosen-incident.ts';

/**
 * The one that is named or the only open one; else the only one that has an action which is not done, or the last one.
 * @throws as `openOrLastIncident`
 */
export async function incidentOfAction(invocation: Invocation, store: IncidentStore): Promise<string> {
  try {
    return await chosenIncident(invocation, store);
  } catch (error) {
    if (!(error instanceof SentinelError) || error.code !== 'SNT-I008') throw error;
    const owing = store.list().filter(({ incident }) => incident?.actions.some(({ done }) => done === null) === true);
    const [only, ...others] = owing;
    return only === undefined || others.length > 0 ? await openOrLastIncident(invocation, store) : only.id;
  }
}
