/** Marks of an incident that its timeline speaks for. Values only. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { proposeMarks } from '../../src/incident/proposals.ts';
import type { EntryBody } from '../../src/incident/record/entry.ts';
import type { Moment } from '../../src/incident/timeline/moment.ts';
import { folded, openedBody } from './record/journals.ts';

const begin = Date.parse('2026-11-20T10:00:00.000Z');
const at = (minutes: number): string => new Date(begin + minutes * 60_000).toISOString();

function moment(
  minutes: number,
  source: Moment['source'],
  kind: string,
  severity: Moment['severity'],
  fields: Moment['fields'] = {},
): Moment {
  return {
    at: at(minutes),
    source,
    kind,
    actor: source === 'command' ? 'ana' : null,
    words: kind,
    severity,
    key: `${source}:${kind}:${minutes}`,
    fields,
  };
}

function proposed(moments: readonly Moment[], bodies: readonly EntryBody[] = [], nowMinutes = 60): readonly string[] {
  return proposeMarks(folded([openedBody, ...bodies]), moments, begin + nowMinutes * 60_000).map(
    ({ mark, when }) => `${mark} ${when}`,
  );
}

const outage = [
  moment(-4, 'event', 'health', 'warn'),
  moment(-3, 'traffic', 'failures_rise', 'error'),
  moment(1, 'command', 'status', 'warn'),
  moment(2, 'journal', 'diagnosis', 'warn'),
  moment(5, 'command', 'drain', 'info'),
  moment(7, 'traffic', 'failures_fall', 'info'),
  moment(9, 'event', 'health', 'info'),
];

test('an outage proposes when it began, when its cause was found, when it stopped hurting and when it was over', () => {
  assert.deepEqual(proposed(outage), [
    `alert ${at(-4)}`,
    `identified ${at(2)}`,
    `mitigated ${at(7)}`,
    `resolved ${at(7)}`,
  ]);
});

test('what somebody has marked is not proposed, and nothing is over that has failed since or only now stopped', () => {
  const marked = { kind: 'marked', mark: 'mitigated', when: at(6), from: null } as const;
  assert.deepEqual(
    proposed(outage, [marked]).map((one) => one.split(' ')[0]),
    ['alert', 'identified', 'resolved'],
  );
  assert.deepEqual(
    proposed(outage, [], 10).map((one) => one.split(' ')[0]),
    ['alert', 'identified', 'mitigated'],
  );
  const again = [
    ...outage,
    moment(20, 'event', 'breaker', 'warn'),
    moment(21, 'event', 'breaker', 'info', { to: 'half_open' }),
  ];
  assert.deepEqual(
    proposed(again).map((one) => one.split(' ')[0]),
    ['alert', 'identified'],
  );
  assert.deepEqual(proposed([]), []);
});

test('alerts of a program say best when it began and when it was over', () => {
  const alert = (status: 'firing' | 'resolved'): EntryBody => ({
    kind: 'alert',
    status,
    fingerprint: 'a',
    group: 'g',
    name: 'HighErrorRate',
    summary: null,
    labels: {},
    starts_at: at(-2),
    ends_at: status === 'resolved' ? at(12) : null,
  });
  assert.deepEqual(
    proposed(outage, [alert('firing')]).map((one) => one.split(' ')[0]),
    ['identified', 'mitigated'],
    'it still fires',
  );
  assert.equal(proposed(outage, [alert('firing'), alert('resolved')]).at(-1), `resolved ${at(12)}`);
});
