/** All rules for one `alerts` block. Asked by `sentinel config alerts`, the shipped files and the page of alerts. */
import { budgetRules } from './budget-rules.ts';
import { recordingRules } from './recording-rules.ts';
import type { AlertRule, RecordingRule, RuleGroup, Thresholds } from './rule.ts';
import { stateRules } from './state-rules.ts';
import { thresholdRules } from './threshold-rules.ts';

export interface Rules {
  readonly recording: RuleGroup<RecordingRule>;
  readonly alerts: readonly RuleGroup<AlertRule>[];
}

export function rulesFor(thresholds: Thresholds): Rules {
  return {
    recording: recordingRules(),
    alerts: [
      { name: 'sentinel_thresholds', rules: thresholdRules(thresholds) },
      { name: 'sentinel_state', rules: stateRules(thresholds) },
      { name: 'sentinel_error_budget', rules: budgetRules(thresholds) },
    ],
  };
}

/** Where the page says what an alert means; GitHub's and most other renderings of headings agree on it. */
export function runbookOf({ alert }: Pick<AlertRule, 'alert'>): string {
  return `docs/alerts.md#${alert.toLowerCase()}`;
}
