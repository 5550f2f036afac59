/** What a timeline is made of: plain lists, wherever they were read from. Types only. */
import type { EventState } from '../../admin/contract/event-shapes.ts';
import type { FlightReading } from '../../history/flight-reader.ts';
import type { GenerationHead } from '../../history/generation.ts';
import type { Entry } from '../../runbook/run/entry.ts';
import type { JournalEntry } from '../record/entry.ts';
import type { LoggedCommand } from './logged-command.ts';
import type { MissingSource } from './moment.ts';

/** A run of a runbook with everything that its transcript says. */
export interface TranscriptSource {
  /** Path of the transcript. */
  readonly file: string;
  readonly entries: readonly Entry[];
}

export interface TimelineSources {
  readonly journal: readonly JournalEntry[];
  readonly commands: readonly LoggedCommand[];
  /** From wherever they are known: what is there twice is one. */
  readonly events: readonly EventState[];
  /** Of each daemon; the events in it are taken too. */
  readonly flight: readonly Pick<FlightReading, 'lines' | 'gaps'>[];
  readonly runs: readonly TranscriptSource[];
  readonly generations: readonly GenerationHead[];
  /** What could not be read. */
  readonly missing: readonly MissingSource[];
}

/** What a timeline has to know of the incident it is of. */
export interface TimelineSubject {
  readonly id: string;
  /** RFC 3339; null = not so far. */
  readonly times: { readonly alert: string | null; readonly opened: string | null; readonly closed: string | null };
  /** Addresses of the daemons that it is about; without them any may be meant. */
  readonly daemons?: readonly string[];
  /** Configuration of its daemon, absolute; null = not known. */
  readonly config?: string | null;
}

/** RFC 3339; what is not given is 15 minutes before the first of alert and opening, and when it was closed. */
export interface TimelineWindow {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}
