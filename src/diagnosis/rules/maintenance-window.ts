/** Maintenance that is on: by order of somebody, and clients get its page. */
import { type Case, clockTime, percent, seen, suspect } from '../case.ts';
import { clientTraffic, countOf } from '../client-traffic.ts';
import type { Suspicion } from '../judgement.ts';

export function maintenanceWindow(of: Case): readonly Suspicion[] {
  const orders = of.daemon?.status.overrides.maintenance.filter(({ dormant }) => dormant === null) ?? [];
  if (orders.length === 0) return [];
  const all = orders.find(({ subject }) => subject === '*');
  const order = all ?? orders[0];
  if (order === undefined) return [];
  const traffic = clientTraffic(of, '1m');
  const met = traffic === null || traffic.requests === 0 ? null : countOf(traffic, ['maintenance']);
  const routes = all === undefined ? `route ${orders.map(({ subject }) => subject).join(', ')}` : 'all routes';
  return [
    suspect({
      cause: 'maintenance-left-on',
      strength: 0.93,
      detail: `maintenance is on for ${routes} since ${clockTime(order.set_at)}, by ${order.actor}${order.reason === null ? ', without a reason' : `: "${order.reason}"`}${order.expires_at === null ? '' : `, until ${clockTime(order.expires_at)}`}`,
      resource: { kind: 'override', name: `maintenance ${order.subject}` },
      evidence: [
        seen('daemon', `maintenance ${order.subject} by ${order.actor}`, { at: order.set_at }),
        ...(traffic === null || met === null
          ? []
          : [
              seen('traffic', `${percent(met / traffic.requests)} of the requests in 1m got its page`, {
                value: met / traffic.requests,
              }),
            ]),
      ],
      impact: all === undefined ? 'partial' : 'outage',
      since: order.set_at,
      next: ['sentinel maintenance', order.undo],
    }),
  ];
}
