/**
 * Moments that the marks of an incident could stand for: when the first alert was, when the cause was found, when it stopped hurting,
 * when it was over. Taken from its timeline; a person decides. Pure.
 */
import type { Mark } from './record/entry.ts';
import type { Incident } from './record/incident.ts';
import type { Moment } from './timeline/moment.ts';

export interface MarkProposal {
  readonly mark: Mark;
  /** RFC 3339. */
  readonly when: string;
  /** What speaks for it: `event health: target is healthy again, api/10.1.1.12:8080`. */
  readonly from: string;
}

/** Events that say of a target, a breaker or an upstream that it fails, or (where they are no warning) that it works again. */
const standing: ReadonlySet<string> = new Set(['health', 'breaker', 'upstream', 'ejection']);

/** So long nothing may fail any more before it is said to be over. */
const QUIET_MS = 5 * 60_000;

/**
 * At most one of each mark that nobody has set, in the order of marks.
 * @param moments Oldest first.
 */
export function proposeMarks(
  incident: Pick<Incident, 'times' | 'alerts'>,
  moments: readonly Moment[],
  nowMs: number,
): readonly MarkProposal[] {
  const { times } = incident;
  const began = firstFailure(moments);
  const since = times.alert ?? began?.at ?? times.opened;
  const later = moments.filter(({ at }) => at > since);
  const healed = lastHealing(later);
  const mitigated = times.mitigated ?? healed?.at ?? null;
  const proposals: (MarkProposal | null)[] = [
    times.alert === null ? proposal('alert', began) : null,
    times.identified === null && times.resolved === null ? proposal('identified', cause(later)) : null,
    times.mitigated === null && times.resolved === null ? proposal('mitigated', healed) : null,
    times.resolved === null ? resolved(incident, later, mitigated, healed, nowMs) : null,
  ];
  return proposals.filter((one) => one !== null);
}

/** The first failure; an alert that a program sent is better than any. */
function firstFailure(moments: readonly Moment[]): Moment | null {
  const fires = (moment: Moment): boolean =>
    moment.source === 'journal' && moment.kind === 'alert' && moment.severity === 'error';
  return moments.find(fires) ?? moments.find(isFailure) ?? null;
}

/** A diagnosis that names a cause, or the first deed of somebody who knew what to do. */
function cause(moments: readonly Moment[]): Moment | null {
  const diagnosed = (moment: Moment): boolean => moment.kind === 'diagnosis' && moment.severity === 'warn';
  return moments.find((moment) => (moment.source === 'journal' && diagnosed(moment)) || isDeed(moment)) ?? null;
}

/** The last thing that got well again after which nothing else failed. */
function lastHealing(moments: readonly Moment[]): Moment | null {
  const failed = moments.findLastIndex(isFailure);
  const after = moments.slice(failed + 1);
  // Counts say best when clients felt nothing any more; an event only says it of one target.
  return after.find(({ kind }) => kind === 'failures_fall') ?? after.findLast(isHealing) ?? null;
}

/** Every alert is resolved, or nothing has failed for some minutes since it got well. */
function resolved(
  { alerts }: Pick<Incident, 'alerts'>,
  moments: readonly Moment[],
  mitigated: string | null,
  healed: Moment | null,
  nowMs: number,
): MarkProposal | null {
  const ends = alerts.map(({ status, ends_at: at }) => (status === 'resolved' ? at : null));
  if (ends.length > 0) {
    if (ends.some((at) => at === null)) return null;
    const last = ends
      .filter((at) => at !== null)
      .toSorted()
      .at(-1) as string;
    return {
      mark: 'resolved',
      when: last,
      from: `the last of ${ends.length} ${ends.length === 1 ? 'alert' : 'alerts'} resolved`,
    };
  }
  if (mitigated === null || moments.some((moment) => isFailure(moment) && moment.at > mitigated)) return null;
  if (nowMs - Date.parse(mitigated) < QUIET_MS) return null;
  return healed === null
    ? { mark: 'resolved', when: mitigated, from: 'nothing failed any more since it was mitigated' }
    : {
        mark: 'resolved',
        when: healed.at > mitigated ? healed.at : mitigated,
        from: `nothing failed any more since ${wordsOf(healed)}`,
      };
}

function isFailure({ kind, source, severity }: Moment): boolean {
  if (source === 'traffic') return kind === 'failures_rise' || kind === 'daemon_died';
  return source === 'event' && standing.has(kind) && severity !== 'info';
}

function isHealing({ kind, source, severity, fields }: Moment): boolean {
  if (source === 'traffic') return kind === 'failures_fall' || kind === 'daemon_began';
  // A breaker that is half-open only tries.
  return source === 'event' && standing.has(kind) && severity === 'info' && fields['to'] !== 'half_open';
}

/** A command or a configuration that changed something and worked. */
function isDeed({ source, severity, kind, actor }: Moment): boolean {
  if (source === 'configuration') return actor !== null;
  return source === 'command' && severity === 'info' && !kind.startsWith('incident');
}

function proposal(mark: Mark, moment: Moment | null): MarkProposal | null {
  return moment === null ? null : { mark, when: moment.at, from: wordsOf(moment) };
}

function wordsOf({ source, kind, words }: Moment): string {
  return source === 'event' || source === 'traffic' ? `${source} ${kind}: ${words}` : `${source}: ${words}`;
}
