/**
 * The probe of what happened before: events of the last hour, as the daemon keeps them, and the configurations that were put in force.
 * Those are read from its folder too, so that what was changed before a daemon died is known when it is gone.
 */
import { redactText } from '../../base/redaction.ts';
import { diffConfigs } from '../../config/diff/differ.ts';
import { loadTexts } from '../../history/boot.ts';
import type { GenerationHead } from '../../history/generation.ts';
import { type HistoryList, HistoryStore } from '../../history/store.ts';
import type { ChangesState } from '../facts/traffic.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { askDaemon } from './admin-call.ts';
import { configFile, instanceOf } from './subject.ts';

const hourMs = 3_600_000;
const mostEvents = '500';
/** Of these the differences are put into words; each costs two readings of a configuration. */
const mostCompared = 5;
/** More than these words nobody reads at night. */
const mostDifferences = 3;
/** Texts above are not compared: a diagnosis has seconds. */
const largestText = 256 << 10;

type Generations = ChangesState['generations'];

export const changesProbe: Probe<'changes'> = {
  name: 'changes',
  title: 'changes: events and configurations of the last hour',
  class: 'passive',
  mandatory: false,
  timeoutMs: 4_000,
  async find(context): Promise<ChangesState> {
    const [said, kept] = await Promise.all([eventsOf(context), fromFolder(context)]);
    const unread = kept.unreadable.map(({ file, why }) => ({ source: file, why }));
    if (said instanceof ProbeFault) {
      if (kept.generations === null) throw said;
      const events = { source: said.tried[0] ?? 'events', why: said.message };
      return { events: [], generations: kept.generations, unread: [events, ...unread] };
    }
    // What the daemon tells of its configurations is all of them.
    if (kept.generations === null) return { events: said, generations: await fromDaemon(context), unread: [] };
    return { events: said, generations: kept.generations, unread };
  },
};

async function eventsOf({ client }: ProbeContext): Promise<ChangesState['events'] | ProbeFault> {
  try {
    const { events } = await askDaemon(client, 'events', { query: { since: '1h', limit: mostEvents } });
    return events;
  } catch (error) {
    if (error instanceof ProbeFault) return error;
    throw error;
  }
}

interface Kept {
  /** Null where there is no folder that this user may read. */
  readonly generations: Generations | null;
  readonly unreadable: HistoryList['unreadable'];
}

async function fromFolder(context: ProbeContext): Promise<Kept> {
  const nothing: Kept = { generations: null, unreadable: [] };
  if (!context.local) return nothing;
  const [path, instance, daemon] = await Promise.all([configFile(context), instanceOf(context), context.of('daemon')]);
  if (path === null || instance === null) return nothing;
  const store = new HistoryStore({
    find: () => instance,
    ensure() {
      throw new Error('the history is only read here');
    },
  });
  const { generations, unreadable } = store.list();
  if (generations.length === 0) return { generations: null, unreadable };
  const fromMs = context.clock.wallMs() - hourMs;
  // Of a daemon that is gone the last ones say what it ran with, however long ago that was.
  const dead = daemon.state === 'unknown';
  const chosen = generations.filter(({ at }, index) => Date.parse(at) >= fromMs || (dead && index < 2));
  const told = chosen.map((head, index) => {
    const before = generations[generations.indexOf(head) + 1];
    return { ...stateOf(head), summary: index < mostCompared ? summaryOf(store, path, before, head, context) : null };
  });
  return { generations: told.reverse(), unreadable };
}

async function fromDaemon({ client, clock }: ProbeContext): Promise<Generations> {
  const { generations } = await askDaemon(client, 'config-history');
  const fromMs = clock.wallMs() - hourMs;
  return generations
    .filter(({ at }) => Date.parse(at) >= fromMs)
    .map(({ generation, at, actor, reason }) => ({
      ...stateOf({ number: generation, at, actor, reason }),
      summary: null,
    }))
    .reverse();
}

function stateOf({
  number,
  at,
  actor,
  reason,
}: Pick<GenerationHead, 'number' | 'at' | 'actor' | 'reason'>): Omit<Generations[number], 'summary'> {
  return { number, at, actor, reason };
}

/** `~ route api timeout 30s→60s; - target 10.0.0.2:80 of api`; null where it cannot be told. */
function summaryOf(
  store: HistoryStore,
  path: string,
  before: GenerationHead | undefined,
  after: GenerationHead,
  { run }: ProbeContext,
): string | null {
  if (before === undefined) return null;
  try {
    const [old, now] = [store.read(before.number), store.read(after.number)].map(({ files }) => {
      if (files.reduce((sum, { text }) => sum + text.length, 0) > largestText) return null;
      const loaded = loadTexts(path, files, run.environment);
      return loaded.kind === 'ok' ? loaded : null;
    });
    if (old === null || now === null || old === undefined || now === undefined) return null;
    const words = diffConfigs(old, now).map((change) => change.words);
    if (words.length === 0) return 'nothing that counts';
    const more = words.length - mostDifferences;
    return redactText([...words.slice(0, mostDifferences), ...(more > 0 ? [`and ${more} more`] : [])].join('; '));
  } catch {
    // Thrown out meanwhile, or by another version.
    return null;
  }
}
