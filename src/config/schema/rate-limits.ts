/** `rate-limit`: how many requests a client, a path or a route may send. At the top level, in `policies`, and in a route's. */
import { optional, optionalBlock, required, setting, variant } from './keys.ts';
import { rate, rateLimitKey, redisUrl } from './request-keys.ts';
import { choice, toggle, whole } from './value-type.ts';

export const rateLimitKeys = {
  enabled: setting(toggle, {
    meaning: 'Whether it is in force; `#false` takes one route out of what stands at the top level.',
    default: true,
  }),
  'requests-per-second': required(rate, {
    meaning: 'The steady rate. May have decimals: 0.1 is six a minute.',
    example: 'requests-per-second 10',
  }),
  burst: optional(whole({ min: 1, max: 1_000_000 }), {
    meaning: 'Requests that may come at once, above the steady rate.',
    defaultNote: '`requests-per-second`, at least 1',
  }),
  key: setting(rateLimitKey, {
    meaning: 'What requests are counted by. Addresses of IPv6 count by /64.',
    interplay: 'Who is named by one of `trusted-proxies` counts as the client.',
    default: { kind: 'client_ip' },
    example: 'key "header:X-Tenant"',
  }),
  action: setting(choice('block', 'delay', 'log'), {
    meaning: 'What becomes of requests beyond it: refused, made to wait, or only counted and logged.',
    default: 'block',
  }),
  'status-code': setting(whole({ min: 400, max: 599 }), {
    meaning: 'Status of the refusal.',
    default: 429,
  }),
  'max-delay-ms': setting(whole({ min: 0, max: 600_000, unit: 'milliseconds' }), {
    meaning: 'Longest wait under `action "delay"`; who would have to wait longer is refused.',
    default: 5000,
  }),
  'max-keys': setting(whole({ min: 1, max: 10_000_000 }), {
    meaning: 'Keys that are told apart at once.',
    interplay: '`failure-mode` decides what happens to a new key when all are taken.',
    default: 100_000,
  }),
  backend: variant(
    {
      local: {},
      redis: {
        url: required(redisUrl, {
          meaning: 'Where it listens.',
          interplay: 'May contain `${…}`, for the password. Shown to nobody but the reader of the file itself.',
          example: 'url "redis://10.0.0.5:6379"',
        }),
      },
    },
    {
      meaning: 'Where the counts are kept: in this process, over all its workers, or in a Redis that several share.',
      interplay: '`failure-mode` decides what happens while the Redis is away.',
      default: 'local',
      example: 'backend "redis" { url "redis://10.0.0.5:6379" }',
    },
  ),
};

/** Null where neither the route, nor the top-level `policies`, nor the top level has one. */
export const rateLimit = optionalBlock(rateLimitKeys, {
  meaning: 'How many requests are taken; beyond it 429 with `Retry-After` and `RateLimit` fields.',
  interplay:
    'The nearest value of each key is in force: that of the route, then of the top-level `policies`, then of the top-level `rate-limit`. The last two are in force for every route.',
  inherits: 'rate-limit',
  offSwitch: 'enabled',
});
