/** `retry-policy` of a route: what is tried again, how often, and at whose expense. */
import { list, optionalBlock, setting } from './keys.ts';
import { toggle, whole } from './value-type.ts';

const longestMs = 2_147_483_647;

export const retryPolicy = optionalBlock(
  {
    'max-attempts': setting(whole({ min: 1, max: 20 }), {
      meaning: 'Tries in all, the first included.',
      default: 3,
    }),
    'per-try-timeout-ms': setting(
      whole({ min: 0, max: longestMs, unit: 'milliseconds', zero: 'the bounds of route and upstream alone' }),
      {
        meaning: 'Longest time of one try from the last byte of the request to the head of the response.',
        interplay: '`timeout-secs` of the route and `request-secs` of the upstream bound all tries together.',
        default: 5000,
      },
    ),
    'backoff-base-ms': setting(whole({ min: 0, max: longestMs, unit: 'milliseconds', zero: 'no wait' }), {
      meaning: 'Longest wait before the second try; it doubles with each further one. The wait itself is random.',
      default: 100,
    }),
    'backoff-max-ms': setting(whole({ min: 0, max: longestMs, unit: 'milliseconds', zero: 'no wait' }), {
      meaning: 'Longest wait before any try.',
      default: 2000,
    }),
    'retryable-status-codes': list(whole({ min: 400, max: 599 }), {
      meaning: 'Statuses of the target that are tried again.',
      default: [502, 503, 504],
    }),
    'retry-non-idempotent': setting(toggle, {
      meaning: 'Whether methods that may do something twice, such as POST, are tried again once they have been sent.',
      interplay: 'What has certainly not reached a target is tried again in any case.',
      default: false,
    }),
    'budget-percent': setting(whole({ min: 0, max: 100, unit: 'percent', zero: 'three at once at most' }), {
      meaning:
        'Share of the requests of the last ten seconds that may be tried again, so that tries never multiply an outage; three at once always may.',
      default: 20,
    }),
  },
  {
    meaning:
      'Tries a request again, at another target if there is one. Written = on. A request with GET, HEAD, OPTIONS, TRACE, PUT or DELETE is tried again where the target failed or answered with a listed status.',
  },
);
