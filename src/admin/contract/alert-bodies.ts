/** Checks the body of `POST /admin/alerts`. Lenient where Alertmanager may say more: what it sends and is refused is lost for it. */
import { z } from 'zod';
import type { AlertsRequest } from './alert-shapes.ts';
import type { BodyCheck } from './bodies.ts';

const status = z.enum(['firing', 'resolved']);
const time = z.iso.datetime({ offset: true });
const texts = z.record(z.string(), z.string());

const alertsRequest = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  status,
  truncatedAlerts: z.int().min(0).optional(),
  alerts: z
    .array(
      z.object({
        status,
        labels: texts,
        annotations: texts.default({}),
        startsAt: time,
        endsAt: time,
        fingerprint: z.string().min(1).max(128),
      }),
    )
    .min(1),
}) satisfies z.ZodType<unknown>;

/** So many things that are wrong are said: of a thousand alerts each would be. */
const MOST_PROBLEMS = 10;

export function checkAlertsRequest(body: unknown): BodyCheck<AlertsRequest> {
  const found = alertsRequest.safeParse(body);
  if (found.success) return { ok: true, value: found.data as AlertsRequest };
  const problems = found.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  return { ok: false, problems: problems.slice(0, MOST_PROBLEMS) };
}
