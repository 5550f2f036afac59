/** `alerts`: the thresholds of standing warnings and verdicts. */
import { block, setting } from './keys.ts';
import { whole } from './value-type.ts';

const days = whole({ min: 0, max: 3650, unit: 'days', zero: 'only what has expired' });

export const alerts = block(
  {
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
  { meaning: 'From when on something is worth a warning.' },
);
