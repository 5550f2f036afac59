/** What `POST /admin/alerts` does: checks what Alertmanager sends and hands it on. A refusal is of 5xx where sending it again can help. */
import type { AlertsReply } from '../../../admin/contract/alert-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import type { AlertDesk } from '../incidents/alert-desk.ts';
import type { Call, Handlers } from './call.ts';
import { AdminProblem } from './problem.ts';

export interface AlertContext {
  readonly alertDesk: Pick<AlertDesk, 'take'>;
}

export function makeAlertHandlers({ alertDesk }: AlertContext): Pick<Handlers, 'alerts-receive'> {
  return { 'alerts-receive': (call) => receive(alertDesk, call) };
}

async function receive(desk: AlertContext['alertDesk'], { body, actor, note }: Call): Promise<AlertsReply> {
  const { checkAlertsRequest } = await import('../../../admin/contract/alert-bodies.ts');
  const checked = checkAlertsRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', `this is not what Alertmanager sends: ${checked.problems.join('; ')}`, {
      problems: checked.problems,
      hint: 'version 4 of the webhook is expected; deploy/prometheus/alertmanager.yml has a receiver that sends it',
    });
  }
  try {
    const reply = await desk.take(checked.value, actor);
    note({ incident: reply.incident, recorded: reply.recorded });
    return reply;
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    // Alertmanager sends again what was answered by 5xx, and that alone.
    throw new AdminProblem(503, error.code, error.message, { hint: error.hint });
  }
}
