/** What a probe is: one section of the facts, how it is found out, and how long that may take. Types only. */
import type { AdminClient } from '../admin/client/client.ts';
import type { Clock } from '../base/clock.ts';
import type { RunContext } from '../base/run-files.ts';
import type { Known, Sections, SectionName } from './facts.ts';

/**
 * `passive`: reads what is there. `active`: opens connections to listeners, targets, name servers. `intrusive`: could be noticed by
 * others (traceroute, writing a file); only with consent.
 */
export type ProbeClass = 'passive' | 'active' | 'intrusive';

/** Roots of the machine's own files; tests name others. */
export interface MachineRoots {
  /** `/proc` */
  readonly proc: string;
  /** `/sys` */
  readonly sys: string;
  /** `/dev/kmsg`, where the kernel's log is read from when no tool can. */
  readonly kmsg: string;
}

export interface ProbeContext {
  readonly run: RunContext;
  readonly roots: MachineRoots;
  readonly clock: Clock;
  readonly client: AdminClient;
  /** `local` when nothing was named. */
  readonly daemon: string;
  /** The daemon is on this machine: `/proc` and its files can say something of it. */
  readonly local: boolean;
  /** As the operator named it, or where a daemon would look; null = there is none. */
  readonly configPath: string | null;
  /** Directory that relative paths start from. */
  readonly directory: string;
  readonly version: string;
  /** Classes that may run. */
  readonly allowed: ReadonlySet<ProbeClass>;
  /** Where external tools are looked for; null = as the environment says. */
  readonly toolPath: string | null;
  /** Aborts when time is over: whatever is still under way becomes unknown. */
  readonly signal: AbortSignal;
  /** What another probe finds out; started if it is not under way, never twice. */
  of<K extends SectionName>(name: K): Promise<Sections[K]>;
}

/** The same for all probes of a diagnosis; the collector adds the rest for each. */
export type Surroundings = Omit<ProbeContext, 'signal' | 'of'>;

export type ValueOf<K extends SectionName> = Sections[K] extends Known<infer T> ? T : never;

export interface Probe<K extends SectionName> {
  readonly name: K;
  /** `process: pid file, /proc, systemd` */
  readonly title: string;
  readonly class: ProbeClass;
  /** The answer to "is all well?" cannot be given without it. */
  readonly mandatory: boolean;
  readonly timeoutMs: number;
  /** @throws ProbeFault when it cannot be found out */
  readonly find: (context: ProbeContext) => Promise<ValueOf<K>>;
}

/** The probe of each section. */
export type ProbeTable = { readonly [K in SectionName]: Probe<K> };

/** A probe could not find out: becomes an unknown section. */
export class ProbeFault extends Error {
  readonly tried: readonly string[];

  constructor(why: string, tried: readonly string[]) {
    super(why);
    this.tried = tried;
  }
}
