/**
 * Alerts for the error budget: `error-rate-percent` of the requests of 30 days may fail. Each asks whether the budget burns
 * too fast over a long window, and still does over a short one, so that it ends soon after the errors do.
 */
import { type BudgetWindow, errorRatio } from './recording-rules.ts';
import type { Sev } from '../base/severity.ts';
import { type AlertRule, promNumber, type Thresholds } from './rule.ts';

interface Burn {
  readonly alert: string;
  readonly severity: Sev;
  /** How many times faster than it may: the whole budget is gone after 30 days / factor. */
  readonly factor: number;
  readonly long: BudgetWindow;
  readonly short: BudgetWindow;
  readonly for: string;
  /** Part of the budget that has burnt in the long window by then. */
  readonly spent: string;
}

export const burns: readonly Burn[] = [
  { alert: 'ErrorBudgetBurnFast', severity: 'SEV2', factor: 14.4, long: '1h', short: '5m', for: '2m', spent: '2 %' },
  { alert: 'ErrorBudgetBurn', severity: 'SEV3', factor: 6, long: '6h', short: '30m', for: '15m', spent: '5 %' },
  { alert: 'ErrorBudgetBurnSlow', severity: 'SEV4', factor: 3, long: '1d', short: '2h', for: '1h', spent: '10 %' },
  { alert: 'ErrorBudgetDraining', severity: 'SEV4', factor: 1, long: '3d', short: '6h', for: '3h', spent: '10 %' },
];

/** A generous budget times its factor may be more than all requests: half of them failing is enough to be told. */
const MOST = 0.5;

export function budgetRules({ errorRatePercent }: Thresholds): readonly AlertRule[] {
  const budget = errorRatePercent / 100;
  return burns.map(({ alert, severity, factor, long, short, for: holds, spent }) => {
    const bound = promNumber(Math.max(budget, Math.min(factor * budget, MOST)));
    return {
      alert,
      severity,
      expr: `${errorRatio(long)} > ${bound}\nand\n${errorRatio(short)} > ${bound}`,
      for: holds,
      summary: 'The error budget of {{ $labels.instance }} burns too fast',
      description: `{{ $value | humanizePercentage }} of the requests of the last ${long} ended with 5xx, and it goes on; ${errorRatePercent} % over 30 days are allowed.`,
      action: "sentinel requests --filter 'status=5xx'",
      keys: ['error-rate-percent'],
      meaning: `More than ${factor === 1 ? 'the budget' : `${factor} times the budget`} over ${long} and over ${short}: by then ${spent} of the budget of 30 days is spent.`,
    };
  });
}
