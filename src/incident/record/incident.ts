/**
 * An incident: what the entries of its journal mean together. Folded by the store and by whoever has entries; pure. Later entries
 * win; what it does not know it passes over.
 */
import type { Sev } from '../../base/severity.ts';
import type { EntryBody, JournalEntry } from './entry.ts';

export const phases = ['open', 'identified', 'mitigated', 'monitoring', 'resolved', 'closed'] as const;
export type Phase = (typeof phases)[number];

type Written<K extends EntryBody['kind']> = Omit<Extract<EntryBody, { kind: K }>, 'kind'> & {
  readonly at: string;
  readonly actor: string;
};

/** RFC 3339; null = not yet. */
export interface IncidentTimes {
  /** When the first alert fired, where anybody knows. */
  readonly alert: string | null;
  readonly opened: string;
  readonly acked: string | null;
  readonly identified: string | null;
  readonly mitigated: string | null;
  readonly monitoring: string | null;
  readonly resolved: string | null;
  readonly closed: string | null;
}

export interface IncidentAction {
  readonly number: number;
  readonly text: string;
  readonly owner: string | null;
  readonly due: string | null;
  /** Null = it is open. */
  readonly done: string | null;
}

export interface IncidentAlert {
  readonly fingerprint: string;
  readonly name: string;
  readonly summary: string | null;
  readonly status: 'firing' | 'resolved';
  readonly starts_at: string;
  readonly ends_at: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Tick {
  readonly at: string;
  readonly actor: string;
  /** What proved it; null = somebody said so. */
  readonly by_command: string | null;
}

export interface Incident {
  readonly id: string;
  readonly folder: string;
  readonly title: string | null;
  readonly sev: Sev | null;
  /** Why that severity, where anybody said; and since when it is so. */
  readonly sev_why: string | null;
  readonly sev_since: string | null;
  readonly phase: Phase;
  readonly service: string | null;
  /** Addresses of the daemons that it is about; empty = any may be meant. */
  readonly daemons: readonly string[];
  /** Configuration of its daemon, absolute; null = not known. */
  readonly config: string | null;
  readonly opened_by: 'operator' | 'alert';
  readonly times: IncidentTimes;
  readonly acked_by: string | null;
  /** Role → person, for roles that somebody has. */
  readonly roles: Readonly<Record<string, string>>;
  readonly factors: readonly Written<'factor'>[];
  readonly actions: readonly IncidentAction[];
  /** Items that somebody ticked by hand, or took back; `checklist.ts` adds what commands prove. Null = taken back. */
  readonly ticks: Readonly<Record<string, Tick | null>>;
  readonly notes: readonly Written<'note'>[];
  readonly alerts: readonly IncidentAlert[];
  readonly diagnoses: readonly Written<'diagnosis'>[];
  readonly runbooks: readonly Written<'runbook'>[];
  readonly snapshots: readonly Written<'snapshot'>[];
  readonly messages: readonly Written<'message'>[];
  readonly postmortem: Written<'postmortem'> | null;
  readonly timeline: Written<'timeline'> | null;
  readonly impact: Readonly<Record<string, unknown>> | null;
  /** How often something had to be mended. */
  readonly mended: number;
  readonly closed_why: string | null;
  /** First entry of each kind that proves an item of a checklist, and of each mark. */
  readonly proofs: Readonly<Record<string, Tick>>;
  readonly head: { readonly seq: number; readonly hash: string };
}

/** The furthest that anybody has said: who says later when the cause was found does not take the rest back. */
function phaseAt(times: IncidentTimes, closed: boolean): Phase {
  if (closed) return 'closed';
  return (
    (['resolved', 'monitoring', 'mitigated', 'identified'] as const).find((mark) => times[mark] !== null) ?? 'open'
  );
}

/** @param entries In the order of the journal; without any it is an incident that nothing is known of. */
export function foldIncident(entries: readonly JournalEntry[], id: string, folder: string): Incident {
  const first = entries[0];
  const times: Record<keyof IncidentTimes, string | null> & { opened: string } = {
    alert: null,
    opened: first?.at ?? new Date(0).toISOString(),
    acked: null,
    identified: null,
    mitigated: null,
    monitoring: null,
    resolved: null,
    closed: null,
  };
  let title: string | null = null;
  let sev: Sev | null = null;
  let sevWhy: string | null = null;
  let sevSince: string | null = null;
  let service: string | null = null;
  let daemons: readonly string[] = [];
  let config: string | null = null;
  let openedBy: 'operator' | 'alert' = 'operator';
  let ackedBy: string | null = null;
  let markedAlert = false;
  let closed = false;
  let postmortem: Written<'postmortem'> | null = null;
  let timeline: Written<'timeline'> | null = null;
  let impact: Readonly<Record<string, unknown>> | null = null;
  let closedWhy: string | null = null;
  let mended = 0;
  const roles: Record<string, string> = {};
  const factors: Written<'factor'>[] = [];
  const actions = new Map<number, IncidentAction>();
  const ticks: Record<string, Tick | null> = {};
  const notes: Written<'note'>[] = [];
  const alerts = new Map<string, IncidentAlert>();
  const diagnoses: Written<'diagnosis'>[] = [];
  const runbooks: Written<'runbook'>[] = [];
  const snapshots: Written<'snapshot'>[] = [];
  const messages: Written<'message'>[] = [];
  const proofs: Record<string, Tick> = {};
  const prove = (what: string, { at, actor }: JournalEntry, command: string): void => {
    proofs[what] ??= { at, actor, by_command: command };
  };

  for (const entry of entries) {
    switch (entry.kind) {
      case 'opened':
        ({ title, sev, service } = entry);
        times.opened = entry.at;
        openedBy = entry.by;
        daemons = entry.daemons ?? [];
        config = entry.config ?? null;
        if (entry.sev !== null) {
          [sevWhy, sevSince] = [entry.why, entry.at];
          prove('severity', entry, entry.by === 'alert' ? 'the alert' : 'incident open --sev');
        }
        break;
      case 'reopened':
        closed = false;
        for (const mark of ['mitigated', 'monitoring', 'resolved', 'closed'] as const) times[mark] = null;
        closedWhy = null;
        // What came after the resolution comes after the next one too.
        for (const what of afterResolution) delete proofs[what];
        for (const item of Object.keys(ticks)) if (item.startsWith('post-')) delete ticks[item];
        break;
      case 'acked':
        times.acked ??= entry.at;
        ackedBy ??= entry.actor;
        prove('acked', entry, 'incident ack');
        break;
      case 'marked': {
        times[entry.mark] = entry.when;
        if (entry.mark === 'alert') markedAlert = true;
        break;
      }
      case 'severity':
        [sev, sevWhy] = [entry.sev, entry.why];
        // Who says late how bad it is has no more time for that; who finds that it got worse has.
        if (entry.sev !== entry.was) sevSince = entry.was === null ? times.opened : entry.at;
        prove('severity', entry, 'incident sev');
        break;
      case 'titled':
        title = entry.title;
        break;
      case 'note':
        notes.push(entry);
        break;
      case 'role':
        if (entry.person === null) delete roles[entry.role];
        else roles[entry.role] = entry.person;
        if (entry.role === 'management' && entry.person !== null)
          prove('management', entry, 'incident role management');
        if (entry.role === 'commander' && entry.person !== null) prove('commander', entry, 'incident role commander');
        break;
      case 'factor':
        factors.push(entry);
        break;
      case 'action': {
        const { number, text, owner, due } = entry;
        actions.set(number, { number, text, owner, due, done: null });
        break;
      }
      case 'action-done': {
        const action = actions.get(entry.number);
        if (action !== undefined) actions.set(entry.number, { ...action, done: entry.at });
        break;
      }
      case 'ticked':
        ticks[entry.item] = { at: entry.at, actor: entry.actor, by_command: entry.by_command };
        break;
      case 'unticked':
        ticks[entry.item] = null;
        break;
      case 'alert': {
        const { fingerprint, name, summary, status, starts_at, ends_at, labels } = entry;
        alerts.set(fingerprint, { fingerprint, name, summary, status, starts_at, ends_at, labels });
        if (!markedAlert && status === 'firing' && (times.alert === null || starts_at < times.alert))
          times.alert = starts_at;
        break;
      }
      case 'diagnosis':
        diagnoses.push(entry);
        prove('diagnostics', entry, 'diagnose');
        break;
      case 'runbook':
        runbooks.push(entry);
        prove('diagnostics', entry, `runbook run ${entry.runbook}`);
        break;
      case 'snapshot':
        snapshots.push(entry);
        prove('diagnostics', entry, 'incident snapshot');
        if (times.resolved !== null) prove('preserved', entry, 'incident snapshot');
        break;
      case 'message':
        messages.push(entry);
        break;
      case 'postmortem':
        postmortem = entry;
        break;
      case 'timeline':
        timeline = entry;
        prove('timeline', entry, 'incident close');
        break;
      case 'impact':
        impact = entry.impact;
        break;
      case 'mended':
        mended++;
        break;
      case 'closed':
        closed = true;
        times.closed = entry.at;
        closedWhy = entry.why;
        break;
    }
  }
  const last = entries.at(-1);
  return {
    id,
    folder,
    title,
    sev,
    sev_why: sevWhy,
    sev_since: sevSince,
    phase: phaseAt(times, closed),
    service,
    daemons,
    config,
    opened_by: openedBy,
    times,
    acked_by: ackedBy,
    roles,
    factors,
    actions: [...actions.values()].sort((one, other) => one.number - other.number),
    ticks,
    notes,
    alerts: [...alerts.values()],
    diagnoses,
    runbooks,
    snapshots,
    messages,
    postmortem,
    timeline,
    impact,
    mended,
    closed_why: closedWhy,
    proofs,
    head: { seq: last?.seq ?? 0, hash: last?.hash ?? '' },
  };
}

const afterResolution = ['preserved', 'timeline'] as const;
