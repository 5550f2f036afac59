import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { impactOf } from '../../src/incident/impact/impact.ts';
import { messageOf } from '../../src/incident/messages/message.ts';
import { plainImpact } from '../../src/incident/messages/plain-impact.ts';
import { publicWords } from '../../src/incident/messages/public-words.ts';
import { type MessageFacts, messageFormats, messageKinds } from '../../src/incident/messages/shapes.ts';
import { at, begin, type Hand, traffic } from './flight-of-traffic.ts';

const runbook = readFileSync(new URL('../seeds/incident-response-runbook.md', import.meta.url), 'utf8');

/** The template below a heading of the runbook. */
function template(heading: string): string {
  const text = runbook.split(`### ${heading}\n`)[1]?.split('```\n')[1];
  assert.ok(text !== undefined, heading);
  return text;
}

const nothing: MessageFacts = {
  service: null,
  title: null,
  sev: null,
  phase: 'open',
  impact: null,
  now: at(1500),
  started: null,
  resolved: null,
  updateEveryMs: null,
  update: null,
  next: null,
  cause: null,
  window: null,
  hidden: [],
};

const known: MessageFacts = {
  ...nothing,
  service: 'Web shop',
  title: 'checkout fails',
  sev: 'SEV2',
  impact: 'About 12% of requests to /api failed.',
  started: at(1200),
  updateEveryMs: 1_800_000,
};

test('without a single fact each message is the template of the runbook, word for word, and every blank is named', () => {
  const initial = messageOf('initial', nothing, 'text');
  assert.equal(initial.text, template('Initial Incident Communication'));
  assert.deepEqual(
    new Set(initial.blanks),
    new Set([
      '[Service]',
      '[Brief Description]',
      '[service/feature]',
      '[Description of user impact]',
      '[Time UTC]',
      '[15/30]',
    ]),
  );
  const update = messageOf('update', nothing, 'text');
  assert.equal(
    update.text,
    template('Update Communication').replace('[Investigating/Identified/Monitoring]', 'Investigating'),
  );
  const resolution = messageOf('resolution', nothing, 'text');
  assert.equal(resolution.text, template('Resolution Communication'));
  for (const message of [initial, update, resolution]) {
    const brackets = message.text.match(/\[(?!INVEST|UPDATE|RESOLVED)[^\]]*\]/g) ?? [];
    for (const one of brackets)
      assert.ok(
        message.blanks.some((blank) => blank.includes(one)),
        one,
      );
  }
});

test('facts take the place of blanks: service, impact, times, and when the next update comes', () => {
  const { text, blanks } = messageOf('initial', known, 'text');
  assert.equal(
    text,
    `Subject: [INVESTIGATING] Web shop - checkout fails

We are currently investigating an issue affecting Web shop.

**Status**: Investigating
**Impact**: About 12% of requests to /api failed.
**Started**: 13:20 UTC

We will provide updates every 30 minutes until resolved.

Next update: 13:55 UTC
`,
  );
  assert.deepEqual(blanks, []);
  const later = messageOf('update', { ...known, now: '2026-11-21T01:10:00.000Z', update: 'x', next: 'y' }, 'text');
  assert.match(later.text, /^\*\*Duration\*\*: 11 hours 50 minutes$/m);
  assert.match(
    messageOf('initial', { ...known, now: '2026-11-21T01:10:00.000Z' }, 'text').text,
    /Started\*\*: 2026-11-20 13:20 UTC/,
  );
});

test('the status goes with the phase, and what a phase says by itself is said', () => {
  const status = (phase: string): string =>
    /\*\*Status\*\*: (\w+)/.exec(messageOf('update', { ...known, phase }, 'text').text)?.[1] ?? '';
  assert.deepEqual(['open', 'identified', 'mitigated', 'monitoring'].map(status), [
    'Investigating',
    'Identified',
    'Monitoring',
    'Monitoring',
  ]);
  assert.match(messageOf('update', { ...known, phase: 'identified' }, 'text').text, /We have found the cause/);
  assert.match(
    messageOf('update', { ...known, phase: 'open' }, 'text').text,
    /\[What we've learned or done since last update\]/,
  );
});

test('what does not fit together is said: a resolution of what goes on, news of what is over', () => {
  assert.match(messageOf('resolution', known, 'text').notes.join(), /not marked as resolved/);
  const over = { ...known, phase: 'resolved', resolved: at(1800) };
  assert.deepEqual(messageOf('resolution', over, 'text').notes, []);
  assert.match(messageOf('resolution', over, 'text').text, /\*\*Duration\*\*: 0 hours 10 minutes/);
  assert.match(messageOf('update', over, 'text').notes.join(), /incident is resolved/);
});

test('no format of any message lets an address, a name inside or a secret out', () => {
  const inner = [
    '10.1.1.12:8080',
    '192.168.0.7',
    '[fd00::7]:443',
    'fe80::1%eth0',
    '2001:db8::5',
    'http://10.0.0.9:80/health',
    'db-1.prod.internal',
    'api.default.svc.cluster.local:9000',
    'localhost:3000',
    'edge-7',
    'hunter2hunter2',
  ];
  const words = `nodes ${inner.slice(0, -1).join(', ')} and password=hunter2hunter2 at 13:20:50 (2 of 3.5 TB) v1.2`;
  const facts = {
    ...known,
    hidden: ['edge-7'],
    title: words,
    service: words,
    impact: words,
    update: words,
    next: words,
    cause: words,
  };
  for (const kind of messageKinds) {
    for (const format of messageFormats) {
      const { text, notes } = messageOf(kind, facts, format);
      for (const one of inner) assert.ok(!text.includes(one), `${one} in ${kind} as ${format}`);
      assert.match(text, /13:20:50 \(2 of 3\.5 TB\) v1\.2/);
      assert.ok(notes.length > 0);
    }
  }
});

test('words that only look like addresses stay', () => {
  for (const text of [
    'at 13:20:50 and 13:20',
    'about 12.5% of requests',
    'version 1.2.3',
    'see example.com/status',
    'face, cafe, add: all good',
    'local users',
    '/api and /v2',
  ]) {
    assert.deepEqual(publicWords(text, ['api:8080']), { text, hidden: [] });
  }
  assert.equal(publicWords('It is 10.1.1.12. Really.', []).text, 'It is an internal system. Really.');
});

test('Slack gets mrkdwn that mentions nobody, Markdown keeps its lines, Statuspage gets its document', () => {
  const facts = { ...known, title: '<!channel> & `x`' };
  const slack = messageOf('initial', facts, 'slack').text;
  assert.match(slack, /^\*\[INVESTIGATING\] Web shop - &lt;!channel&gt; &amp; `x`\*\n/);
  assert.match(slack, /^\*Status\*: Investigating$/m);
  const markdown = messageOf('initial', facts, 'markdown').text;
  assert.match(markdown, /^\*\*Status\*\*: Investigating {2}$/m);
  assert.match(markdown, /&lt;!channel>/);
  const page = JSON.parse(messageOf('update', { ...facts, phase: 'identified' }, 'statuspage').text) as {
    incident: Record<string, string>;
  };
  const { name, status, impact_override: impact, body = '' } = page.incident;
  assert.deepEqual([name, status, impact], ['Web shop - <!channel> & `x`', 'identified', 'major']);
  assert.doesNotMatch(body, /\*\*|Status:/);
  assert.match(body, /^Impact: About 12%/);
});

test('a maintenance is announced and reported with its window', () => {
  const window = { from: '2026-11-22T02:00:00.000Z', to: '2026-11-23T03:30:00.000Z' };
  const { text } = messageOf('maintenance-announce', { ...known, window }, 'text');
  assert.match(text, /^Subject: \[MAINTENANCE\] Web shop - checkout fails$/m);
  assert.match(text, /^\*\*Window\*\*: 2026-11-22 02:00 UTC - 2026-11-23 03:30 UTC$/m);
  assert.match(text, /^\*\*Duration\*\*: 25 hours 30 minutes$/m);
  const page = JSON.parse(messageOf('maintenance-announce', { ...known, window }, 'statuspage').text) as {
    incident: object;
  };
  assert.deepEqual(
    { ...page.incident, body: '' },
    {
      name: 'Web shop - checkout fails',
      status: 'scheduled',
      impact_override: 'maintenance',
      scheduled_for: window.from,
      scheduled_until: window.to,
      body: '',
    },
  );
  assert.match(
    messageOf('maintenance-done', { ...known, window, update: 'New disks.' }, 'text').text,
    /\*\*What was done\*\*:\nNew disks\./,
  );
});

function plain(hand: (second: number) => Hand | null, resolved: number | null, now = 3600): string | null {
  const times = {
    alert: null,
    opened: at(1260),
    acked: null,
    mitigated: null,
    resolved: resolved === null ? null : at(resolved),
  };
  const gaps = hand(1200) === null ? [{ from: at(1200), to: at(1290), kind: 'down' as const, words: '' }] : [];
  const impact = impactOf({ samples: traffic(now, hand), gaps, times, nowMs: begin + now * 1000 });
  return plainImpact(impact, { api: '/api' });
}

test('the impact is said without a technical word, from what the proxy counted', () => {
  const failing = (affected: number) => (second: number) => ({
    requests: 100,
    affected: second >= 1200 && second < 1910 ? affected : 0,
  });
  assert.equal(plain(failing(12), 2000), 'About 12% of requests to /api failed between 13:20 and 13:32 UTC.');
  assert.equal(plain(failing(100), 2000), 'All requests to /api failed between 13:20 and 13:32 UTC.');
  assert.equal(plain(failing(12), null, 1700), 'About 12% of requests to /api have failed since 13:20 UTC.');
  assert.equal(plain(failing(0), 2000), null);
  assert.equal(
    plain(
      (second) =>
        second >= 1200 && second < 1290 ? null : { requests: 100, affected: second >= 1100 && second < 1400 ? 50 : 0 },
      2000,
    ),
    'About 50% of requests to /api failed between 13:18 and 13:24 UTC. For about 2 minutes of that time the service did not answer at all.',
  );
  assert.equal(
    plain((second) => (second >= 1200 && second < 1290 ? null : { requests: 100, affected: 0 }), 2000),
    'The service did not answer for a while between 13:20 and 13:22 UTC.',
  );
});
