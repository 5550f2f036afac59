/** `sentinel incident factor add`: what has contributed to it, for the post-mortem. */
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { incidentStore } from '../incident/place.ts';
import { textOf } from '../incident/typed-text.ts';
import { oneLine } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const { factors } = await store.append(id, [{ kind: 'factor', text: textOf(invocation, 'factor') }]);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, factors },
    text: (style) =>
      `${style.green('✓')} ${factors.length} contributing ${factors.length === 1 ? 'factor' : 'factors'} of ${id}\n${factors.map(({ text }) => `  - ${oneLine(text)}\n`).join('')}`,
  };
}
