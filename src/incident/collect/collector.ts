/**
 * What a collector is: one thing that a snapshot wants, where it is found, and how long that may take. Types, and the bounds that all
 * keep to. The runner (`collect.ts`) calls them; none knows of the others.
 */
import type { Surroundings } from '../../diagnosis/probe.ts';
import type { ItemClass } from '../bundle/item.ts';
import type { ContentKind } from '../redaction/scrubber.ts';
import type { Lookups } from './lookups.ts';

/** A source that has not answered by then is left out; the seeds' first minutes have no more to spare. */
export const patienceMs = 5_000;
/** All of a snapshot that was to be quick, and of one that was not. */
export const fastTotalMs = 2_800;
export const totalMs = 20_000;

/** On a machine that has too much to do what is quick must not wait for what is not. */
export const headStartMs = 500;

/** When the time for all is over, what must be there may take that much longer. */
export const reprieveMs = 1_000;

/** What of each log is kept, the newest first. */
export const logQuota = { fast: 2 << 20, usual: 24 << 20 } as const;

/** What is to be collected, and how far back. */
export interface CollectContext {
  /** As for a diagnosis: whom to ask, where the machine's files are, which configuration is meant. */
  readonly surroundings: Surroundings;
  /** Folder of the incident that it is for, whose journal belongs to it; null = there is none yet. */
  readonly incidentFolder: string | null;
  /** Folders in which there may be a log of commands: that of all incidents, and those of state. */
  readonly commandFolders: readonly string[];
  /** What is written from the record of the incident, by whoever can. */
  readonly writings: readonly Collector[];
}

export interface CollectLimits {
  /** As little as tells what matters, within `fastTotalMs`. */
  readonly fast: boolean;
  /** How far rings are read back, milliseconds. */
  readonly windowMs: number;
  /** The same of logs. */
  readonly logsMs: number;
  /** Bytes of each log, at most. */
  readonly logBytes: number;
}

/** What a collector is given. */
export interface CollectScene extends CollectContext, CollectLimits {
  /** Aborts when the time of this collector is over, or somebody gives the whole up: sockets are cut, programs ended. */
  readonly signal: AbortSignal;
  /** What several collectors need, found out once. */
  readonly lookups: Lookups;
}

/** A file of the bundle, as a collector finds it. */
export interface Piece {
  /** Default that of the collector. */
  readonly path?: string;
  readonly kind?: ContentKind;
  readonly source?: string;
  readonly content: string;
  /** What was left out, in words. */
  readonly truncated?: string;
}

export interface Collector {
  /** In the bundle; `*` where it makes several, or none has its name before: `config/history/*.kdl`. */
  readonly path: string;
  readonly class: ItemClass;
  readonly kind: ContentKind;
  /** Where it is found, for the plan and for what is missing. */
  readonly source: string;
  /** Also where there is little time. */
  readonly fast: boolean;
  /** Default `patienceMs`. */
  readonly timeoutMs?: number;
  /** No analysis can do without it, or without another one of its kind: it has `reprieveMs` more where time is short for all. */
  readonly mandatory?: true;
  /** It takes much of the processor: begins when the others are done, or have had `headStartMs`. */
  readonly heavy?: true;
  /** Bytes that it will have, without asking anybody; null = nobody knows before. */
  readonly estimate?: (context: CollectContext, limits: CollectLimits) => number | null;
  /**
   * Nothing = there is nothing of the kind, which is no fault.
   * @throws whatever stands in the way: it becomes the reason why the item is missing
   */
  readonly find: (scene: CollectScene) => Promise<readonly Piece[]>;
}
