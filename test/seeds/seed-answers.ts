/**
 * What every command of the runbooks over metrics, the admin API and logs has to answer when a daemon is in trouble; or why it
 * misleads, and what to type instead. Run by `seed-commands.test.ts`.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MixedTraffic, slowThresholdMs } from '../helpers/mixed-traffic.ts';

/** What was done to the daemon before. */
export interface Facts {
  readonly traffic: MixedTraffic;
  /** Requests that ended with 5xx. */
  readonly failed: number;
  /** Folder of the incident. */
  readonly incident: string;
}

/** Holds what the command said against what is so. */
export type Check = (said: string, facts: Facts) => void;

/** A command that gives a wrong answer, why, and what to type instead; `docs/runbook-commands.md` says so to operators. */
export interface Defect {
  readonly why: string;
  readonly wrong: Check;
  readonly instead: string;
  readonly right: Check;
}

export const metrics = 'curl -s localhost:9090/metrics';

/** Samples by `name{labels}`. */
function samples(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').flatMap((line) => /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? []);
  const found = new Map<string, number>();
  for (let at = 0; at < lines.length; at += 3) found.set(lines[at + 1] ?? '', Number(lines[at + 2]));
  return found;
}

/** Sum of the samples whose name and labels match. */
function sum(text: string, pattern: RegExp): number {
  let total = 0;
  for (const [name, value] of samples(text)) if (pattern.test(name)) total += value;
  return total;
}

export function sentOf({ sent }: MixedTraffic, pattern: RegExp): number {
  let total = 0;
  for (const [key, count] of sent) if (pattern.test(key)) total += count;
  return total;
}

const requestsByStatus: Check = (said, { traffic }) => {
  for (const status of ['404', '429', '500', '502', '503']) {
    const counted = sum(said, new RegExp(`^sentinel_requests_total\\{.*status="${status}"\\}$`));
    assert.equal(counted, sentOf(traffic, new RegExp(` ${status}$`)), status);
  }
};

/** The lines of those requests alone. */
const failuresOnly: Check = (said, { failed }) => {
  assert.match(said, /route="dead",upstream="dead",method="GET",status="502"/);
  assert.match(said, /route="broken",upstream="broken",method="GET",status="500"/);
  assert.ok(said.trim().split('\n').every((line) => /^sentinel_requests_total\{.*status="5\d\d"\} \d+$/.test(line)));
  assert.equal(sum(said, /./), failed);
};

const health: Check = (said, { traffic }) => {
  const of = (target: string | undefined) =>
    samples(said).get(`sentinel_upstream_health{upstream="api-backend",target="${target}"}`);
  assert.deepEqual([of(traffic.targets[0]), of(traffic.targets[1]), of(traffic.dead)], [1, 1, 0]);
};

const breakers: Check = (said, { traffic }) => {
  const broken = `broken/${traffic.targets[2]}`;
  const open = [...samples(said)].filter(([, value]) => value === 1).map(([name]) => name);
  assert.equal(open.length, 1, said);
  assert.ok(open[0]?.includes(`component="${broken}"`));
};

const failedReload: Check = (said) => {
  assert.match(said, /"level":"ERROR".*"message":"Configuration reload failed"/);
};

const bothReloads: Check = (said, facts) => {
  failedReload(said, facts);
  assert.match(said, /"message":"Configuration reload completed"/);
};

const reloadSeries: Check = (said) => {
  const of = (result: string) => samples(said).get(`sentinel_config_reload_total{result="${result}"}`);
  assert.deepEqual([of('completed'), of('failed'), of('refused')], [1, 1, 0]);
  assert.ok((samples(said).get('sentinel_config_reload_last_success_timestamp_seconds') ?? 0) > 1e9);
};

export const errorRate: Check = (said, { traffic, failed }) => {
  const rate = samples(said).get('sentinel_error_rate{window="5m"}') ?? 0;
  // A connection of a blocked address is refused before its request is read.
  const share = failed / sentOf(traffic, / (?!403)/);
  // The commands before have asked for /health and /ready, which are answers too.
  assert.ok(rate > share * 0.8 && rate <= share * 1.001, `${rate}, sent ${share}`);
};

const wholeJournal: Check = (said, facts) => {
  assert.match(said, /^\w+ \d+ [\d:]+ host sentinel\[\d+\]: \{.*"message":"Ready"/m);
  bothReloads(said, facts);
};

const healthReport: Check = (said, { traffic }) => {
  const { upstreams } = JSON.parse(said) as {
    upstreams: { name: string; targets: { address: string; verdict: string }[] }[];
  };
  const targets = upstreams.find(({ name }) => name === 'api-backend')?.targets ?? [];
  assert.deepEqual(
    targets.map(({ address, verdict }) => [address, verdict]),
    [
      [traffic.targets[0], 'healthy'],
      [traffic.targets[1], 'healthy'],
      [traffic.dead, 'unhealthy'],
    ],
  );
};

const probed: Check = (said, { traffic }) => {
  const { results } = JSON.parse(said) as { results: { target: string; ok: boolean; code: string }[] };
  const of = (address: string | undefined) => results.find(({ target }) => target === address);
  assert.deepEqual([of(traffic.targets[0])?.code, of(traffic.dead)?.ok], ['L7OK', false]);
};

const fileOf =
  (name: string, words: RegExp): Check =>
  (said, { incident }) => {
    assert.equal(said, '');
    assert.match(readFileSync(join(incident, name), 'utf8'), words);
  };

const nothing: Check = (said) => assert.equal(said, '');

/** By the text of the command. */
export const known: Readonly<Record<string, Check | Defect>> = {
  'curl -sf http://localhost:8080/health && echo "OK" || echo "UNHEALTHY"': (said) => assert.match(said, /^OK$/m),
  'curl -sf http://localhost:8080/ready && echo "READY" || echo "NOT READY"': (said) => {
    assert.match(said, /upstream broken: 0 of 1 targets/);
    assert.match(said, /^READY$/m);
  },
  'curl -sf localhost:8080/health': (said) => assert.match(said, /^OK$/m),
  'curl -f http://localhost:8080/health': (said) => assert.match(said, /^OK$/m),
  'curl -f http://localhost:8080/ready': (said) => assert.equal((JSON.parse(said) as { ready: boolean }).ready, true),
  'curl http://localhost:9090/metrics': requestsByStatus,

  [`${metrics} | grep 'requests_total' | awk '/5[0-9][0-9]/ {sum+=$2} END {print "5xx errors:", sum}'`]: {
    why: 'it takes any number that contains a 5 and two more digits for a status: a count of 512 good requests is 512 errors',
    wrong: (said, { failed }) => assert.ok(Number(/^5xx errors: (\d+)$/m.exec(said)?.[1]) >= failed + 500, said),
    instead: `${metrics} | awk '/^sentinel_requests_total\\{.*status="5/ {sum+=$NF} END {print "5xx errors:", sum}'`,
    right: (said, { failed }) => assert.equal(said, `5xx errors: ${failed}\n`),
  },
  [`${metrics} | grep 'requests_total.*5[0-9][0-9]'`]: {
    why: 'the same: good requests are shown among the errors as soon as there are some 500 of them',
    wrong: (said) => assert.match(said, /route="api".*status="200"\} 5\d\d$/m),
    instead: `${metrics} | grep 'requests_total.*status="5'`,
    right: failuresOnly,
  },
  [`${metrics} | grep 'requests_total.*status="5' | sort -t'"' -k4`]: failuresOnly,
  [`${metrics} | grep requests_total`]: requestsByStatus,
  [`watch -n 1 '${metrics} | grep error_rate'`]: errorRate,
  [`watch -n 1 '${metrics} | grep error'`]: (said, facts) => {
    errorRate(said, facts);
    const causes = samples(said);
    assert.equal(causes.get('sentinel_errors_total{cause="connect_refused",source="upstream"}'), sentOf(facts.traffic, /^dead 502/));
    assert.equal(causes.get('sentinel_errors_total{cause="breaker_open",source="proxy"}'), sentOf(facts.traffic, /^broken 503/));
  },

  [`${metrics} | grep upstream_health`]: health,
  [`${metrics} | grep 'upstream_health{' | grep ' 0'`]: (said, { traffic }) =>
    assert.equal(said, `sentinel_upstream_health{upstream="api-backend",target="${traffic.dead}"} 0\n`),
  [`${metrics} | grep circuit_breaker_state`]: breakers,
  [`${metrics} | grep circuit_breaker_trips_total`]: breakers,
  'curl -s localhost:9090/admin/upstreams/api-backend/health': healthReport,
  'curl -s localhost:9090/admin/upstreams/*/health': healthReport,
  'curl -X POST localhost:9090/admin/upstreams/api-backend/check': probed,
  'curl -X POST localhost:9090/admin/health-check': probed,
  'curl localhost:9090/admin/routes': (said) => {
    const { routes } = JSON.parse(said) as { routes: { id: string }[] };
    assert.deepEqual(routes.map(({ id }) => id).sort(), ['api', 'broken', 'dead', 'flaky', 'limited', 'spare']);
  },

  [`${metrics} | grep 'upstream_request_duration.*quantile="0.99"'`]: (said) => {
    const p99 = sum(said, /upstream="api-backend"/);
    assert.ok(p99 > slowThresholdMs / 1000 && p99 < 2, said);
  },
  [`${metrics} | grep request_duration | grep quantile`]: (said) => {
    const of = (quantile: string) =>
      samples(said).get(`sentinel_request_duration_quantile_seconds{route="api",quantile="${quantile}"}`) ?? 0;
    assert.ok(of('0.5') > 0 && of('0.5') <= of('0.99') && of('0.99') < 5, said);
  },
  [`${metrics} | grep process_resident_memory_bytes`]: (said) =>
    assert.ok((samples(said).get('process_resident_memory_bytes') ?? 0) > 50e6),
  [`${metrics} | grep memory_usage`]: (said) =>
    assert.ok((samples(said).get('sentinel_memory_usage_bytes{kind="rss"}') ?? 0) > 50e6),
  [`${metrics} | grep open_connections`]: (said) => {
    assert.ok((samples(said).get('sentinel_open_connections{listener="http"}') ?? 0) >= 1);
    assert.equal(samples(said).get('sentinel_open_connections{listener="https"}'), 1);
  },
  [`${metrics} | grep connections`]: (said) => {
    assert.equal(samples(said).get('sentinel_open_connections{listener="https"}'), 1);
    assert.ok((samples(said).get('sentinel_connections_limit') ?? 0) > 100);
    assert.ok((samples(said).get('sentinel_connections_total') ?? 0) > 5);
  },
  [`${metrics} | grep pending_requests`]: (said) => assert.equal(samples(said).get('sentinel_pending_requests'), 0),
  [`${metrics} | grep connection_pool`]: (said, { traffic }) => {
    const acquired = sum(said, /^sentinel_connection_pool_acquired_total\{upstream="api-backend"/);
    assert.ok(acquired >= sentOf(traffic, /^(?:api|slow|spare|limited) 200/), said);
    assert.ok(sum(said, /^sentinel_connection_pool_opened_total\{upstream="api-backend"/) <= acquired);
  },
  [`${metrics} | grep config_reload`]: reloadSeries,
  [`${metrics} | grep reload`]: reloadSeries,

  'journalctl -u sentinel -f': wholeJournal,
  'journalctl -u sentinel --since "10 minutes ago" | tail -100': wholeJournal,
  'journalctl -u sentinel --since "5 minutes ago" | grep -i error | tail -20': failedReload,
  'journalctl -u sentinel | grep ERROR | tail -20': failedReload,
  'journalctl -u sentinel --since "10 minutes ago" | grep -i "reload\\|config"': bothReloads,
  'journalctl -u sentinel --since "1 minute ago" | grep "Configuration reload"': bothReloads,
  [`journalctl -u sentinel --since "5 minutes ago" -o json | jq -r 'select(.PRIORITY == "3") | .MESSAGE' | head -20`]: (
    said,
  ) => {
    const messages = said.trim().split('\n').map((line) => JSON.parse(line) as { level: string; message: string });
    assert.ok(messages.every(({ level }) => level === 'ERROR'));
    assert.ok(messages.some(({ message }) => message === 'Configuration reload failed'));
  },
  [`journalctl -u sentinel --since "5 minutes ago" | grep -oP 'error[^,]*' | sort | uniq -c | sort -rn | head`]: {
    why: 'requests are in the access log and not in the journal, and pieces of JSON between commas are no kinds of error',
    wrong: (said) => assert.doesNotMatch(said, /connect_refused|502/),
    instead: `${metrics} | grep 'errors_total{' | grep -v ' 0$' | sort -t' ' -k2 -rn`,
    right: (said, { traffic }) => {
      const causes = samples(said);
      const refused = causes.get('sentinel_errors_total{cause="connect_refused",source="upstream"}');
      assert.equal(refused, sentOf(traffic, /^dead 502/));
      assert.ok([...causes.values()].every((value) => value > 0));
      assert.deepEqual([...causes.values()], [...causes.values()].sort((a, b) => b - a));
    },
  },
  [`journalctl -u sentinel --since "5 minutes ago" -o json | jq -r '.client_ip' | sort | uniq -c | sort -rn | head -20`]: {
    why: 'the field sits inside MESSAGE, and lines of requests are in the access log',
    wrong: (said) => assert.match(said, /^\s+\d+ null$/m),
    instead: 'sentinel clients',
    right: (said, { traffic }) => {
      const [, requests] = /^\s*[\d.]+\s+[\d.]+\s+(\d+) .*\s127\.0\.0\.1$/m.exec(said) ?? [];
      assert.ok(Number(requests) >= sentOf(traffic, / (?!403)/) * 0.9, said);
    },
  },
  [`journalctl -u sentinel --since "5 minutes ago" | grep -oP 'path="[^"]*"' | sort | uniq -c | sort -rn | head -20`]: {
    why: 'lines are JSON; only those of the combined and pretty formats contain path="…"',
    wrong: nothing,
    instead: 'sentinel clients --by path',
    right: (said) => {
      assert.match(said, /\/api\/users\b/);
      assert.ok(said.indexOf('/api/users') < said.indexOf('/nowhere'), said);
    },
  },

  'tail -f /var/log/sentinel/sentinel.log': bothReloads,
  'tail -f /var/log/sentinel/sentinel.log | grep "Configuration reload completed"': (said) => {
    assert.match(said.trim(), /^\{.*"message":"Configuration reload completed".*\}$/);
  },
  'tail -n 1000 /var/log/sentinel/sentinel.log | grep ERROR': failedReload,
  'grep "Configuration" /var/log/sentinel/sentinel.log | tail -20': bothReloads,
  'grep "bind\\|listen" /var/log/sentinel/sentinel.log': (said, { traffic }) =>
    assert.ok(said.includes(`"http":"${new URL(traffic.daemon.url()).host}"`)),
  'grep "correlation_id" /var/log/sentinel/access.log | tail -1': (said) =>
    assert.match((JSON.parse(said) as { correlation_id: string }).correlation_id, /^[\w-]{8,}$/),
  'grep "$CORRELATION_ID" /var/log/sentinel/*.log': (said) => {
    const lines = said.trim().split('\n');
    assert.equal(lines.length, 1, said);
    assert.match(said, /access\.log:\{.*"path":"\/traced\/request".*"status":404/);
  },

  'mkdir -p /var/log/sentinel/incidents/$INCIDENT_ID': nothing,
  'journalctl -u sentinel --since "1 hour ago" > /var/log/sentinel/incidents/$INCIDENT_ID/sentinel.log': fileOf(
    'sentinel.log',
    /"message":"Configuration reload failed"/,
  ),
  [`${metrics} > /var/log/sentinel/incidents/$INCIDENT_ID/metrics.txt`]: fileOf('metrics.txt', /^sentinel_requests_total\{/m),
  'cp /etc/sentinel/config.kdl /var/log/sentinel/incidents/$INCIDENT_ID/': fileOf('sentinel.kdl', /upstream "api-backend"/),
  'free -h > /var/log/sentinel/incidents/$INCIDENT_ID/memory.txt': fileOf('memory.txt', /^Mem:/m),
  'df -h > /var/log/sentinel/incidents/$INCIDENT_ID/disk.txt': fileOf('disk.txt', /^Filesystem/m),
  'ss -s > /var/log/sentinel/incidents/$INCIDENT_ID/connections.txt': fileOf('connections.txt', /^TCP:/m),
};
