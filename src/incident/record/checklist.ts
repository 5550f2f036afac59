/**
 * The two lists of the incident response runbook, "First 5 Minutes Checklist" and "Immediate Post-Incident": their items, and which
 * of them are done, by hand or because a command proves it. Pure.
 */
import type { Incident, Tick } from './incident.ts';

export type ChecklistName = 'first-5-minutes' | 'post-incident';

export interface ChecklistItem {
  /** What is typed to tick it. */
  readonly id: string;
  readonly list: ChecklistName;
  readonly words: string;
  /** The command that does it, or proves it; null = somebody has to say so. */
  readonly command: string | null;
}

export interface CheckedItem extends ChecklistItem {
  /** Null = not done. */
  readonly tick: Tick | null;
}

export const checklistTitles: Readonly<Record<ChecklistName, string>> = {
  'first-5-minutes': 'First 5 minutes',
  'post-incident': 'Within one hour after resolution',
};

export const checklist: readonly ChecklistItem[] = [
  {
    id: 'acknowledge',
    list: 'first-5-minutes',
    words: 'Acknowledge incident in alerting system',
    command: 'sentinel incident ack',
  },
  {
    id: 'severity',
    list: 'first-5-minutes',
    words: 'Assess severity using classification above',
    command: 'sentinel incident sev',
  },
  { id: 'channel', list: 'first-5-minutes', words: 'Open incident channel', command: null },
  {
    id: 'commander',
    list: 'first-5-minutes',
    words: 'Declare incident commander if SEV1/SEV2',
    command: 'sentinel incident role commander NAME',
  },
  {
    id: 'diagnostics',
    list: 'first-5-minutes',
    words: 'Begin gathering initial diagnostics',
    command: 'sentinel diagnose',
  },
  { id: 'post-status-page', list: 'post-incident', words: 'Update status page to "Resolved"', command: null },
  { id: 'post-all-clear', list: 'post-incident', words: 'Send all-clear communication', command: null },
  {
    id: 'post-timeline',
    list: 'post-incident',
    words: 'Document timeline in incident channel',
    command: null,
  },
  {
    id: 'post-preserve',
    list: 'post-incident',
    words: 'Preserve logs and metrics snapshots',
    command: null,
  },
  {
    id: 'post-schedule',
    list: 'post-incident',
    words: 'Schedule post-mortem (SEV1/SEV2: within 48 hours)',
    command: null,
  },
];

/** The item that a line of a runbook is, which may say more behind its words; null = none. */
export function checklistLine(text: string): string | null {
  return checklist.find(({ words }) => text.startsWith(words))?.id ?? null;
}

/** Item → what in the fold proves it. What only a person outside can do (a channel, a status page) is never proved. */
const provedBy: Readonly<Record<string, string>> = {
  acknowledge: 'acked',
  severity: 'severity',
  commander: 'commander',
  diagnostics: 'diagnostics',
  'post-preserve': 'preserved',
};

/** Every item with whether it is done; what a person said last wins over what a command proves. */
export function checklistOf(incident: Pick<Incident, 'ticks' | 'proofs'>): readonly CheckedItem[] {
  return checklist.map((item) => {
    const said = incident.ticks[item.id];
    if (said !== undefined) return { ...item, tick: said };
    const proof = provedBy[item.id];
    return { ...item, tick: (proof === undefined ? undefined : incident.proofs[proof]) ?? null };
  });
}

/** When the last item of a list was done; null = not all are. */
export function doneAt(items: readonly CheckedItem[], list: ChecklistName): string | null {
  const ticks = items.filter((item) => item.list === list).map(({ tick }) => tick);
  return ticks.some((tick) => tick === null)
    ? null
    : (ticks
        .map((tick) => tick?.at ?? '')
        .sort()
        .at(-1) ?? null);
}

/** Items that do not concern this incident: nobody commands a SEV3. */
export function concerns(item: ChecklistItem, { sev }: Pick<Incident, 'sev'>): boolean {
  const grave = sev === 'SEV1' || sev === 'SEV2';
  return grave || sev === null || (item.id !== 'commander' && item.id !== 'post-schedule');
}
