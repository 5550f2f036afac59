/** Maintenance as the plan has it: which answer clients get in place of a route, and who passes. A source of live parts. */
import type { Config, StaticResponse } from '../../../config/model.ts';
import { buildAddressSet } from '../../shared/address-set.ts';
import { parseNetwork } from '../../shared/network.ts';
import type { PlanMaintenance } from '../../shared/plan.ts';
import type { LiveSources } from '../live-parts.ts';
import { everyRoute, type MaintenanceValue, type OverrideEntry } from './entry.ts';

/** The upstream whose answer is given where none was brought along. */
export const pageUpstream = 'maintenance-page';
/** Where neither the order nor the upstream says how long. */
const USUAL_RETRY_AFTER_SECS = 900;

type MaintenanceSource = LiveSources['maintenance'];

export class Maintenance implements MaintenanceSource {
  readonly #entries: () => readonly OverrideEntry[];
  /** By what was ordered: one and the same for all its routes and for plan after plan, so that workers are sent it once. */
  readonly #made = new WeakMap<
    MaintenanceValue,
    { readonly of: StaticResponse | null; readonly plan: PlanMaintenance }
  >();

  constructor(entries: () => readonly OverrideEntry[]) {
    this.#entries = entries;
  }

  /** @inheritdoc */
  maintenance(config: Config, route: string | null): PlanMaintenance | null {
    const entries = this.#entries().filter((entry) => entry.kind === 'maintenance');
    // Who speaks of the route alone means it more than who speaks of all.
    const found =
      entries.find(({ subject }) => subject === route) ?? entries.find(({ subject }) => subject === everyRoute);
    if (found === undefined) return null;
    const { value, subject } = found;
    const answer = config.upstreams.find(({ name }) => name === pageUpstream)?.static ?? null;
    const made = this.#made.get(value);
    if (made?.of === answer) return made.plan;
    const plan: PlanMaintenance = {
      everywhere: subject === everyRoute,
      retryAfter: String(value.retryAfter ?? retryAfterOf(answer) ?? USUAL_RETRY_AFTER_SECS),
      ...(value.page === null ? pageOf(answer) : { type: value.contentType, page: value.page }),
      allowed: buildAddressSet(value.allow.map(parseNetwork).filter((network) => network !== null)),
    };
    this.#made.set(value, { of: answer, plan });
    return plan;
  }
}

/** Where the file has made something else of the upstream than a page, a line of text has to do. */
function pageOf(answer: StaticResponse | null): { readonly type: string; readonly page: string } {
  if (answer === null) return { type: 'text/plain; charset=utf-8', page: 'Down for maintenance.\n' };
  return {
    type: fieldOf(answer, 'content-type') ?? 'text/plain; charset=utf-8',
    page: Buffer.from(answer.bodyBase64, 'base64').toString('utf8'),
  };
}

function retryAfterOf(answer: StaticResponse | null): string | null {
  return answer === null ? null : fieldOf(answer, 'retry-after');
}

function fieldOf({ headers }: StaticResponse, wanted: string): string | null {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
}
