/**
 * Facts laid out for judging: each section's value, or null where it is not known, beside the thresholds. Made once by whoever
 * judges; read by answers and rules. Judges nothing itself.
 */
import type { Facts, SectionName } from './facts.ts';
import type { Evidence, Suspicion } from './judgement.ts';
import type { ValueOf } from './probe.ts';
import type { Thresholds } from './thresholds.ts';

export type Case = { readonly [K in SectionName]: ValueOf<K> | null } & {
  /** Of the facts, RFC 3339: the only "now" there is. */
  readonly now: string;
  readonly nowMs: number;
  readonly thresholds: Thresholds;
  readonly configPath: string | null;
  /** Why a section is not known; null where it is. */
  readonly why: (section: SectionName) => string | null;
};

/** What one procedure's rules have to say of a case. */
export type Rules = (of: Case) => readonly Suspicion[];

export function caseOf(facts: Facts, thresholds: Thresholds): Case {
  const value = <K extends SectionName>(name: K): ValueOf<K> | null => {
    const section = facts.sections[name];
    return section.state === 'known' ? (section.value as ValueOf<K>) : null;
  };
  return {
    process: value('process'),
    death: value('death'),
    config: value('config'),
    ports: value('ports'),
    permissions: value('permissions'),
    disk: value('disk'),
    memory: value('memory'),
    descriptors: value('descriptors'),
    kernel: value('kernel'),
    firewall: value('firewall'),
    clock: value('clock'),
    endpoints: value('endpoints'),
    daemon: value('daemon'),
    threads: value('threads'),
    traffic: value('traffic'),
    clients: value('clients'),
    targets: value('targets'),
    certificates: value('certificates'),
    changes: value('changes'),
    now: facts.at,
    nowMs: Date.parse(facts.at),
    thresholds,
    configPath: facts.subject.config_path,
    why: (section) => {
      const one = facts.sections[section];
      return one.state === 'known' ? null : one.why;
    },
  };
}

/** One piece of evidence; `more` as far as there is a number and its limit. */
export function seen(
  source: SectionName,
  words: string,
  more: { readonly value?: number | string; readonly threshold?: number | string; readonly at?: string | null } = {},
): Evidence {
  const { value, threshold, at } = more;
  return {
    source,
    words,
    ...(value === undefined ? {} : { value }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(at === undefined || at === null ? {} : { at }),
  };
}

/** A suspicion with what most of them have not left out. */
export function suspect(
  of: Pick<Suspicion, 'cause' | 'strength' | 'detail' | 'evidence'> & Partial<Suspicion>,
): Suspicion {
  return { resource: null, impact: null, since: null, next: [], ...of };
}

/** From here on a suspicion is a cause. */
export const CERTAIN_ENOUGH = 0.5;

/** `4.2 %`, `0.05 %`, `100 %`. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${value >= 10 || value === 0 ? Math.round(value) : Number(value.toPrecision(2))} %`;
}

/** `2m 11s`, `12d 3h`: for the words of evidence. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** `14:00:56Z` */
export function clockTime(at: string): string {
  return `${at.slice(11, 19)}Z`;
}
