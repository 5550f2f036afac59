/** `--guard errors=5%`, as an operator writes what guards of one change allow, and as the daemon takes it. Pure. */
import type { GuardChoice } from '../../admin/contract/commit-shapes.ts';
import { SentinelError } from '../../base/errors.ts';

/** @throws SNT-P040 */
export function guardChoice(given: readonly string[]): GuardChoice {
  const choice: { -readonly [K in keyof GuardChoice]: GuardChoice[K] } = {};
  for (const text of given) {
    const [name = '', value = '', ...rest] = text.split('=');
    if (rest.length > 0) throw wrong(text);
    switch (name) {
      case 'errors':
      case 'tls':
        choice[name] = value === 'off' ? null : share(text, value);
        break;
      case 'p99':
        choice.p99 = value === 'off' ? null : times(text, value);
        break;
      case 'healthy':
        if (value !== 'off') throw wrong(text);
        choice.healthy = null;
        break;
      default:
        throw wrong(text);
    }
  }
  return choice;
}

function share(text: string, value: string): number {
  const percent = /^(\d{1,3}(?:\.\d{1,3})?) ?%$/.exec(value)?.[1];
  if (percent === undefined || Number(percent) > 100) throw wrong(text);
  return Number(percent) / 100;
}

function times(text: string, value: string): number {
  const factor = /^(\d{1,3}(?:\.\d{1,3})?)x?$/.exec(value)?.[1];
  if (factor === undefined || Number(factor) < 1) throw wrong(text);
  return Number(factor);
}

function wrong(text: string): SentinelError {
  return new SentinelError(
    'SNT-P040',
    `--guard is ${JSON.stringify(text)}, expected errors=PERCENT, tls=PERCENT, p99=FACTOR, or one of them or healthy with off`,
    { hint: '--guard errors=5% --guard p99=2 --guard healthy=off' },
  );
}
