/** The files of `deploy/prometheus` and `deploy/grafana` that are made from the defaults. Pure; `npm run docs` writes them. */
import { alertPage } from './alert-page.ts';
import { dashboardFile } from './dashboard.ts';
import { alertsFile, recordingFile } from './rule-files.ts';
import { rulesFor } from './rules.ts';
import type { Thresholds } from './rule.ts';

const origin = 'Made by `npm run docs` from the defaults; for thresholds of your own: sentinel config alerts FILE';

/** Path from the root of the project → text. */
export function shippedFiles(defaults: Thresholds): readonly (readonly [path: string, text: string])[] {
  const rules = rulesFor(defaults);
  return [
    ['docs/alerts.md', alertPage(defaults)],
    ['deploy/prometheus/recording.yml', recordingFile(rules, origin)],
    ['deploy/prometheus/alerts.yml', alertsFile(rules, origin)],
    ['deploy/prometheus/prometheus.yml', prometheusFile],
    ['deploy/grafana/sentinel.json', dashboardFile()],
  ];
}

const prometheusFile = `# Scrapes one sentinel and evaluates its rules. Made by \`npm run docs\`.
# Both listen on 9090 by default: on one machine start Prometheus with --web.listen-address=:9091.
global:
  scrape_interval: 15s
  evaluation_interval: 15s
rule_files:
  - recording.yml
  - alerts.yml
scrape_configs:
  # The alert SentinelDown asks for a job of this name.
  - job_name: sentinel
    static_configs:
      - targets: ['localhost:9090']
`;
