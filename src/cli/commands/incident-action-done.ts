/** `sentinel incident action done`: an action is carried out. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { incidentOfAction } from '../incident/actions.ts';
import { incidentStore } from '../incident/place.ts';
import { actionLine } from '../incident/show-text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await incidentOfAction(invocation, store);
  const number = Number(invocation.argument('number'));
  const { actions } = await store.change(id, ({ actions: before }) => {
    const action = before.find((one) => one.number === number);
    if (action === undefined) {
      const there = before.map((one) => one.number).join(', ');
      throw new SentinelError(
        'SNT-P040',
        `incident ${id} has no action ${JSON.stringify(invocation.argument('number') ?? '')}; there ${there === '' ? 'is none' : `are ${there}`}`,
        { hint: `sentinel incident action list -i ${id}` },
      );
    }
    return action.done === null ? [{ kind: 'action-done', number }] : [];
  });
  const action = actions.find((one) => one.number === number);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, action },
    text: (style) => (action === undefined ? '' : actionLine(action, style.columns, style)),
  };
}
