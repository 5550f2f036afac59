/** Verdicts with their facts, made by hand, for the tests of what is printed: one of each kind that an operator meets. */
import type { Facts } from '../../src/diagnosis/facts.ts';
import type { Suspicion, Verdict, WalkStep } from '../../src/diagnosis/judgement.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import type { Report } from '../../src/diagnosis/report/report.ts';
import { reportOf } from '../../src/diagnosis/report/report-of.ts';
import {
  ago,
  bad,
  change,
  factsWith,
  now,
  target,
  targetProbe,
  traffic,
  unknown,
  upstream,
  upstreams,
} from './fact-values.ts';

export interface ReportCase {
  readonly facts: Facts;
  readonly verdict: Verdict;
}

const healthyPath: readonly WalkStep[] = [
  step('process-running', 'Is the proxy process running?', 'yes', 'running pid 812, up 1h 0m', 'process-crash'),
  step('health-answers', 'Is the health endpoint responding?', 'yes', '/health 200 in 2 ms', 'health-check-failure'),
];

const healthy: ReportCase = {
  facts: factsWith(contacts()),
  verdict: {
    status: 'ok',
    exit_code: 0,
    procedure: null,
    path: [
      ...healthyPath,
      step('upstreams-healthy', 'Are all upstreams healthy?', 'yes', '1 of 1 up', 'upstream-failure'),
    ],
    causes: [],
    notices: [],
    severity: null,
    respond_within: null,
    page: [],
    next: [],
    unknown: [],
  },
};

const refused: Suspicion = {
  cause: 'target-refused',
  strength: 1,
  detail: 'api/10.0.0.3:80 refuses connections: nothing listens there',
  resource: { kind: 'target', name: 'api/10.0.0.3:80' },
  evidence: [
    { source: 'targets', words: 'connect ECONNREFUSED from here as well' },
    { source: 'daemon', words: 'check L4CON ×13', value: 13, threshold: 3, at: ago(131) },
  ],
  impact: 'degraded',
  since: ago(131),
  next: ['sentinel check api', 'sentinel drain api/10.0.0.3:80 --reason "refuses connections"'],
};

/** One target of three does not listen, a certificate has ended besides, and somebody applied a configuration just before. */
const targetDown: ReportCase = {
  facts: factsWith(
    contacts(),
    upstreams(
      [
        upstream('api', [
          target('10.0.0.1:80'),
          target('10.0.0.2:80'),
          target('10.0.0.3:80', {
            verdict: 'unhealthy',
            why: 'connection refused (ECONNREFUSED) ×13',
            since: ago(131),
          }),
        ]),
      ],
      [
        targetProbe('api', '10.0.0.1:80'),
        targetProbe('api', '10.0.0.2:80'),
        targetProbe('api', '10.0.0.3:80', { tcp: bad('ECONNREFUSED', 'connection refused'), http: null }),
      ],
    ),
    traffic({ requests: 6000, errors: 252, causes: { connect_failed: 252 } }),
    change('traffic', (value) => ({
      ...value,
      error_onset: { at: ago(130), before: 0.001, after: 0.042, confidence: 0.97 },
    })),
    change('certificates', (value) => ({
      ...value,
      certificates: [
        {
          file: '/etc/sentinel/tls/site.crt',
          uses: ['listener https'],
          subject: 'CN=site',
          not_before: ago(8e6),
          not_after: ago(86_400 * 2),
          days_left: -2,
          problems: [{ code: 'SNT-T010', words: 'expired 2 days ago', severity: 'error' as const }],
          in_use: true,
          served_not_after: ago(86_400 * 2),
        },
      ],
    })),
    change('changes', () => ({
      unread: [],
      generations: [{ number: 41, at: ago(146), actor: 'oncall', reason: 'timeouts', summary: '~ route api' }],
      events: [
        event(1, ago(140), 'log_level', 'Log level changed', 'oncall'),
        event(2, ago(20), 'drain_begin', 'Drain begins', 'oncall'),
      ],
    })),
    unknown('firewall'),
  ),
  verdict: {
    status: 'problems',
    exit_code: 1,
    procedure: 'upstream-failure',
    path: [
      ...healthyPath,
      {
        ...step('upstreams-healthy', 'Are all upstreams healthy?', 'no', 'api: 1 of 3 targets down', null),
        led_to: 'upstream-failure',
        not_taken: 'triage#certificates',
      },
    ],
    causes: [
      refused,
      {
        cause: 'certificate-expired',
        strength: 0.9,
        detail: 'the certificate of listener https ended 2 days ago',
        resource: { kind: 'certificate', name: '/etc/sentinel/tls/site.crt' },
        evidence: [{ source: 'certificates', words: 'not after 2026-11-18', value: -2, threshold: 0 }],
        impact: 'partial',
        since: null,
        next: ['sentinel cert-check'],
      },
    ],
    notices: [
      {
        code: 'SNT-E010',
        severity: 'error',
        title: 'error rate above its threshold',
        detail: '5xx 4.2 % over 1m (limit 1 %)',
        evidence: [{ source: 'traffic', words: '252 of 6000 requests', value: 0.042, threshold: 0.01 }],
      },
    ],
    severity: 'SEV2',
    respond_within: '< 15 min',
    page: [
      { role: 'primary', contact: 'PagerDuty' },
      { role: 'secondary', contact: null },
    ],
    next: ['sentinel check api', 'sentinel runbook run upstream-failure', 'sentinel explain SNT-U020'],
    unknown: [{ section: 'firewall', mandatory: false, why: 'not readable' }],
  },
};

/** Ended without a word; the machine says why, and nobody can ask it anything. */
const dead: ReportCase = {
  facts: factsWith(
    contacts(),
    change('process', (value) => ({
      ...value,
      pid: null,
      found_by: 'none' as const,
      uptime_ms: null,
      started_at: null,
    })),
    change('death', (value) => ({
      ...value,
      kernel_lines: [{ source: 'journalctl -k', at: ago(60), line: 'Out of memory: Killed process 812 (sentinel)' }],
    })),
    unknown('endpoints', 'daemon', 'threads', 'traffic', 'clients', 'changes'),
  ),
  verdict: {
    status: 'problems',
    exit_code: 1,
    procedure: 'process-crash',
    path: [
      {
        ...step('process-running', 'Is the proxy process running?', 'no', 'no process', null),
        led_to: 'process-crash',
        not_taken: 'triage#clients',
      },
    ],
    causes: [
      {
        cause: 'oom-killed',
        strength: 1,
        detail: 'the kernel ended pid 812 for want of memory',
        resource: { kind: 'process', name: '812' },
        evidence: [{ source: 'death', words: 'Out of memory: Killed process 812 (sentinel)', at: ago(60) }],
        impact: 'outage',
        since: ago(60),
        next: ['systemctl start sentinel'],
      },
    ],
    notices: [],
    severity: 'SEV1',
    respond_within: '< 5 min',
    page: [{ role: 'primary', contact: 'PagerDuty' }],
    next: ['systemctl start sentinel', 'sentinel runbook run process-crash', 'sentinel explain SNT-P082'],
    unknown: (['endpoints', 'daemon', 'threads', 'traffic', 'clients', 'changes'] as const).map((section) => ({
      section,
      mandatory: false,
      why: 'not readable',
    })),
  },
};

/** It may not ask: nothing is wrong that it can see, and that is not well. */
const notKnown: ReportCase = {
  facts: factsWith(unknown('process', 'daemon', 'traffic')),
  verdict: {
    ...healthy.verdict,
    status: 'unknown',
    exit_code: 3,
    path: [step('process-running', 'Is the proxy process running?', 'unknown', 'not readable', 'process-crash')],
    unknown: (['process', 'daemon', 'traffic'] as const).map((section) => ({
      section,
      mandatory: true,
      why: 'not readable',
    })),
  },
};

/** What clients and targets say, made to hurt whoever prints it. */
const hostile: ReportCase = {
  facts: targetDown.facts,
  verdict: {
    ...targetDown.verdict,
    causes: [
      {
        ...refused,
        detail:
          'api/<b>x</b> & "y"\u001b[31m\u202e | *bold* [link](http://x) <!channel>\nnext line ]]> token=hunter2secret',
        evidence: [
          { source: 'targets', words: 'Authorization: Bearer abcdef0123456789 and https://user:pw@host/\u0000\uffff' },
        ],
      },
    ],
    next: ['sentinel drain \'api/a`b\' --reason "x"'],
  },
};

export const reportCases = { healthy, 'target-down': targetDown, dead, 'not-known': notKnown, hostile } as const;

export function reportFor({ facts, verdict }: ReportCase): Report {
  return reportOf(facts, verdict, {
    thresholds: defaultThresholds,
    runbookOf: (cause) => (cause === 'target-refused' ? 'upstream-failure#nothing-listens' : null),
    remarks: [],
  });
}

function step(
  question: string,
  title: string,
  answer: 'yes' | 'no' | 'unknown',
  words: string,
  notTaken: string | null,
): WalkStep {
  return {
    runbook: 'triage',
    question,
    title,
    answer: { answer, words, evidence: [] },
    led_to: 'triage#next',
    not_taken: notTaken,
  };
}

function event(seq: number, at: string, kind: string, words: string, actor: string) {
  return {
    seq,
    at,
    last_at: at,
    count: 1,
    kind,
    severity: 'info' as const,
    subject: null,
    actor,
    reason: null,
    words,
    detail: null,
    generation: 1,
    fields: {},
  };
}

function contacts() {
  return (facts: Facts): Facts => {
    const state = { primary: 'PagerDuty', secondary: null, management: [], infrastructure: null, security: null };
    const named = { ...state, channel: '#sentinel-ops', docs_url: 'https://wiki.internal/sentinel' };
    return change('config', (value) => ({ ...value, contacts: named }))(
      change('daemon', (value) => ({ ...value, status: { ...value.status, contacts: named } }))(facts),
    );
  };
}

export { now };
