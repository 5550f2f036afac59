/**
 * A real Prometheus scrapes a live daemon under good and bad traffic with the rules that are shipped: every query of the
 * dashboard has data, every rule can be evaluated, and the queries that the runbooks print return data as printed.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { testFolder } from '../helpers/daemon.ts';
import { eventually } from '../helpers/eventually.ts';
import { type MixedTraffic, reloadBadly, startMixedTraffic } from '../helpers/mixed-traffic.ts';
import { deadPort } from '../helpers/origin.ts';
import { seedText } from '../seeds/seed-blocks.ts';

const deploy = join(import.meta.dirname, '../../deploy');

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [at: number, value: string];
}

interface Prometheus {
  /** Answers that have a number; what is not a number (0 / 0) is no answer. */
  query(expr: string): Promise<readonly Sample[]>;
  get(path: string): Promise<unknown>;
}

/** Scrapes once a second; its data ends with the test. */
async function startPrometheus(t: TestContext, program: string, { daemon }: MixedTraffic): Promise<Prometheus> {
  const folder = testFolder(t);
  const port = await deadPort();
  const config = join(folder, 'prometheus.yml');
  const rules = ['recording.yml', 'alerts.yml'].map((name) => JSON.stringify(join(deploy, 'prometheus', name)));
  writeFileSync(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${rules.join(', ')}]
scrape_configs:
  - job_name: sentinel
    static_configs: [{ targets: ['${new URL(daemon.adminUrl()).host}'] }]
`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=1h',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const get = async (path: string): Promise<unknown> => {
    const reply = await fetch(`http://127.0.0.1:${port}${path}`);
    const { status, data, error } = (await reply.json()) as { status: string; data: unknown; error?: string };
    assert.equal(status, 'success', `${path}: ${error}`);
    return data;
  };
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);
  return {
    get,
    query: async (expr) => {
      const data = (await get(`/api/v1/query?query=${encodeURIComponent(expr)}`)) as { result: readonly Sample[] };
      return data.result.filter(({ value }) => value[1] !== 'NaN');
    },
  };
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}

const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana/sentinel.json'), 'utf8')) as Dashboard;

/** As Grafana puts in what was chosen: everything. */
function chosen(expr: string): string {
  return expr.replaceAll('$job', '.*').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
}

/** The lines of the one `sql` fence of the runbooks that are no comment. */
function printedQueries(): readonly string[] {
  const [, fence = ''] = /```sql\n(.*?)^```$/ms.exec(seedText('operational-runbook.md')) ?? [];
  return fence.split('\n').filter((line) => line !== '' && !line.startsWith('--'));
}

test('every query of the dashboard and of the runbooks has data under load, and every rule can be evaluated', async (t) => {
  const program = requireComponent(t, 'prometheus');
  if (program === undefined) return;
  const traffic = await startMixedTraffic(t);
  const prometheus = await startPrometheus(t, program, traffic);
  await traffic.round();
  await eventually(async () => (await prometheus.query('sentinel_requests_total')).length > 0);
  await reloadBadly(traffic, readFileSync(traffic.daemon.configFile, 'utf8'));

  const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => [`${title} ${refId}`, chosen(expr)] as const),
  );
  assert.ok(queries.length >= 40);
  const waiting = new Map([
    ...queries,
    ...printedQueries().map((expr) => [expr, expr] as const),
    ['recorded', 'sentinel:error_ratio:rate5m > 0'],
  ]);
  await eventually(async () => {
    await traffic.round();
    for (const [name, expr] of waiting) if ((await prometheus.query(expr)).length > 0) waiting.delete(name);
    assert.deepEqual([...waiting.keys()], [], 'these have no data');
  }, 30_000);

  await t.test('the error rate that the runbooks print is 1 whatever happens; sums tell the truth', async () => {
    const [, printed = ''] = printedQueries();
    assert.match(printed, /^rate\(.*\) \/ rate\(.*\)$/);
    const ratios = (await prometheus.query(printed)).map(({ value }) => Number(value[1]));
    assert.deepEqual([...new Set(ratios)], [1]);
    const share = 'sum(rate(sentinel_requests_total{status=~"5.."}[1m])) / sum(rate(sentinel_requests_total[1m]))';
    const [sum] = await prometheus.query(share);
    const value = Number(sum?.value[1]);
    assert.ok(value > 0.1 && value < 0.4, `two or three of eleven requests fail, not ${value}`);
  });

  await t.test('health by upstream says which part of its targets is up', async () => {
    const [printed = ''] = printedQueries().slice(-1);
    const health = await prometheus.query(printed);
    const known = new Map(health.map(({ metric, value }) => [metric['upstream'], Number(value[1])]));
    assert.ok(Math.abs((known.get('api-backend') ?? 0) - 2 / 3) < 0.01, JSON.stringify([...known]));
  });

  await t.test('every shipped rule is evaluated without an error', async () => {
    const { groups } = (await prometheus.get('/api/v1/rules')) as {
      groups: { name: string; rules: { name: string; health: string; lastError?: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    assert.ok(rules.length >= 30);
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    );
  });
});

test('the dashboard is what Grafana imports: every variable is declared, no two panels overlap', () => {
  assert.ok(dashboard.schemaVersion >= 39);
  const declared = new Set(dashboard.templating.list.map(({ name }) => name));
  const used = JSON.stringify(dashboard.panels).match(/\$\{?(?!__)(\w+)\}?/g) ?? [];
  for (const name of used) assert.ok(declared.has(name.replace(/[${}]/g, '')), name);
  const taken = new Set<string>();
  const ids = new Set<number>();
  for (const { id, title, gridPos } of dashboard.panels) {
    assert.ok(!ids.has(id), title);
    ids.add(id);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(x < 24 && !taken.has(`${x} ${y}`), `${title} at ${x} ${y}`);
        taken.add(`${x} ${y}`);
      }
    }
  }
});
