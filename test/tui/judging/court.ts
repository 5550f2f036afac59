/** The verdict of the screen and the one of a whole diagnosis, of one daemon at one moment: for tests that hold them side by side. */
import { systemClock } from '../../../src/base/clock.ts';
import { systemRoots } from '../../../src/base/run-files.ts';
import { collect } from '../../../src/diagnosis/collect.ts';
import { judge } from '../../../src/diagnosis/judge.ts';
import type { Verdict } from '../../../src/diagnosis/judgement.ts';
import { probes } from '../../../src/diagnosis/probes.ts';
import { contactsIn, thresholdsIn } from '../../../src/diagnosis/settings.ts';
import { localContext } from '../../../src/diagnosis/surroundings.ts';
import { openShelf } from '../../../src/runbook/shelf.ts';
import { shelfFolders } from '../../../src/runbook/shelf-folders.ts';
import { ReadingClient } from '../../../src/tui/feed/judging-client.ts';
import { type Court, openCourt } from '../../../src/tui/feed/judging-court.ts';
import type { Reading } from '../../../src/tui/feed/reading.ts';
import type { DaemonProcess } from '../../helpers/daemon.ts';

const version = '0.0.0-test';
const run = { environment: {}, uid: process.getuid?.() ?? 0, roots: systemRoots };
export const judgeParts = { run, clock: systemClock, directory: '/', version };

export function targetOf({ socket }: DaemonProcess) {
  return { name: 'local', addresses: [{ kind: 'socket', path: socket } as const] };
}

/** What a feed makes of what it asks for whatever is looked at. */
export async function readingOf({ client }: DaemonProcess): Promise<Reading> {
  const begun = systemClock.now();
  const [status, upstreams, traffic] = await Promise.all([
    client.call('status'),
    client.call('upstreams'),
    client.call('traffic', { query: { series: '1', targets: '0' } }),
  ]);
  const receivedMs = systemClock.now();
  return {
    node: 'local',
    atMs: Date.parse(status.time),
    receivedMs,
    tookMs: receivedMs - begun,
    generation: status.generation,
    etag: status.etag,
    status: status.data,
    upstreams: upstreams.data.upstreams,
    parts: { traffic: traffic.data },
    unread: {},
    identity: null,
  };
}

let opened: Promise<Court> | null = null;

export async function onScreen(daemon: DaemonProcess): Promise<Verdict> {
  opened ??= openCourt(judgeParts);
  const client = new ReadingClient({ target: targetOf(daemon), version }, systemClock);
  const reading = await readingOf(daemon);
  client.read(reading);
  return (await (await opened).judge(reading, client)).verdict;
}

/** As `sentinel diagnose` has it, with every probe but external tools, of which this machine may have any. */
export async function byDiagnosis(daemon: DaemonProcess): Promise<Verdict> {
  const surroundings = localContext({
    ...judgeParts,
    client: daemon.client,
    target: targetOf(daemon),
    configPath: daemon.configFile,
    toolPath: daemon.folder,
  });
  const facts = await collect(surroundings, probes);
  const runbooks = (await openShelf(shelfFolders({}))).all();
  return judge(facts, { runbooks, thresholds: thresholdsIn(facts), contacts: contactsIn(facts) });
}
