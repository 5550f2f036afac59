/** What entries mean together: an incident, what is due of it, its lists. Values only. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { checklistOf, concerns, doneAt } from '../../../src/incident/record/checklist.ts';
import { acknowledgeBy, afterWorkingTime, deadlinesOf } from '../../../src/incident/record/deadlines.ts';
import type { Sev } from '../../../src/base/severity.ts';
import type { EntryBody } from '../../../src/incident/record/entry.ts';
import { channelOf, nextIncidentId } from '../../../src/incident/record/id.ts';
import { orderRemarks } from '../../../src/incident/record/mark-order.ts';
import { parseSev } from '../../../src/incident/record/severity-table.ts';
import { folded, openedBody } from './journals.ts';

const minute = 60_000;
const begin = Date.parse('2026-11-20T10:00:00.000Z');
const at = (minutes: number): string => new Date(begin + minutes * minute).toISOString();
const severity = (sev: Sev, was: Sev | null = null): EntryBody => ({
  kind: 'severity',
  sev,
  was,
  why: null,
  proposed: false,
});
const marked = (mark: 'alert' | 'identified' | 'mitigated' | 'resolved', minutes: number): EntryBody => ({
  kind: 'marked',
  mark,
  when: at(minutes),
  from: null,
});
const snapshot: EntryBody = { kind: 'snapshot', file: 'a.tar.gz', sha256: '', bytes: 1, complete: true, verdict: null };

test('the phase is the furthest that anybody has said, whatever is said later of what came before', () => {
  assert.equal(folded([openedBody]).phase, 'open');
  assert.equal(folded([openedBody, marked('mitigated', 5), marked('identified', 3)]).phase, 'mitigated');
  const over = [
    openedBody,
    marked('identified', 2),
    marked('mitigated', 5),
    marked('resolved', 8),
    { kind: 'closed', why: null } as const,
  ];
  assert.equal(folded(over).phase, 'closed');
  const again = folded([...over, { kind: 'reopened', why: 'errors are back' }]);
  assert.deepEqual([again.phase, again.times.resolved, again.times.closed], ['identified', null, null]);
  assert.equal(folded([...over, marked('resolved', 9)]).times.resolved, at(9), 'what was said last counts');
});

test('the first alert that fires says when it began, unless somebody knows better; an alert that is sent again is one', () => {
  const alert = (status: 'firing' | 'resolved', minutes: number, fingerprint = 'a'): EntryBody => ({
    kind: 'alert',
    status,
    fingerprint,
    group: 'g',
    name: 'HighErrorRate',
    summary: null,
    labels: {},
    starts_at: at(minutes),
    ends_at: status === 'resolved' ? at(20) : null,
  });
  const incident = folded([openedBody, alert('firing', -3), alert('firing', -5, 'b'), alert('resolved', -3)]);
  assert.equal(incident.times.alert, at(-5));
  assert.deepEqual(
    incident.alerts.map(({ status }) => status),
    ['resolved', 'firing'],
  );
  assert.equal(folded([openedBody, marked('alert', -9), alert('firing', -5)]).times.alert, at(-9));
});

test('acknowledging is due by severity, counted from the opening, or from when it got worse', () => {
  const due = (bodies: readonly EntryBody[]): string | undefined =>
    deadlinesOf(folded(bodies), begin + minute, null).find(({ kind }) => kind === 'acknowledge')?.due;
  assert.equal(due([openedBody]), undefined, 'nobody knows how bad it is');
  for (const [sev, minutes] of [
    ['SEV1', 5],
    ['SEV2', 15],
    ['SEV3', 60],
  ] as const) {
    assert.equal(due([openedBody, severity(sev)]), at(minutes), 'the severity came a minute later');
    assert.equal(due([{ ...openedBody, sev }]), at(minutes));
  }
  assert.equal(due([{ ...openedBody, sev: 'SEV3' }, severity('SEV1', 'SEV3')]), at(1 + 5));
  const acked = deadlinesOf(
    folded([{ ...openedBody, sev: 'SEV1' }, { kind: 'acked' }, severity('SEV2', 'SEV1')]),
    begin,
    null,
  );
  assert.deepEqual(
    acked.filter(({ kind }) => kind === 'acknowledge').map(({ done, late }) => [done, late]),
    [[at(1), false]],
  );
  const [late] = deadlinesOf(folded([{ ...openedBody, sev: 'SEV1' }]), begin + 6 * minute, null);
  assert.deepEqual([late?.kind, late?.late, late?.done], ['acknowledge', true, null]);
});

test('management is told of a SEV1 after half an hour from its beginning, or when the configuration says', () => {
  const told = (bodies: readonly EntryBody[], after?: number) =>
    deadlinesOf(folded(bodies), begin, null, after).find(({ kind }) => kind === 'management');
  assert.equal(told([{ ...openedBody, sev: 'SEV2' }]), undefined);
  assert.equal(told([{ ...openedBody, sev: 'SEV1' }])?.due, at(30));
  assert.equal(told([{ ...openedBody, sev: 'SEV1' }, marked('alert', -10)])?.due, at(20));
  assert.equal(told([{ ...openedBody, sev: 'SEV1' }], 10 * minute)?.due, at(10));
  assert.equal(
    told([
      { ...openedBody, sev: 'SEV1' },
      { kind: 'role', role: 'management', person: 'Kim' },
    ])?.done,
    at(1),
  );
});

test('updates are due every 15, 30 and 60 minutes from the last one', () => {
  const next = (sev: Sev, more: readonly EntryBody[] = []): string | undefined =>
    deadlinesOf(folded([{ ...openedBody, sev }, ...more]), begin, null).find(({ kind }) => kind === 'update')?.due;
  assert.deepEqual([next('SEV1'), next('SEV2'), next('SEV3'), next('SEV4')], [at(15), at(30), at(60), undefined]);
  assert.equal(next('SEV1', [{ kind: 'message', message: 'update', format: 'text' }]), at(16));
  assert.equal(next('SEV1', [marked('resolved', 1)]), undefined, 'it is over');
});

test('after the resolution the list of the first hour is due, of SEV1 and SEV2 the post-mortem, and actions by the end of their day', () => {
  const action: EntryBody = { kind: 'action', number: 1, text: 'raise it', owner: null, due: '2026-11-23' };
  const due = (sev: Sev) =>
    deadlinesOf(folded([{ ...openedBody, sev }, marked('resolved', 10), action]), begin + 72 * 60 * minute, null).map(
      ({ kind, due: when, late }) => [kind, when, late],
    );
  const list = ['post-incident', at(70), true];
  const todo = ['action', '2026-11-23T23:59:59.999Z', false];
  assert.deepEqual(due('SEV3'), [list, todo]);
  assert.deepEqual(due('SEV1'), [list, ['post-mortem', at(10 + 48 * 60), true], todo]);
});

test('SEV4 counts working hours: Monday to Friday, 9 to 17, also over a week-end', () => {
  const local = (text: string): number => new Date(text).getTime();
  for (const [from, expected] of [
    ['2026-11-20T10:00:00', '2026-11-20T14:00:00'],
    ['2026-11-20T15:30:00', '2026-11-23T11:30:00'],
    ['2026-11-20T18:00:00', '2026-11-23T13:00:00'],
    ['2026-11-21T03:00:00', '2026-11-23T13:00:00'],
    ['2026-11-22T23:59:00', '2026-11-23T13:00:00'],
    ['2026-11-19T06:00:00', '2026-11-19T13:00:00'],
    ['2026-11-19T13:00:00', '2026-11-19T17:00:00'],
    ['2026-11-19T16:59:00', '2026-11-20T12:59:00'],
  ] as const) {
    assert.equal(acknowledgeBy('SEV4', local(from)), local(expected), from);
  }
  assert.equal(
    afterWorkingTime(local('2026-11-20T16:00:00'), 10 * 60 * minute),
    local('2026-11-24T10:00:00'),
    'over two days',
  );
});

test('items of the lists tick themselves where a command proves it, and what a person says last wins', () => {
  const ticked = (bodies: readonly EntryBody[]): readonly string[] =>
    checklistOf(folded([openedBody, ...bodies])).flatMap(({ id, tick }) =>
      tick === null ? [] : [`${id} ${tick.by_command}`],
    );
  assert.deepEqual(ticked([]), []);
  assert.deepEqual(
    ticked([{ kind: 'acked' }, severity('SEV2'), { kind: 'role', role: 'commander', person: 'Ana' }, snapshot]),
    [
      'acknowledge incident ack',
      'severity incident sev',
      'commander incident role commander',
      'diagnostics incident snapshot',
    ],
  );
  assert.deepEqual(ticked([{ kind: 'acked' }, { kind: 'unticked', item: 'acknowledge' }]), []);
  assert.deepEqual(ticked([{ kind: 'ticked', item: 'channel', by_command: null }]), ['channel null']);
  assert.deepEqual(
    ticked([snapshot, marked('resolved', 3)]),
    ['diagnostics incident snapshot'],
    'taken before it was over',
  );
  const after = [
    marked('resolved', 3),
    snapshot,
    { kind: 'ticked', item: 'post-all-clear', by_command: null } as const,
  ];
  assert.deepEqual(ticked(after), [
    'diagnostics incident snapshot',
    'post-all-clear null',
    'post-preserve incident snapshot',
  ]);
  assert.deepEqual(ticked([...after, { kind: 'reopened', why: null }]), ['diagnostics incident snapshot']);
  const items = checklistOf(
    folded([
      openedBody,
      ...['status-page', 'all-clear', 'timeline', 'preserve', 'schedule'].map(
        (name) => ({ kind: 'ticked', item: `post-${name}`, by_command: null }) as const,
      ),
    ]),
  );
  assert.equal(doneAt(items, 'post-incident'), at(5));
  assert.equal(doneAt(items, 'first-5-minutes'), null);
  const commander = items.find(({ id }) => id === 'commander');
  assert.deepEqual(
    (['SEV1', 'SEV2', 'SEV3', 'SEV4', null] as const).map((sev) => commander && concerns(commander, { sev })),
    [true, true, false, false, true],
  );
});

test('marks that come in an odd order are said', () => {
  const remarks = (bodies: readonly EntryBody[], mark: Parameters<typeof orderRemarks>[1]) =>
    orderRemarks(folded([openedBody, ...bodies]), mark);
  assert.match(remarks([marked('resolved', 5)], 'resolved').join('\n'), /identified[\s\S]*mitigated/);
  assert.deepEqual(remarks([marked('identified', 1), marked('mitigated', 2), marked('resolved', 5)], 'resolved'), []);
  assert.match(
    remarks([marked('identified', 1), marked('mitigated', 9), marked('resolved', 5)], 'resolved').join(),
    /resolved at .*before it was mitigated/,
  );
  assert.match(remarks([marked('alert', 4)], 'alert').join(), /later than the incident/);
});

test('ids, channels and severities have one form', () => {
  assert.equal(nextIncidentId([], begin), 'INC-20261120-001');
  assert.equal(nextIncidentId(['INC-20261120-0999', 'x', 'INC-20261119-777'], begin), 'INC-20261120-1000');
  assert.equal(channelOf('INC-20261120-001'), '#incident-20261120-001');
  assert.equal(channelOf('Outage.2'), '#incident-outage-2');
  assert.deepEqual(['1', 'sev2', 'SEV3'].map(parseSev), ['SEV1', 'SEV2', 'SEV3']);
  for (const text of ['0', '5', '', 'SEV', 'bad']) assert.throws(() => parseSev(text), /expected 1, 2, 3 or 4/);
});
