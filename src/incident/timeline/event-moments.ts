/**
 * Events of a daemon as lines of a timeline. The same event may come from its memory, from the flight record and from a log file:
 * it is one. Pure; called by `build.ts`.
 */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { Moment } from './moment.ts';

/** Said by what it is part of: the generation, the event of the deed itself, the journal. */
const routine: ReadonlySet<string> = new Set([
  'plan_refresh',
  'config_written',
  'incident_opened',
  'incident_alert_resolved',
]);

export function eventMoments(events: readonly EventState[]): readonly Moment[] {
  const same = new Map<string, EventState[]>();
  for (const event of events) {
    if (routine.has(event.kind) || event.severity === 'debug' || isReceipt(event)) continue;
    const key = keyOf(event);
    const group = same.get(key);
    if (group === undefined) same.set(key, [event]);
    else group.push(event);
  }
  return foldedFlaps([...same].flatMap(([key, group]) => momentsOf(key, group)));
}

/** Back to what is usual: what happens after it begins anew. */
const usual: ReadonlySet<unknown> = new Set(['closed', 'available', 'healthy', 'up']);

/**
 * What goes back and forth by itself (a breaker that opens, tries, and opens again) is told once for each of its states, with how
 * often and until when, as long as it does not come back to what is usual.
 */
function foldedFlaps(moments: readonly Moment[]): readonly Moment[] {
  const told: Moment[] = [];
  const places = new Map<string, number>();
  const byTime = moments.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  for (const moment of byTime) {
    const { kind, actor, words, fields } = moment;
    const about = `${kind} ${String(fields['subject'])} `;
    const [state = ''] = words.split(/ ×\d|: /);
    const place = actor === null && fields['subject'] !== null ? places.get(about + state) : undefined;
    const before = place === undefined ? undefined : told[place];
    if (before === undefined || place === undefined) places.set(about + state, told.push(moment) - 1);
    else told[place] = again(before, moment);
    if (usual.has(fields['to'])) for (const key of places.keys()) if (key.startsWith(about)) places.delete(key);
  }
  return told;
}

function again(first: Moment, other: Moment): Moment {
  const count = Number(first.fields['count']) + Number(other.fields['count']);
  const lastAt = String(other.fields['last_at']);
  const words = `${first.words.replace(/ ×\d+ until [\d:]+$/, '')} ×${count} until ${lastAt.slice(11, 19)}`;
  return { ...first, words, fields: { ...first.fields, count, last_at: lastAt } };
}

/** Alerts that were taken are in the journal; those that were not are told. */
function isReceipt({ kind, fields }: EventState): boolean {
  return kind === 'admin_action' && fields['action'] === 'alerts-receive' && fields['result'] === 'done';
}

/** What is counted as one within 60 s has one beginning; numbers differ from source to source. */
function keyOf({ at, kind, subject, words, actor, fields }: EventState): string {
  return `event:${JSON.stringify([at, kind, subject, words, actor, fields['result'] ?? null])}`;
}

/** Deeds of people one by one where each is known; what repeats itself is one line with a count. */
function momentsOf(key: string, group: readonly EventState[]): readonly Moment[] {
  const last = group.reduce((one, other) => (other.count > one.count ? other : one));
  const times = new Map(group.map((event) => [event.last_at, event]));
  if (last.actor === null || times.size !== last.count || last.count === 1) return [momentOf(last, last.at, key)];
  return [...times].map(([at, event], index) => momentOf({ ...event, count: 1 }, at, `${key}#${index + 1}`));
}

function momentOf(event: EventState, at: string, key: string): Moment {
  const { kind, severity, subject, actor, reason, detail, count, last_at: lastAt, generation, fields } = event;
  return {
    at,
    source: 'event',
    kind,
    actor,
    words: wordsOf(event),
    severity: severity === 'error' || severity === 'warn' ? severity : 'info',
    key,
    fields: { subject, reason, detail, count, last_at: count === 1 ? at : lastAt, generation, ...fields },
  };
}

function wordsOf({ kind, words, subject, actor, reason, detail, count, last_at: lastAt, fields }: EventState): string {
  if (kind === 'admin_action') return actionWords(fields, subject, reason, count);
  const standing = kind === 'standing_warning';
  const about = subject === null || standing || words.includes(subject) ? '' : ` ${subject}`;
  // Who did it stands behind, and numbers without their names say nothing.
  const told = (actor === null ? detail : detail?.replace(`${actor}: `, '')) ?? null;
  const more = told === null || told === reason || words.includes(told) || /^[\d: ]+$/.test(told) ? '' : `: ${told}`;
  const why = reason === null || more.includes(reason) ? '' : ` (${reason})`;
  const times = count === 1 ? '' : ` ×${count} until ${lastAt.slice(11, 19)}`;
  // What to type is for the one who watched.
  const what = standing ? words.replace(/: see sentinel .*$/, '') : words;
  return `${what}${about}${more}${why}${times}`;
}

/** `admin API: block-add 203.0.113.7/32, done (login flood)` */
function actionWords(
  fields: EventState['fields'],
  subject: string | null,
  reason: string | null,
  count: number,
): string {
  const named = ['target', 'address', 'name', 'id', 'kind', 'subject', 'key']
    .map((name) => fields[name])
    .filter((value): value is string => typeof value === 'string' && value !== '');
  const result = fields['result'];
  const refused = typeof fields['detail'] === 'string' ? `: ${fields['detail']}` : '';
  const what = [subject ?? 'change', ...new Set(named)].join(' ');
  const times = count === 1 ? '' : ` ×${count}`;
  return `admin API: ${what}${times}, ${typeof result === 'string' ? result : 'asked for'}${refused}${reason === null ? '' : ` (${reason})`}`;
}
