/** `alerts`: the thresholds of standing warnings, verdicts and Prometheus rules, and of what counts as slow. */
import { block, setting } from './keys.ts';
import { type ValueType, whole, Wrong } from './value-type.ts';

const days = whole({ min: 0, max: 3650, unit: 'days', zero: 'only what has expired' });
const sharePercent = whole({ min: 1, max: 100, unit: 'percent' });

/** An error rate worth an alert may well be below one percent. */
const finePercent: ValueType<number> = {
  expected: 'a number from 0.001 to 100',
  unit: 'percent',
  read(value) {
    if (typeof value === 'string' && /^\d{1,3}(?:\.\d{1,3})?$/.test(value))
      return new Wrong('SNT-C108', { replacement: value });
    if (typeof value !== 'number') return new Wrong('SNT-C108');
    return value >= 0.001 && value <= 100 ? value : new Wrong('SNT-C109');
  },
  write: String,
};

export const alerts = block(
  {
    'error-rate-percent': setting(finePercent, {
      meaning:
        'Share of requests that end with 5xx from which on `status` and the generated rules warn. May have decimals.',
      interplay: 'The rules for the error budget take it for the share of requests that may fail in 30 days.',
      default: 1,
    }),
    'p99-ms': setting(whole({ min: 1, max: 3_600_000, unit: 'milliseconds' }), {
      meaning:
        'Time that 99 of 100 requests stay below; above it `status` and the generated rules warn, and a finished request that took longer is kept as a slow one.',
      default: 1000,
    }),
    'connections-percent': setting(sharePercent, {
      meaning:
        'Share of `limits.max-total-connections` that is open, from which on `status` and the generated rules warn.',
      default: 80,
    }),
    'breaker-trips-per-minute': setting(whole({ min: 0, max: 1_000_000, zero: 'warn of any' }), {
      meaning: 'Openings of the circuit breakers of an upstream in a minute, above which the generated rules warn.',
      default: 10,
    }),
    'memory-percent': setting(sharePercent, {
      meaning:
        'Share of the memory that the process may have, from which on `status` and the generated rules warn: of the limit of its cgroup, else of `limits.max-memory-bytes`, else of the memory of the machine.',
      default: 80,
    }),
    'cert-warn-days': setting(days, {
      meaning: 'Days before a certificate expires from which on it is warned of.',
      default: 30,
    }),
    'cert-critical-days': setting(days, {
      meaning: 'Days before a certificate expires from which on that is critical.',
      interplay: 'At most `cert-warn-days`.',
      default: 7,
    }),
  },
  {
    meaning: 'From when on something is worth a warning.',
    interplay: '`sentinel config alerts` prints Prometheus rules with these thresholds.',
  },
);
