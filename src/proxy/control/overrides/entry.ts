/**
 * What operators have laid over the file: one entry per value, with who, why, since when and until when. Shapes alone. What
 * entries do is in `rules.ts`; who keeps them is `overrides.ts`.
 */

export const layerKinds = [
  'target',
  'limits',
  'rate-limit',
  'weight',
  'timeout',
  'health',
  'fallback',
  'maintenance',
] as const;

/** Kinds that are laid over the configuration, in the order in which that is done; `block` and `log-level` have keepers of their own. */
export type LayerKind = (typeof layerKinds)[number];

/** Of subjects: every route. */
export const everyRoute = '*';

/** Values as the file writes them: keys with their unit, durations in the unit of the key. */
export interface RateLimitValue {
  readonly 'requests-per-second': number;
  readonly burst?: number;
  /** As in the file: `client_ip`, `header:x-tenant`. */
  readonly key?: string;
  readonly action?: 'block' | 'delay' | 'log';
}

export interface MaintenanceValue {
  /** Null = that of the upstream `maintenance-page`. */
  readonly page: string | null;
  readonly contentType: string;
  /** Seconds; null = as that upstream says. */
  readonly retryAfter: number | null;
  /** Networks in normal form whose clients pass. */
  readonly allow: readonly string[];
}

/** `remove` = the target is not there; a number = it is there besides those of the file, with this weight. */
export type TargetValue = number | 'remove';

/** What is set. `subject` is a route, an upstream, or `upstream/target`; of `limits` the name of the limit. */
export type OverrideSetting =
  | { readonly kind: 'limits'; readonly subject: string; readonly key: null; readonly value: number }
  | { readonly kind: 'rate-limit'; readonly subject: string; readonly key: null; readonly value: RateLimitValue }
  | { readonly kind: 'weight'; readonly subject: string; readonly key: null; readonly value: number }
  | { readonly kind: 'timeout'; readonly subject: string; readonly key: string; readonly value: number }
  | { readonly kind: 'health'; readonly subject: string; readonly key: string; readonly value: number }
  | { readonly kind: 'fallback'; readonly subject: string; readonly key: null; readonly value: string }
  | { readonly kind: 'maintenance'; readonly subject: string; readonly key: null; readonly value: MaintenanceValue }
  | { readonly kind: 'target'; readonly subject: string; readonly key: null; readonly value: TargetValue };

export type OverrideEntry = OverrideSetting & {
  readonly actor: string;
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly setAt: number;
  /** Null = until it is taken back. */
  readonly expiresAt: number | null;
};

/** What one entry is told from others by; a second one of the same replaces it. */
export function entryId({ kind, subject, key }: Pick<OverrideSetting, 'kind' | 'subject' | 'key'>): string {
  return JSON.stringify([kind, subject, key]);
}
