/**
 * Takes a snapshot: collects, writes the bundle, and then the six files of the runbook. Either a whole archive is there in the end or
 * none. Called by the command, which chooses incident and names; touches no journal.
 */
import { hostname } from 'node:os';
import { rfc3339 } from '../../base/units.ts';
import type { Config } from '../../config/model.ts';
import { randomBytes } from 'node:crypto';
import type { Item } from '../bundle/item.ts';
import { type WrittenBundle, writeBundle } from '../bundle/write.ts';
import { createScrubber } from '../redaction/bundle-scrubber.ts';
import { knownSecrets } from '../redaction/known-values.ts';
import { toldIdentities } from '../redaction/told-identities.ts';
import type { Profile } from '../redaction/scrubber.ts';
import { collectItems, type CollectNews } from './collect.ts';
import type { CollectContext } from './collector.ts';
import { daemonWords, incompleteOf, journalHeadOf, verdictOf } from './completeness.ts';
import { Lookups } from './lookups.ts';
import { journalPath } from './past.ts';
import { collectSeries } from './series.ts';
import { keepingScrubber, type SixFiles, writeSixFiles } from './six-files.ts';

export interface SnapshotOrder {
  readonly context: CollectContext;
  readonly incident: { readonly id: string; readonly title: string | null };
  /** Absolute path of the archive. */
  readonly path: string;
  readonly profile: Profile;
  readonly fast: boolean;
  readonly windowMs: number;
  readonly logsMs: number;
  /** State and metrics again and again; null = once. */
  readonly series: { readonly forMs: number; readonly intervalMs: number } | null;
  /** First wish to end: no more is collected, and what is there is written. */
  readonly enough?: AbortSignal;
  /** Second wish: nothing is written. */
  readonly abandon?: AbortSignal;
  readonly onProgress?: (news: SnapshotNews) => void;
}

export type SnapshotNews =
  | CollectNews
  | { readonly state: 'capture'; readonly number: number; readonly of: number }
  | { readonly state: 'writing' };

export interface Snapshot {
  readonly bundle: WrittenBundle;
  /** Null = there is no folder of an incident that they would belong to. */
  readonly files: SixFiles | null;
  /** Token → what it stands for. */
  readonly map: ReadonlyMap<string, string>;
}

/** @throws as `writeBundle`; nothing is left then */
export async function takeSnapshot(order: SnapshotOrder): Promise<Snapshot> {
  const { context, incident, path, profile, fast, abandon } = order;
  const { clock, version } = context.surroundings;
  const created = clock.wallMs();
  const over = new AbortController();
  const lookups = new Lookups(context.surroundings, over.signal, fast);
  // Whom nobody waits for any more need not answer.
  const giveUp = (): void => over.abort();
  order.enough?.addEventListener('abort', giveUp);
  let items: readonly Item[];
  let secrets: Secrets;
  try {
    items = await collected(order, lookups);
    secrets = await secretsOf(lookups);
  } finally {
    over.abort();
    order.enough?.removeEventListener('abort', giveUp);
  }
  abandon?.throwIfAborted();
  order.onProgress?.({ state: 'writing' });
  const { known, hosts, users } = secrets;
  const key = randomBytes(32);
  const told = profile === 'internal' || profile === 'none' ? { hosts: [], users: [] } : toldIdentities(textsOf(items));
  const { scrubber, kept } = keepingScrubber(
    createScrubber({
      profile,
      key,
      known,
      hosts: [hostname(), ...hosts, ...told.hosts],
      users: [...users, ...told.users],
    }),
  );
  const incomplete = incompleteOf(items);
  const bundle = await writeBundle({
    path,
    items,
    scrubber,
    known,
    quick: fast,
    ...(abandon === undefined ? {} : { signal: abandon }),
    facts: {
      incident: incident.id,
      title: incident.title,
      host: hostname(),
      created: rfc3339(created),
      window: { since: rfc3339(created - order.windowMs), until: rfc3339(created) },
      tool: { version, node: process.versions.node },
      daemon: daemonWords(items),
      complete: incomplete.length === 0,
      incomplete,
      verdict: verdictOf(items),
      journal: journalHeadOf(items, journalPath),
    },
  });
  const { incidentFolder } = context;
  const files = incidentFolder === null ? null : writeSixFiles(incidentFolder, path, kept);
  return { bundle, files, map: scrubber.map() };
}

function textsOf(items: readonly Item[]): readonly string[] {
  return items.flatMap((item) => ('content' in item ? [item.content] : []));
}

async function collected(order: SnapshotOrder, lookups: Lookups): Promise<readonly Item[]> {
  const { context, fast, windowMs, logsMs, series, enough, onProgress } = order;
  const shared = {
    windowMs,
    logsMs,
    ...(enough === undefined ? {} : { signal: enough }),
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  const items = await collectItems(context, { ...shared, fast, lookups });
  if (series === null) return items;
  const captures = await collectSeries(context, {
    ...shared,
    ...series,
    onCapture: (number, of) => onProgress?.({ state: 'capture', number, of }),
  });
  return [...items, ...captures];
}

interface Secrets {
  readonly known: readonly string[];
  readonly hosts: readonly string[];
  readonly users: readonly string[];
}

/** What must not be in the bundle, wherever it stands. */
async function secretsOf(lookups: Lookups): Promise<Secrets> {
  const loaded = (await lookups.disk().catch(() => null))?.loaded;
  const environment = await lookups.environment();
  if (loaded === undefined || loaded.kind === 'unreadable') {
    return { known: knownSecrets({ config: null, environment }), hosts: [], users: [] };
  }
  const config = loaded.kind === 'ok' ? loaded.config : loaded.unservable;
  const said = config === null ? null : { config, secrets: loaded.kind === 'ok' ? loaded.secrets : [] };
  const texts = loaded.sources.map(({ text }) => text);
  return {
    known: knownSecrets({ config: said, environment, texts }),
    hosts: config === null ? [] : hostsIn(config),
    users: config === null ? [] : peopleIn(config),
  };
}

/** Whom `contacts` name, by name or by number; `director` is a word. */
function peopleIn({ contacts }: Config): readonly string[] {
  const { primary, secondary, management, infrastructure, security } = contacts;
  const named = [primary, secondary, infrastructure, security, ...management.map(({ contact }) => contact)];
  return named.flatMap((one) => (one === null || /^[a-z -]*$/.test(one) ? [] : [one]));
}

function hostsIn({ routes, upstreams, listeners }: Config): readonly string[] {
  const named = [
    ...routes.flatMap(({ matches }) => matches.hosts),
    ...upstreams.flatMap(({ targets }) =>
      targets.map(({ address }) => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')),
    ),
    ...listeners.flatMap(({ tls }) => (tls?.sni ?? []).flatMap(({ hostnames }) => hostnames)),
  ];
  return [...new Set(named)].filter((name) => name !== '' && name !== 'localhost');
}
