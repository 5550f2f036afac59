/**
 * All incidents of a folder: opened, added to, read, verified. Commands and the daemon write at the same time, so that every
 * change happens under a lock of its incident; a new one appears whole under its name or not at all. Secrets in texts never get in.
 */
import { chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { randomHex } from '../../base/ids.ts';
import { KnownSecrets, redactDeep } from '../../base/redaction.ts';
import { readReason } from '../../base/read-reason.ts';
import { rfc3339 } from '../../base/units.ts';
import type { EntryFacts } from './chain.ts';
import type { EntryBody, JournalEntry } from './entry.ts';
import { withFolderLock } from './folder-lock.ts';
import { checkIncidentId, isIncidentId, nextIncidentId } from './id.ts';
import { foldIncident, type Incident } from './incident.ts';
import {
  appendToJournal,
  beginJournal,
  entriesOf,
  journalName,
  type JournalSteps,
  readJournal,
  type StoredJournal,
  stepsOfOwner,
  systemJournalSteps,
  unwritable,
} from './journal.ts';
import { type Verification, verifyJournal } from './verification.ts';

export interface StoreFacts {
  readonly clock: Clock;
  /** Who writes: the user, and who called sudo; `sentinel` for the daemon. */
  readonly actor: string;
  readonly host: string;
  /** Literal secrets that must not get in, besides what looks like one. */
  readonly known?: KnownSecrets;
  /** A text without more kinds of secret than this room knows of. */
  readonly clean?: (text: string) => string;
  readonly steps?: JournalSteps;
}

export interface IncidentListing {
  readonly id: string;
  readonly folder: string;
  /** Null where its journal cannot be read. */
  readonly incident: Incident | null;
  readonly problem: string | null;
}

type Opened = Extract<EntryBody, { kind: 'opened' }>;

/** What a process left that ended while it opened an incident. */
const draftForm = /^\.draft-[0-9a-f]{12}$/;
const FORGOTTEN_MS = 3_600_000;
/** More bytes in one entry are a mistake: a log belongs into a snapshot. */
const MOST_BYTES = 256 << 10;
const SWAPS = 1_000;

export class IncidentStore {
  readonly folder: string;
  readonly #facts: StoreFacts;
  readonly #known: KnownSecrets;
  readonly #steps: JournalSteps;

  /** @param folder Of all incidents; made when the first one is opened. */
  constructor(folder: string, facts: StoreFacts) {
    this.folder = folder;
    this.#facts = facts;
    this.#known = facts.known ?? new KnownSecrets([]);
    this.#steps = facts.steps ?? systemJournalSteps;
  }

  folderOf(id: string): string {
    return join(this.folder, checkIncidentId(id));
  }

  /**
   * A new incident, under `id` or the next free one of the day. A folder of that name without a journal is taken over with what is
   * in it.
   * @param request.also Entries that belong to the opening: written with it, or not at all.
   * @throws SNT-I001 the id, SNT-I005 it exists, SNT-I004 it cannot be written
   */
  async open(request: {
    readonly id?: string;
    readonly body: Opened;
    readonly also?: readonly EntryBody[];
  }): Promise<Incident> {
    const { id: given } = request;
    if (given !== undefined) checkIncidentId(given);
    const bodies = this.#clean([request.body, ...(request.also ?? [])]);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      const draft = join(this.folder, `.draft-${randomHex(6)}`);
      mkdirSync(draft, { mode: 0o700 });
      try {
        this.#give(draft);
        beginJournal(draft, bodies, this.#stamp(), stepsOfOwner(this.#steps, draft));
        const id = given === undefined ? this.#placeAnywhere(draft) : await this.#placeAt(draft, given, bodies);
        this.#steps.syncFolder(this.folder);
        return this.read(id);
      } finally {
        rmSync(draft, { recursive: true, force: true });
        this.#sweep();
      }
    } catch (error) {
      throw unwritable(`the incident ${given ?? ''}`.trimEnd(), error);
    }
  }

  /**
   * Adds entries, on disk when it resolves, all or none.
   * @throws SNT-I002 there is no such incident, SNT-I004 it cannot be written, SNT-I006 somebody else holds it
   */
  async append(id: string, bodies: readonly EntryBody[]): Promise<Incident> {
    return this.change(id, () => bodies);
  }

  /**
   * The same with entries that depend on what is written: nobody else writes between the look and the entries.
   * @param decide None = nothing is written.
   * @throws as `append`; what `decide` throws
   */
  async change(id: string, decide: (incident: Incident) => readonly EntryBody[]): Promise<Incident> {
    const folder = this.#existing(id);
    try {
      return await withFolderLock(folder, this.#facts.clock, () => {
        const bodies = decide(this.#fold(id));
        if (bodies.length > 0)
          appendToJournal(folder, this.#clean(bodies), this.#stamp(), stepsOfOwner(this.#steps, folder));
        return this.read(id);
      });
    } catch (error) {
      throw unwritable(`incident ${id}`, error);
    }
  }

  /** @throws SNT-I001, SNT-I002, SNT-I003 it cannot be read */
  read(id: string): Incident {
    const incident = this.#fold(id);
    if (incident.head.seq > 0) return incident;
    throw new SentinelError('SNT-I003', `the journal of ${id} has no entry that can be read`, {
      hint: `sentinel incident verify ${id}`,
    });
  }

  /** One without an entry can be added to all the same. */
  #fold(id: string): Incident {
    return foldIncident(this.entries(id), id, this.folderOf(id));
  }

  /** Every entry that can be read, in the order in which they were written. @throws as `read` */
  entries(id: string): readonly JournalEntry[] {
    return entriesOf(this.#journal(id));
  }

  /** @throws as `read` */
  verify(id: string): Verification {
    return verifyJournal(this.#journal(id), id, this.folderOf(id));
  }

  /** The newest first. Empty where the folder is not there. @throws SNT-I003 the folder cannot be read */
  list(): readonly IncidentListing[] {
    const listings = this.#names().flatMap((id): IncidentListing[] => {
      const folder = join(this.folder, id);
      if (!isIncidentId(id) || !holdsJournal(folder)) return [];
      try {
        return [{ id, folder, incident: this.read(id), problem: null }];
      } catch (error) {
        return [{ id, folder, incident: null, problem: error instanceof Error ? error.message : String(error) }];
      }
    });
    const openedAt = ({ incident }: IncidentListing): string => incident?.times.opened ?? '';
    return listings.sort((one, other) =>
      openedAt(one) === openedAt(other) ? (one.id < other.id ? 1 : -1) : openedAt(one) < openedAt(other) ? 1 : -1,
    );
  }

  #journal(id: string): StoredJournal {
    const folder = this.folderOf(id);
    try {
      return readJournal(folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') throw this.#missing(id);
      throw unreadable(folder, error);
    }
  }

  #existing(id: string): string {
    const folder = this.folderOf(id);
    if (!holdsJournal(folder)) this.#journal(id);
    return folder;
  }

  #missing(id: string): SentinelError {
    return new SentinelError('SNT-I002', `there is no incident ${id} in ${this.folder}`, {
      hint: 'sentinel incident list --all',
    });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.folder);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw unreadable(this.folder, error);
    }
  }

  /** A folder gets its name only where nothing of that name has anything in it: of two processes one gets it. */
  #placeAnywhere(draft: string): string {
    for (let tried = 0; tried < SWAPS; tried++) {
      const id = nextIncidentId(this.#names(), this.#facts.clock.wallMs());
      try {
        renameSync(draft, join(this.folder, id));
        return id;
      } catch (error) {
        if (!isTaken(error)) throw error;
      }
    }
    throw new SentinelError('SNT-I006', `no id was free in ${this.folder} after ${SWAPS} tries; nothing was written`, {
      hint: 'name it yourself: `sentinel incident open INC-NAME`',
    });
  }

  async #placeAt(draft: string, id: string, bodies: readonly EntryBody[]): Promise<string> {
    const folder = join(this.folder, id);
    try {
      renameSync(draft, folder);
      return id;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    if (!lstatSync(folder).isDirectory())
      throw new SentinelError('SNT-I005', `${folder} is there and is no folder; nothing was written`, {
        hint: 'sentinel incident open',
      });
    // Somebody has made the folder by hand and put files into it: it becomes the incident.
    return withFolderLock(folder, this.#facts.clock, () => {
      if (holdsJournal(folder)) throw this.#taken(id);
      beginJournal(folder, bodies, this.#stamp(), stepsOfOwner(this.#steps, folder));
      return id;
    });
  }

  #taken(id: string): SentinelError {
    return new SentinelError('SNT-I005', `incident ${id} exists (${join(this.folder, id)}); nothing was written`, {
      hint: `sentinel incident show ${id}   sentinel incident open`,
    });
  }

  #sweep(): void {
    try {
      for (const name of this.#names()) {
        const path = join(this.folder, name);
        if (draftForm.test(name) && this.#facts.clock.wallMs() - statSync(path).mtimeMs > FORGOTTEN_MS)
          rmSync(path, { recursive: true, force: true });
      }
    } catch {
      // The next one tries again.
    }
  }

  /** What root makes belongs to whoever has the folder of incidents. */
  #give(draft: string): void {
    const { uid, gid } = statSync(this.folder);
    if (process.getuid?.() === 0 && uid !== 0) chownSync(draft, uid, gid);
  }

  #stamp(): EntryFacts {
    const { clock, actor, host } = this.#facts;
    return { at: rfc3339(clock.wallMs()), actor, host };
  }

  /** Without secrets. @throws SNT-I007 an entry that is too long */
  #clean(bodies: readonly EntryBody[]): readonly EntryBody[] {
    return bodies.map((body) => {
      const plain = this.#facts.clean === undefined ? body : eachText(body, this.#facts.clean);
      const clean = redactDeep(plain, this.#known) as EntryBody;
      const bytes = Buffer.byteLength(JSON.stringify(clean));
      if (bytes <= MOST_BYTES) return clean;
      throw new SentinelError(
        'SNT-I007',
        `a ${body.kind} of ${bytes} bytes is too long for the journal, expected ${MOST_BYTES} at most`,
        {
          hint: 'put it into a file in the folder of the incident, and name that in a note',
        },
      );
    });
  }
}

/** Every text of an entry, at any depth; names stay. */
function eachText(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((one) => eachText(one, clean));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, eachText(one, clean)]));
}

function holdsJournal(folder: string): boolean {
  return statSync(join(folder, journalName), { throwIfNoEntry: false }) !== undefined;
}

function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}

function unreadable(path: string, error: unknown): SentinelError {
  return new SentinelError('SNT-I003', `${path} cannot be read: ${readReason(error)}`, {
    hint: 'run it as the user who has the incident, with sudo perhaps',
    cause: error,
  });
}
