/** Alerts as Alertmanager sends them → what the journal of an incident says of them. Pure; bounded, whatever was sent. */
import { createHash } from 'node:crypto';
import type { AlertRequest, AlertsRequest } from '../../../admin/contract/alert-shapes.ts';
import { rfc3339 } from '../../../base/units.ts';
import type { EntryBody, JournalEntry } from '../../../incident/record/entry.ts';
import { type SaidSeverity, severityOf } from './alert-severity.ts';

export type AlertEntry = Extract<EntryBody, { kind: 'alert' }>;

/** Alerts that one incident has entries of: who gets a thousand at once has one cause. */
export const MOST_ALERTS = 200;

const MOST_LABELS = 64;
const LONGEST_NAME = 128;
const LONGEST_VALUE = 512;
const LONGEST_GROUP = 1_024;

/** What was sent, in the words of the journal. */
export interface ReadAlerts {
  readonly group: string;
  /** None of the group fires any more. */
  readonly over: boolean;
  readonly firing: readonly AlertEntry[];
  readonly resolved: readonly AlertEntry[];
}

export function readAlerts({ groupKey, status, alerts }: AlertsRequest): ReadAlerts {
  const group = groupOf(groupKey);
  const entries = alerts.map((alert) => entryOf(alert, group));
  return {
    group,
    over: status === 'resolved',
    firing: entries.filter((entry) => entry.status === 'firing').sort(byStart),
    resolved: entries.filter((entry) => entry.status === 'resolved'),
  };
}

/** A long key keeps its beginning, for people, and stays another than every other one. */
function groupOf(key: string): string {
  if (key.length <= LONGEST_GROUP) return key;
  return `${key.slice(0, LONGEST_GROUP)}…${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

function entryOf(alert: AlertRequest, group: string): AlertEntry {
  const { status, labels, annotations, startsAt, endsAt, fingerprint } = alert;
  const kept = Object.entries(labels)
    .slice(0, MOST_LABELS)
    .map(([name, value]) => [cut(name, LONGEST_NAME), cut(value, LONGEST_VALUE)] as const);
  const summary = annotations['summary'] ?? annotations['description'] ?? null;
  return {
    kind: 'alert',
    status,
    fingerprint,
    group,
    name: cut(labels['alertname'] ?? 'alert', LONGEST_NAME),
    summary: summary === null ? null : cut(summary, LONGEST_VALUE),
    labels: Object.fromEntries(kept),
    starts_at: rfc3339(Date.parse(startsAt)),
    ends_at: status === 'resolved' ? rfc3339(Date.parse(endsAt)) : null,
  };
}

function byStart(one: AlertEntry, other: AlertEntry): number {
  return one.starts_at < other.starts_at ? -1 : one.starts_at > other.starts_at ? 1 : 0;
}

function cut(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** The worst that these alerts say of severity, and the alert that says so; the earliest where several do. */
export function worstOf(alerts: readonly AlertEntry[]): {
  readonly alert: AlertEntry;
  readonly said: SaidSeverity | null;
} {
  let worst: { alert: AlertEntry; said: SaidSeverity | null } | null = null;
  for (const alert of alerts) {
    const said = severityOf(alert.labels);
    // `SEV1` comes before `SEV2` as a text too.
    if (worst === null || (said !== null && (worst.said === null || said.sev < worst.said.sev)))
      worst = { alert, said };
  }
  if (worst === null) throw new TypeError('there is no alert');
  return worst;
}

/** Which alert, and from when on: the same for whatever is sent of it again. */
export function instanceOf({ fingerprint, starts_at }: Pick<AlertEntry, 'fingerprint' | 'starts_at'>): string {
  return `${fingerprint} ${starts_at}`;
}

/** What a journal says of alerts. */
export interface JournalAlerts {
  /** By fingerprint, as it was said last. */
  readonly latest: ReadonlyMap<string, AlertEntry>;
  readonly groups: ReadonlySet<string>;
  /** Who said when the first alert was; null = nobody has. */
  readonly alertMark: { readonly when: string; readonly byAlert: boolean } | null;
  /** It was marked as resolved because its alerts were, and nobody has said anything else since. */
  readonly resolvedByAlert: boolean;
  /** That there were more was said. */
  readonly full: boolean;
}

/** What marks say that alerts made. */
export const fromAlert = (name: string): string => `alert ${name}`;

export const fullWords = `more than ${MOST_ALERTS} alerts: those that came after are not written down one by one`;

export function alertsIn(entries: readonly JournalEntry[]): JournalAlerts {
  const latest = new Map<string, AlertEntry>();
  const groups = new Set<string>();
  let alertMark: JournalAlerts['alertMark'] = null;
  let resolvedByAlert = false;
  let full = false;
  for (const entry of entries) {
    if (entry.kind === 'alert') {
      latest.set(entry.fingerprint, entry);
      groups.add(entry.group);
    }
    if (entry.kind === 'marked') {
      const byAlert = entry.from?.startsWith(fromAlert('')) === true;
      if (entry.mark === 'alert') alertMark = { when: entry.when, byAlert };
      else resolvedByAlert = entry.mark === 'resolved' && byAlert;
    }
    if (entry.kind === 'reopened') resolvedByAlert = false;
    if (entry.kind === 'note' && entry.text === fullWords) full = true;
  }
  return { latest, groups, alertMark, resolvedByAlert, full };
}
