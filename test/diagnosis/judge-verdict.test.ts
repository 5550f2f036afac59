/** Parts of a verdict: the walk through changed trees, enough requests to speak of, who is paged, what is folded, what a symptom does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSource } from '../../src/kdl/source.ts';
import { judge, type JudgeOptions } from '../../src/diagnosis/judge.ts';
import type { Verdict } from '../../src/diagnosis/judgement.ts';
import { thresholdsIn } from '../../src/diagnosis/settings.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import type { AskItem, Goto, Item, Runbook } from '../../src/runbook/model.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';
import {
  ago,
  bad,
  change,
  clients,
  factsWith,
  runRecord,
  target,
  targetProbe,
  traffic,
  unknown,
  upstream,
  upstreams,
  windows,
} from './fact-values.ts';
import { faultFacts, record } from './fault-facts.ts';
import type { FaultName } from './expected.ts';

const shipped = (await openShelf({ ...shelfFolders({}), site: null })).all();
const options: JudgeOptions = { runbooks: shipped, thresholds: defaultThresholds, contacts: null };
const of = (name: FaultName, more: Partial<JudgeOptions> = {}): Verdict =>
  judge(factsWith(...faultFacts[name].changes), { ...options, ...more });
const names = ({ causes }: Verdict) => causes.map(({ cause }) => cause);

test('the path has every question with its answer, where it led and where it would have led', () => {
  const { path } = of('one-target-refused');
  const [first] = path;
  assert.equal(first?.question, 'process-running');
  assert.match(first?.answer.words ?? '', /^running pid 812, up 1h 0m$/);
  assert.equal(first?.led_to, 'triage#do-clients-get-a-connection');
  assert.equal(first?.not_taken, 'process-crash');
  const last = path.findLast(({ runbook }) => runbook.startsWith('triage'));
  assert.equal(last?.question, 'upstreams-healthy');
  assert.equal(last?.led_to, 'upstream-failure');
  assert.ok((last?.answer.evidence.length ?? 0) > 0);
});

test('the tree of the site is walked: what it asks first is found first, and what it does not ask is named all the same', () => {
  const tree = book('triage', [
    ask('certificates-usable', null, 'tls-certificates'),
    ask('process-running', null, 'process-crash'),
  ]);
  const verdict = of('target-and-certificate', { runbooks: [...shipped.filter(({ id }) => id !== 'triage'), tree] });
  assert.equal(verdict.procedure, 'tls-certificates');
  assert.deepEqual(names(verdict), ['certificate-expired', 'target-refused']);
});

test('a cause of a procedure that no question leads to is named with its own procedure', () => {
  const tree = book('triage', [ask('process-running', null, 'process-crash')]);
  const verdict = of('one-target-refused', { runbooks: [tree] });
  assert.equal(verdict.procedure, 'upstream-failure');
  assert.deepEqual(names(verdict), ['target-refused']);
  assert.equal(verdict.exit_code, 1);
});

test('a tree that leads in circles, or to a runbook that is not there, ends', () => {
  const circle = book('triage', [ask('process-running', 'triage', null), ask('health-answers', null, 'gone')]);
  assert.equal(judge(factsWith(), { ...options, runbooks: [circle] }).exit_code, 0);
  assert.equal(
    of('health-path-overridden', { runbooks: [book('triage', [ask('health-answers', null, 'gone')])] }).procedure,
    'gone',
  );
});

test('without any runbook causes are still found', () => {
  const verdict = of('kill-9', { runbooks: [] });
  assert.deepEqual(names(verdict), ['killed']);
  assert.equal(verdict.procedure, 'process-crash');
});

test('an unknown answer goes on along the good branch, and the path says that it is unknown', () => {
  const verdict = judge(factsWith(unknown('memory'), ...faultFacts['one-target-refused'].changes), options);
  const step = verdict.path.find(({ question }) => question === 'memory-enough');
  assert.equal(step?.answer.answer, 'unknown');
  assert.match(step?.answer.words ?? '', /memory is not known: not readable/);
  assert.equal(verdict.procedure, 'upstream-failure');
});

for (const { requests, errors, wrong, why } of [
  { requests: 3, errors: 1, wrong: false, why: 'one failure of three at night is no outage' },
  { requests: 5, errors: 5, wrong: true, why: 'five requests, and all have failed' },
  { requests: 4, errors: 4, wrong: false, why: 'four failures are too few to speak of' },
  { requests: 30, errors: 2, wrong: false, why: 'two failures are chance' },
  { requests: 30, errors: 3, wrong: true, why: 'three of thirty are more than 1 %' },
  { requests: 1000, errors: 9, wrong: false, why: '0.9 % is below the limit' },
  { requests: 1000, errors: 11, wrong: true, why: '1.1 % is above it' },
]) {
  test(`${errors} failures of ${requests} requests a minute are ${wrong ? 'an' : 'no'} incident: ${why}`, () => {
    const facts = factsWith(quiet({ requests, errors }));
    assert.equal(judge(facts, options).procedure, wrong ? 'high-error-rate' : null);
  });
}

/** Traffic of the last minute alone. */
function quiet({ requests, errors }: { readonly requests: number; readonly errors: number }) {
  return (facts: Parameters<ReturnType<typeof traffic>>[0]) => {
    const after = traffic({ requests, errors, causes: { upstream_status: errors } })(facts);
    return change('traffic', (value) => {
      const minute = value.traffic.total.windows['1m'];
      const windows = minute === undefined ? {} : { '1m': minute, '5m': { ...minute, covered_ms: 300_000 } };
      return { ...value, traffic: { ...value.traffic, total: { windows } } };
    })(after);
  };
}

test('the answers of the proxy itself to health checks do not thin out the errors', () => {
  const facts = factsWith(
    traffic({ requests: 1000, errors: 10, causes: { upstream_status: 10 } }),
    change('traffic', (value) => ({
      ...value,
      traffic: {
        ...value.traffic,
        unrouted: {
          windows: traffic({ requests: 970 })(factsWith()).sections.traffic.state === 'known' ? own(970) : {},
        },
      },
    })),
  );
  assert.equal(judge(facts, options).procedure, 'high-error-rate');
});

function own(requests: number) {
  const facts = traffic({ requests })(factsWith());
  return facts.sections.traffic.state === 'known' ? facts.sections.traffic.value.traffic.total.windows : {};
}

test('the limits of the configuration decide', () => {
  const alerts = {
    error_rate_percent: 5,
    p99_ms: 1000,
    connections_percent: 80,
    breaker_trips_per_minute: 10,
    memory_percent: 80,
    cert_warn_days: 30,
    cert_critical_days: 7,
  };
  const { changes } = faultFacts['upstream-500-few'];
  const said = (of: 'daemon' | 'config') =>
    factsWith(
      ...changes,
      change(of, (value) => ({ ...value, alerts })),
    );
  for (const [facts, exit] of [
    [factsWith(...changes), 1],
    [said('daemon'), 0],
    [said('config'), 0],
  ] as const) {
    assert.equal(judge(facts, { ...options, thresholds: thresholdsIn(facts) }).exit_code, exit);
  }
});

test('a breaker that is open because its target refuses is evidence of that, not a second cause', () => {
  const refused = {
    verdict: 'unhealthy',
    breaker: 'open',
    why: 'connect ECONNREFUSED',
    last_check: {
      ok: false,
      code: 'L4CON',
      status: null,
      words: 'connect ECONNREFUSED',
      latency_ms: 1,
      at: ago(2),
      run: 9,
    },
  } as const;
  const facts = factsWith(
    upstreams(
      [upstream('api', [target('10.0.0.1:80'), target('10.0.0.2:80', refused)])],
      [
        targetProbe('api', '10.0.0.1:80'),
        targetProbe('api', '10.0.0.2:80', {
          tcp: { ok: false, took_ms: 1, code: 'ECONNREFUSED', words: 'connect ECONNREFUSED' },
          http: null,
        }),
      ],
    ),
    traffic({ requests: 6000, errors: 300, causes: { upstream_reset: 300 } }),
    change('traffic', (value) => ({ ...value, errors: [record({ cause: 'upstream_reset', target: '10.0.0.2:80' })] })),
  );
  const verdict = judge(facts, options);
  assert.deepEqual(names(verdict), ['target-refused']);
  const words = verdict.causes[0]?.evidence.map((one) => one.words).join('\n') ?? '';
  assert.match(words, /breaker open/);
  assert.match(words, /upstream_reset 300/);
});

test('errors that opened the only breaker are evidence of it, whatever requests are known one by one', () => {
  const facts = factsWith(
    ...faultFacts['breaker-open'].changes,
    traffic({ requests: 6000, errors: 6000, causes: { breaker_open: 5800, upstream_status: 200 } }),
  );
  assert.deepEqual(names(judge(facts, options)), ['breaker-open']);
});

test('what was changed right before the errors began stands beside their cause, and what came long before does not', () => {
  const changed = (seconds: number) =>
    factsWith(
      ...faultFacts['upstream-500'].changes,
      change('traffic', (value) => ({ ...value, error_onset: { at: ago(60), before: 0, after: 0.3, confidence: 1 } })),
      change('changes', (value) => ({
        ...value,
        generations: [{ number: 41, at: ago(seconds), actor: 'ann', reason: 'timeouts', summary: '~ route api' }],
      })),
    );
  const words = (seconds: number) =>
    judge(changed(seconds), options)
      .causes[0]?.evidence.map((one) => one.words)
      .join('\n') ?? '';
  assert.match(words(90), /30s before it began: generation 41 at .* by ann: "timeouts" \(~ route api\)/);
  assert.doesNotMatch(words(900), /generation/);
  assert.doesNotMatch(words(30), /generation/);
});

test('the only worker that stands still is an outage, also where its successor answered once', () => {
  const facts = factsWith(
    ...faultFacts['only-worker-stuck'].changes,
    change('endpoints', (value) => ({
      ...value,
      listeners: value.listeners.map((one) => ({ ...one, health: { ...one.health, good: 3, timed_out: 7 } })),
    })),
  );
  assert.equal(judge(facts, options).severity, 'SEV1');
});

test('connections that are reset when the only worker is ended for hanging are part of the outage', () => {
  const facts = factsWith(
    ...faultFacts['only-worker-stuck'].changes,
    change('endpoints', (value) => ({
      ...value,
      listeners: value.listeners.map((one) => ({ ...one, health: { ...one.health, timed_out: 0, reset: 10 } })),
    })),
  );
  assert.equal(judge(facts, options).severity, 'SEV1');
});

test('workers that all answer the main thread are busy, not stuck, however late clients hear from them', () => {
  const facts = factsWith(
    ...faultFacts['proxy-cpu-bound'].changes,
    change('endpoints', (value) => ({
      ...value,
      listeners: value.listeners.map((one) => ({
        ...one,
        health: { ...one.health, good: 9, timed_out: 1, why: 'connected, no answer within 4000 ms' },
      })),
    })),
  );
  assert.equal(judge(facts, options).procedure, 'performance-degradation');
});

test('connections that the kernel drops for others on the machine are not ours', () => {
  const facts = factsWith(
    change('ports', (value) => ({ ...value, listen_overflows: { total: 9000, during_probe: 12 } })),
  );
  assert.equal(judge(facts, options).exit_code, 0);
});

test('a target that we waited for in vain is not down while the proxy gets its answers, and is where it gets none', () => {
  const late = (requests: number, errors: number) =>
    factsWith(
      upstreams(
        [
          upstream('api', [
            target('10.0.0.1:80', { verdict: 'unchecked', last_check: null, windows: windows({ requests, errors }) }),
          ]),
        ],
        [targetProbe('api', '10.0.0.1:80', { tcp: bad('timeout', 'no connection within 1000 ms'), http: null })],
      ),
    );
  assert.equal(judge(late(6000, 600), options).exit_code, 0);
  assert.deepEqual(names(judge(late(600, 600), options)), ['target-unreachable']);
  assert.deepEqual(names(judge(late(0, 0), options)), ['target-unreachable']);
});

test('a limit that holds one sender back does what it is for', () => {
  const facts = factsWith(
    traffic({ requests: 600, causes: { rate_limited: 300 } }),
    change('clients', (value) => ({
      ...value,
      by_address: clients('ip', [
        ['10.66.0.1', 0.55, 0.95],
        ['10.9.0.1', 0.2],
      ]),
    })),
  );
  assert.deepEqual(names(judge(facts, options)), []);
});

test('an override of the timeout that was set before the errors is the cause, and what takes it back comes first', () => {
  const verdict = of('override-left-on');
  assert.deepEqual(names(verdict), ['override-left-on']);
  assert.equal(verdict.next[0], 'sentinel override clear timeout all');
});

test('a symptom begins in its procedure and takes causes that nobody would be called for otherwise', () => {
  const changes = faultFacts['loopback-only'].changes;
  assert.equal(judge(factsWith(...changes), options).exit_code, 0);
  const verdict = judge(factsWith(...changes), { ...options, symptom: 'connection-refused' });
  assert.deepEqual(names(verdict), ['loopback-only']);
  assert.equal(verdict.exit_code, 1);
  assert.match(verdict.path[0]?.runbook ?? '', /^connection-refused/);
});

test('a symptom that nothing speaks for is judged as if nobody had named it', () => {
  assert.equal(judge(factsWith(), { ...options, symptom: 'ddos-attack' }).exit_code, 0);
  const verdict = of('one-target-refused', { symptom: 'memory-exhaustion' });
  assert.equal(verdict.procedure, 'upstream-failure');
});

const contacts = {
  primary: 'PagerDuty',
  secondary: 'team lead',
  management: [{ contact: 'director', after_ms: 1_800_000 }],
  infrastructure: 'infra',
  security: 'security',
  channel: null,
  docs_url: null,
};
const roles = (verdict: Verdict) => verdict.page.map(({ role, contact }) => `${role}: ${contact}`);

test('SEV1 pages primary and secondary, and management when it has lasted', () => {
  assert.deepEqual(roles(of('kill-9', { contacts })), ['primary: PagerDuty', 'secondary: team lead']);
  const long = factsWith(
    ...faultFacts['stopped'].changes,
    change('death', (value) => ({
      ...value,
      last_run: runRecord({ ended: { at: ago(2400), exit_code: 0, signal: 'SIGTERM', code: null, words: 'stopped' } }),
    })),
  );
  assert.deepEqual(roles(judge(long, { ...options, contacts })), [
    'primary: PagerDuty',
    'secondary: team lead',
    'management: director',
  ]);
});

test('SEV2 pages primary and secondary, SEV3 the primary, SEV4 nobody now', () => {
  assert.deepEqual(roles(of('resets-502', { contacts })), ['primary: PagerDuty', 'secondary: team lead']);
  assert.deepEqual(roles(of('one-target-refused', { contacts })), ['primary: PagerDuty']);
  assert.deepEqual(roles(of('disk-differs', { contacts })), []);
});

test('an attack calls security, a machine its keepers, and roles that nobody is named for stand there without a contact', () => {
  assert.ok(roles(of('attack-from-many', { contacts })).includes('security: security'));
  assert.ok(roles(of('oom-cgroup', { contacts })).includes('infrastructure: infra'));
  assert.deepEqual(of('kill-9').page, [
    { role: 'primary', contact: null },
    { role: 'secondary', contact: null },
  ]);
});

function book(id: string, asks: readonly AskItem[]): Runbook {
  const span = { source: makeSource(id, ''), start: 0, end: 0 };
  const items = asks.map((one): Item => ({ ...one, section: '', span }));
  return {
    id,
    title: id,
    severity: null,
    symptoms: [],
    file: `/${id}.md`,
    origin: 'site',
    sections: [],
    items,
    text: '',
  } as unknown as Runbook;
}

function ask(question: string, yes: string | null, no: string | null): AskItem {
  const span = { source: makeSource('triage', ''), start: 0, end: 0 };
  const goto = (runbook: string | null): Goto | null => (runbook === null ? null : { runbook, anchor: null, span });
  return { kind: 'ask', question, words: null, yes: goto(yes), no: goto(no) };
}
