/**
 * The rules that are shipped, and those that `sentinel config alerts` makes of any thresholds: Prometheus reads them, every
 * alert fires when it should and is silent when not, and they ask only for series that exist.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { dashboardRows } from '../../src/alerting/dashboard.ts';
import { rulesFile } from '../../src/alerting/rule-files.ts';
import { rulesFor } from '../../src/alerting/rules.ts';
import { loadConfigText } from '../../src/config/load.ts';
import type { AlertsConfig } from '../../src/config/alerts-model.ts';
import { metricCatalogue } from '../../src/proxy/shared/metric-catalogue.ts';
import type { MetricFacts } from '../../src/proxy/shared/metric-facts.ts';
import { callSentinel } from '../cli/command-line.ts';
import { requireComponent } from '../helpers/components.ts';
import { testFolder } from '../helpers/daemon.ts';
import { seedText } from '../seeds/seed-blocks.ts';

const shipped = path.join(import.meta.dirname, '../../deploy/prometheus');
const cases = readFileSync(path.join(shipped, 'alerts.test.yml'), 'utf8');

function thresholds(text: string): AlertsConfig {
  const loaded = loadConfigText(text);
  assert.equal(loaded.kind, 'ok');
  return (loaded as Extract<typeof loaded, { kind: 'ok' }>).config.alerts;
}

const rules = rulesFor(thresholds(''));
const alerts = rules.alerts.flatMap((group) => group.rules);

/** For each row of the table: the alert, and what it compares with. */
const alertOfRow: Readonly<Record<string, { readonly alert: string; readonly said: RegExp }>> = {
  'Error rate': { alert: 'HighErrorRate', said: /^sentinel:error_ratio:rate5m > 0\.01$/ },
  'p99 latency': { alert: 'HighLatency', said: /\{quantile="0\.99"\}\) > 1$/ },
  'Active connections': { alert: 'ConnectionsNearLimit', said: /^sentinel:connections:share > 0\.8$/ },
  'Circuit breaker trips': { alert: 'CircuitBreakerTrips', said: /^60 \* sum .*trips_total\[5m\]\)\) > 10$/ },
  'Memory usage': { alert: 'MemoryHigh', said: /^sentinel:memory:share > 0\.8$/ },
  'Reload failures': { alert: 'ConfigReloadFailed', said: /config_reload_total.* > 0$/ },
};

function exprOf(name: string): string {
  return alerts.find(({ alert }) => alert === name)?.expr ?? '';
}

/** What `promtool` says of files in the folder; fails when it is not content. */
function promtool(t: TestContext, folder: string, ...words: readonly string[]): string {
  const program = requireComponent(t, 'promtool');
  if (program === undefined) return '';
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test('Prometheus reads the shipped rules and the shipped configuration', (t) => {
  promtool(t, shipped, 'check', 'rules', 'recording.yml', 'alerts.yml');
  promtool(t, shipped, 'check', 'config', 'prometheus.yml');
});

test('Alertmanager reads the shipped receiver that opens incidents', (t) => {
  const amtool = requireComponent(t, 'amtool');
  if (amtool === undefined) return;
  const { status, stdout, stderr } = spawnSync(amtool, ['check-config', 'alertmanager.yml'], {
    cwd: shipped,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
});

test('every alert fires when it should, and is silent when not', (t) => {
  promtool(t, shipped, 'test', 'rules', 'alerts.test.yml');
});

test('no alert is without a case in which it fires', () => {
  for (const { alert } of alerts) assert.ok(cases.includes(`alertname="${alert}"}`), alert);
});

test('the alerts and the threshold table of the runbooks are all among the rules', () => {
  const seed = seedText('operational-runbook.md');
  const names = alerts.map(({ alert }) => alert);
  for (const [, printed = ''] of seed.matchAll(/- alert: (\w+)$/gm)) assert.ok(names.includes(printed), printed);
  const [, table = ''] = /^\| Metric \| Alert Threshold.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(seed) ?? [];
  const rows = table
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    );
  assert.deepEqual(
    rows.map(([metric = '', threshold]) => [
      metric,
      threshold,
      alertOfRow[metric]?.said.test(exprOf(alertOfRow[metric].alert)),
    ]),
    [
      ['Error rate', '> 1%', true],
      ['p99 latency', '> 1s', true],
      ['Active connections', '> 80% limit', true],
      ['Circuit breaker trips', '> 10/min', true],
      ['Memory usage', '> 80%', true],
      ['Reload failures', 'Any', true],
    ],
  );
});

test('the error rate alert as the runbooks print it counts failures by the second: it cries wolf, and sleeps', (t) => {
  const [, fence = ''] = /^```yaml\n(groups:.*?)^```$/ms.exec(seedText('operational-runbook.md')) ?? [];
  const folder = testFolder(t);
  writeFileSync(path.join(folder, 'printed.yml'), fence);
  const firing = (name: string, good: string, bad: string, exactly: string) => `  - name: ${name}
    interval: 15s
    input_series:
      - { series: 'sentinel_requests_total{status="200"}', values: '${good}' }
      - { series: 'sentinel_requests_total{status="502"}', values: '${bad}' }
    promql_expr_test:
      - { expr: 'count(ALERTS{alertname="HighErrorRate",alertstate="firing"})', eval_time: 20m, exp_samples: ${exactly} }
`;
  const cases = [
    firing(
      'one failure in a hundred thousand requests fires',
      '0+150000x100',
      '0+1.5x100',
      "[{ labels: '{}', value: 1 }]",
    ),
    firing('every second request of few fails, and nothing fires', '0+0.1x100', '0+0.1x100', '[]'),
  ];
  writeFileSync(
    path.join(folder, 'cases.yml'),
    `rule_files: [printed.yml]\nevaluation_interval: 15s\ntests:\n${cases.join('')}`,
  );
  promtool(t, folder, 'test', 'rules', 'cases.yml');
});

test('each alert says how bad it is, what to type, and where it is explained', () => {
  const page = readFileSync(path.join(shipped, '../../docs/alerts.md'), 'utf8');
  const yaml = readFileSync(path.join(shipped, 'alerts.yml'), 'utf8');
  const anchors = new Set([...page.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name.toLowerCase()));
  assert.deepEqual(
    [...yaml.matchAll(/runbook: docs\/alerts\.md#(\w+)$/gm)].map(([, anchor]) => anchor),
    [...anchors],
  );
  assert.equal(anchors.size, alerts.length);
  for (const { action, severity, summary, description } of alerts) {
    assert.match(severity, /^SEV[1-4]$/);
    assert.match(action, /^(?:sentinel|systemctl|df) /);
    assert.ok(summary !== '' && description !== '');
  }
});

test('rules and dashboard ask only for series of the catalogue, of the process and of each other', () => {
  const known = new Set([
    'up',
    'process_cpu_seconds_total',
    ...rules.recording.rules.map(({ record }) => record),
    ...Object.values<MetricFacts>(metricCatalogue).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  ]);
  const expressions = [
    ...rules.recording.rules.map(({ expr }) => expr),
    ...alerts.map(({ expr }) => expr),
    ...dashboardRows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr))),
  ];
  const asked = expressions.flatMap((expr) => expr.match(/\b(?:sentinel|process)[_:][\w:]+|\bup\b/g) ?? []);
  assert.deepEqual(
    [...new Set(asked)].filter((name) => !known.has(name)),
    [],
  );
});

/** For each key of `alerts`: a value, and what stands in the rules then. */
const effects: readonly (readonly [key: string, value: number, said: RegExp])[] = [
  ['error-rate-percent', 0.5, /alert: HighErrorRate\n\s+expr: 'sentinel:error_ratio:rate5m > 0\.005'/],
  ['error-rate-percent', 0.5, /alert: ErrorBudgetBurnFast\n\s+expr: \|-\n\s+sentinel:error_ratio:rate1h > 0\.072\n/],
  ['error-rate-percent', 20, /alert: SevereErrorRate\n\s+expr: 'sentinel:error_ratio:rate5m > 0\.2'/],
  ['error-rate-percent', 20, /alert: ErrorBudgetBurnFast\n\s+expr: \|-\n\s+sentinel:error_ratio:rate1h > 0\.5\n/],
  ['p99-ms', 250, /alert: HighLatency\n\s+expr: '[^\n]*\{quantile="0\.99"\}\) > 0\.25'/],
  ['connections-percent', 60, /alert: ConnectionsNearLimit\n\s+expr: 'sentinel:connections:share > 0\.6'/],
  ['breaker-trips-per-minute', 3, /alert: CircuitBreakerTrips\n\s+expr: '[^\n]* > 3'/],
  ['memory-percent', 70, /alert: MemoryHigh\n\s+expr: 'sentinel:memory:share > 0\.7'/],
  [
    'cert-warn-days',
    14,
    /alert: CertificateExpiresSoon\n\s+expr: \|-\n[^\n]*\{source!="client_crl"\} - time\(\) < 1209600\n/,
  ],
  ['cert-critical-days', 2, /alert: CertificateExpiryCritical\n\s+expr: \|-\n[^\n]* - time\(\) < 172800\n/],
];

for (const [key, value, said] of effects) {
  test(`config alerts prints rules with ${key} ${value}, which Prometheus reads`, async (t) => {
    const folder = testFolder(t);
    writeFileSync(path.join(folder, 'own.kdl'), `alerts { ${key} ${value} }\n`);
    const { code, stdout } = await callSentinel(['config', 'alerts', path.join(folder, 'own.kdl')]);
    assert.equal(code, 0);
    assert.match(stdout, said);
    writeFileSync(path.join(folder, 'rules.yml'), stdout);
    promtool(t, folder, 'check', 'rules', 'rules.yml');
  });
}

test('config alerts writes the two files that are shipped for the defaults', async (t) => {
  const folder = testFolder(t);
  const { code, stdout } = await callSentinel(['config', 'alerts', '--output', folder]);
  assert.equal(code, 0);
  assert.match(stdout, /promtool check rules \S+\/recording\.yml \S+\/alerts\.yml/);
  for (const name of ['recording.yml', 'alerts.yml']) {
    const [, ...written] = readFileSync(path.join(folder, name), 'utf8').split('\n');
    const [, ...expected] = readFileSync(path.join(shipped, name), 'utf8').split('\n');
    assert.deepEqual(written, expected);
  }
  const nowhere = await callSentinel(['config', 'alerts', '--output', path.join(folder, 'nowhere')]);
  assert.equal(nowhere.code, 3);
  assert.match(nowhere.stderr, /SNT-P043.*nowhere\/recording\.yml/s);
});

test('config alerts gives the same as JSON, and nothing for a configuration with mistakes', async (t) => {
  const folder = testFolder(t);
  writeFileSync(path.join(folder, 'bad.kdl'), 'alerts { p99-ms 0 }\n');
  const { code, stdout } = await callSentinel(['config', 'alerts', '--json']);
  assert.equal(code, 0);
  const { data } = JSON.parse(stdout) as { data: { alerts: { alert: string; severity: string }[]; text: string } };
  assert.deepEqual(
    data.alerts.map(({ alert }) => alert),
    alerts.map(({ alert }) => alert),
  );
  assert.match(data.text, /^groups:$/m);
  const bad = await callSentinel(['config', 'alerts', path.join(folder, 'bad.kdl')]);
  assert.deepEqual([bad.code, bad.stdout], [1, '']);
});

test('texts that YAML would take for something else are quoted', (t) => {
  const [group] = rules.alerts;
  const [rule] = alerts;
  assert.ok(group !== undefined && rule !== undefined);
  const odd = { ...rule, alert: 'Odd', summary: "it's 'odd': #1", description: 'null', action: '- a\n- b' };
  const text = rulesFile({ ...rules, alerts: [{ ...group, rules: [odd] }] }, 'a test');
  assert.match(text, /summary: 'it''s ''odd'': #1'\n\s+description: 'null'\n\s+action: \|-\n\s+- a\n\s+- b\n/);
  const folder = testFolder(t);
  writeFileSync(path.join(folder, 'rules.yml'), text);
  promtool(t, folder, 'check', 'rules', 'rules.yml');
});
