/** Incidents for tests: a store in a folder of its own, on a clock that is turned by hand, and a journal with one entry of many kinds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/base/clock.ts';
import type { EntryBody, JournalEntry } from '../../../src/incident/record/entry.ts';
import { foldIncident, type Incident } from '../../../src/incident/record/incident.ts';
import { IncidentStore, type StoreFacts } from '../../../src/incident/record/store.ts';

export const openedBody = {
  kind: 'opened',
  title: 'checkout answers 502',
  sev: null,
  why: null,
  by: 'operator',
  service: 'payments',
} as const satisfies EntryBody;

export const someBodies: readonly EntryBody[] = [
  { kind: 'acked' },
  { kind: 'severity', sev: 'SEV2', was: null, why: 'checkout only', proposed: false },
  { kind: 'note', text: 'zwölf \u001b[31m "Ziele"\nzweite Zeile' },
  { kind: 'role', role: 'commander', person: 'Ana Silva' },
  { kind: 'action', number: 1, text: 'raise the timeout', owner: 'ana', due: '2026-11-30' },
  { kind: 'marked', mark: 'mitigated', when: '2026-11-21T13:30:00.000Z', from: null },
];

export function privateFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-incidents-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function storeIn(folder: string, facts: Partial<StoreFacts> = {}): IncidentStore {
  return new IncidentStore(folder, { clock: systemClock, actor: 'oncall', host: 'prod-1', ...facts });
}

/** Entries as a journal would have them, a minute apart, without their hashes. */
export function entriesFrom(bodies: readonly EntryBody[], begin = '2026-11-20T10:00:00.000Z'): readonly JournalEntry[] {
  return bodies.map((body, index) => ({
    ...body,
    seq: index + 1,
    at: new Date(Date.parse(begin) + index * 60_000).toISOString(),
    actor: 'oncall',
    host: 'prod-1',
    prev: '',
    hash: '',
  }));
}

export function folded(bodies: readonly EntryBody[], begin?: string): Incident {
  return foldIncident(entriesFrom(bodies, begin), 'INC-001', '/nowhere/INC-001');
}
