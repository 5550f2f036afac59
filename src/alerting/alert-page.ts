/** `docs/alerts.md`: every alert with its meaning, its threshold and the next command; the `runbook` of an alert leads here. */
import { burns } from './budget-rules.ts';
import type { AlertRule, Thresholds } from './rule.ts';
import { rulesFor } from './rules.ts';

const groupTitles: Readonly<Record<string, string>> = {
  sentinel_thresholds: 'Thresholds',
  sentinel_state: 'States',
  sentinel_error_budget: 'The error budget',
};

/** @param thresholds The defaults: their values stand in the expressions that are shown. */
export function alertPage(thresholds: Thresholds): string {
  const { alerts, recording } = rulesFor(thresholds);
  const sections = alerts.map(({ name, rules }) =>
    [`## ${groupTitles[name] ?? name}`, ...intro(name), ...rules.map(section)].join('\n\n'),
  );
  const recorded = recording.rules.map(({ record }) => `- \`${record}\``).join('\n');
  return `<!-- Made by \`npm run docs\`; edit the tables in src/alerting. -->

# Alerts

The block \`alerts\` of the configuration holds one set of thresholds. What exceeds them is a standing warning of \`sentinel
status\`, and the same numbers make rules for Prometheus:

\`\`\`sh
sentinel config alerts sentinel.kdl > sentinel-rules.yml
promtool check rules sentinel-rules.yml
\`\`\`

[deploy/prometheus](../deploy/prometheus) has them ready for the defaults: \`alerts.yml\` and \`recording.yml\`, a \`prometheus.yml\` that
scrapes one daemon, and \`alerts.test.yml\`, which says of every alert when it fires and when it stays silent (\`promtool test
rules\`). \`alertmanager.yml\` beside them has a receiver by which alerts open incidents ([incidents.md](incidents.md#alerts)).
[deploy/grafana/sentinel.json](../deploy/grafana/sentinel.json) is a dashboard over the same series.

Every alert has a label \`severity\` (SEV1 to SEV4, as in the runbooks) and the annotations \`summary\`, \`description\`, \`action\` – the
next command to type – and \`runbook\`, which leads to a heading below. A window of five minutes needs a scrape interval of two
minutes or less.

${sections.join('\n\n')}

## What is recorded

Computed once, for alerts and dashboards:

${recorded}

The error ratio is a sum divided by a sum. Divided without \`sum\`, every series is divided by itself, and the ratio is 1
whatever happens. A rate that is not divided counts requests per second and is no share at all.
`;
}

function intro(name: string): readonly string[] {
  if (name !== 'sentinel_error_budget') return [];
  const rows = burns.map(
    ({ alert, factor, long, short, spent }) => `| ${alert} | ${factor} × | ${long} | ${short} | ${spent} |`,
  );
  return [
    '`error-rate-percent` of the requests of 30 days may fail. Each alert asks whether that is used up too fast over a long window, and still is over a short one, so that it ends soon after the errors do.',
    `| Alert | Burns | Over | And over | Spent by then |\n|---|---|---|---|---|\n${rows.join('\n')}`,
  ];
}

function section({ alert, severity, keys, for: holds, expr, meaning, action }: AlertRule): string {
  const decided = keys.length === 0 ? 'no key' : keys.map((key) => `\`${key}\``).join(', ');
  const lasting = holds === '0m' ? 'at once' : `after ${holds}`;
  return [
    `### ${alert}`,
    `${severity}, ${lasting}. Threshold: ${decided}. Next: \`${action}\``,
    meaning,
    `\`\`\`promql\n${expr}\n\`\`\``,
  ].join('\n\n');
}
