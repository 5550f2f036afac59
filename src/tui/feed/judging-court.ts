/**
 * The rules, the runbooks and the probes of the screen's verdict: those of `sentinel diagnose` that ask the daemon and nothing else.
 * Loaded by the judge after the first reading, as it is most of the program. Opens no connection but by the client that it is given.
 */
import type { AdminClient } from '../../admin/client/client.ts';
import type { Clock } from '../../base/clock.ts';
import type { RunContext } from '../../base/run-files.ts';
import { collect } from '../../diagnosis/collect.ts';
import type { SectionName } from '../../diagnosis/facts.ts';
import { judge } from '../../diagnosis/judge.ts';
import type { Verdict } from '../../diagnosis/judgement.ts';
import { type Probe, ProbeFault, type ProbeTable, type Surroundings } from '../../diagnosis/probe.ts';
import { changesProbe } from '../../diagnosis/probes/changes.ts';
import { clientsProbe } from '../../diagnosis/probes/clients.ts';
import { daemonProbe } from '../../diagnosis/probes/daemon.ts';
import { failedHandshakes, loadedCertificates } from '../../diagnosis/probes/loaded-certificates.ts';
import { processProbe } from '../../diagnosis/probes/process.ts';
import { threadsProbe } from '../../diagnosis/probes/threads.ts';
import { trafficProbe } from '../../diagnosis/probes/traffic.ts';
import { contactsIn, thresholdsIn } from '../../diagnosis/settings.ts';
import type { Thresholds } from '../../diagnosis/thresholds.ts';
import { machineRoots } from '../../diagnosis/surroundings.ts';
import { openShelf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { ReadingClient } from './judging-client.ts';
import type { Reading } from './reading.ts';

export interface Court {
  /** @param signal Gives up: what is under way becomes unknown. @throws what no rule foresaw */
  judge(reading: Reading, client: ReadingClient, signal?: AbortSignal): Promise<Judgement>;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** By which it was judged: those of the configuration in force, as far as that could be read. */
  readonly thresholds: Thresholds;
}

export interface CourtParts {
  readonly run: RunContext;
  readonly clock: Clock;
  readonly directory: string;
  readonly version: string;
}

/** Requests a second below which no rule looks at who sends them. */
const QUIET_PER_S = 20;

const unasked = (name: SectionName, node: string) => `${name} of ${node} is not known`;

/** How targets stand as the daemon tells it: from here none is asked. */
const targetsTold: Probe<'targets'> = {
  name: 'targets',
  title: 'targets: as the daemon sees them',
  class: 'passive',
  mandatory: true,
  timeoutMs: 4_000,
  async find({ of, daemon }) {
    const told = await of('daemon');
    if (told.state === 'unknown') throw new ProbeFault(unasked('targets', daemon), told.tried);
    return { targets: [], omitted: told.value.status.upstreams.targets };
  },
};

/** Certificates as they are loaded, and whether the files still hold them; no file is read here. */
const certificatesTold: Probe<'certificates'> = {
  name: 'certificates',
  title: 'certificates: as the daemon has them loaded',
  class: 'passive',
  mandatory: true,
  timeoutMs: 4_000,
  async find({ of, client, daemon }) {
    const told = await of('daemon');
    if (told.state === 'unknown') throw new ProbeFault(unasked('certificates', daemon), told.tried);
    const { certificates } = told.value.certs;
    // Failed handshakes are evidence of a certificate that has ended, and of nothing else.
    const ended = certificates.some(({ standing }) => standing === 'expired');
    return {
      certificates: loadedCertificates(certificates),
      failed_handshakes: ended ? await failedHandshakes(client) : [],
    };
  },
};

const always = {
  process: processProbe,
  daemon: daemonProbe,
  threads: threadsProbe,
  traffic: trafficProbe,
  targets: targetsTold,
  certificates: certificatesTold,
  changes: changesProbe,
} as const satisfies Partial<ProbeTable>;

const busy = { ...always, clients: clientsProbe } as const satisfies Partial<ProbeTable>;

export async function openCourt(parts: CourtParts): Promise<Court> {
  const shelf = await openShelf(shelfFolders(parts.run.environment));
  const runbooks = shelf.all();
  return {
    async judge(reading, client, signal) {
      const table = isQuiet(reading) ? always : busy;
      const facts = await collect(
        surroundingsOf(reading, client, parts),
        table,
        signal === undefined ? {} : { signal },
      );
      const thresholds = thresholdsIn(facts);
      client.slowMs = thresholds.p99Ms;
      const watched = new Set(Object.keys(table) as readonly SectionName[]);
      const verdict = judge(facts, { runbooks, thresholds, contacts: contactsIn(facts), watched });
      return { verdict, thresholds };
    },
  };
}

/** So few requests that their senders do not count, and all of them well. */
function isQuiet({ status: { windows } }: Reading): boolean {
  return [windows['10s'], windows['1m']].every(
    (window) => window === undefined || (window.requests_per_s < QUIET_PER_S && window.causes.length === 0),
  );
}

function surroundingsOf(
  reading: Reading,
  client: AdminClient,
  { run, clock, directory, version }: CourtParts,
): Surroundings {
  return {
    run,
    clock: daemonTime(reading, clock),
    client,
    daemon: reading.node,
    // Wherever it runs: what this machine says of itself is no part of the verdict.
    local: false,
    configPath: null,
    directory,
    version,
    roots: machineRoots,
    allowed: new Set(['passive']),
    toolPath: null,
  };
}

/** Ages are by the clock of the daemon. */
function daemonTime({ atMs, receivedMs }: Reading, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wallMs: () => Math.round(atMs + Math.max(0, clock.now() - receivedMs)),
    every: (periodMs, task) => clock.every(periodMs, task),
    after: (delayMs, task) => clock.after(delayMs, task),
  };
}
