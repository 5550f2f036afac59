/**
 * Two nights, played on real processes: a daemon that is killed and brought back by `process-crash`, and a dead target that is taken
 * out by `upstream-failure`. What comes of them are the transcripts in docs/examples; `write-examples.ts` makes them anew.
 */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../helpers/eventually.ts';
import { drillOrigin, onStage, type Stage, withoutMachine } from './drill-stage.ts';
import { type Played, typeAtTerminal } from './typing-operator.ts';

export interface Drill extends Played {
  /** Markdown, with folder and host of the machine taken out. */
  readonly transcript: string;
}

/** Kills the daemon, and goes through the runbook to its end. @param script path of the program of that name */
export function crashDrill(script: string): Promise<Drill> {
  return stage(['upstream "web" { static { status 200; body "hello" } }'], async ({ folder, environment, daemon }) => {
    daemon.kill('SIGKILL');
    await eventually(() => daemon.exitCode !== null || daemon.signalCode !== null);
    return await typeAtTerminal(script, {
      args: ['runbook', 'run', 'process-crash', '--transcript', join(folder, 'transcript.md')],
      environment,
      directory: folder,
      types: [
        [/run bash/, ''],
        [/run step start\?/, 'y'],
        // What facts leave open.
        [/Is there memory enough/, 'y'],
        [/›/, 'y'],
      ],
    });
  });
}

/** One of three targets goes away, and is drained. */
export async function upstreamDrill(script: string): Promise<Drill> {
  const targets = await Promise.all([1, 2, 3].map(() => drillOrigin()));
  const [dead] = targets as [Server, ...Server[]];
  const places = targets.map((server) => `target { address "127.0.0.1:${(server.address() as AddressInfo).port}" }`);
  // Without a second try, so that clients feel the dead target.
  const upstream = `upstream "web" { targets { ${places.join('; ')} } }`;
  try {
    return await stage([upstream], async ({ folder, environment, client }) => {
      dead.closeAllConnections();
      dead.close();
      await eventually(async () => {
        const { data } = await client.call('traffic', { query: { window: '1m' } });
        return (data.total.windows['1m']?.requests ?? 0) > 200;
      });
      return await typeAtTerminal(script, {
        args: ['runbook', 'run', 'upstream-failure', '--transcript', join(folder, 'transcript.md')],
        environment,
        directory: folder,
        types: [
          [/run bash/, ''],
          [/other targets that are well/, 'y'],
          [/run step drain\?/, 'y'],
          [/only their checks fail/, 'n'],
          // The last minute still has the errors of before.
          [/look again/, 'a'],
          [/›/, 'n'],
        ],
      });
    });
  } finally {
    for (const server of targets) {
      server.closeAllConnections();
      server.close();
    }
  }
}

/** Plays with clients that ask all the time. */
async function stage(upstreams: readonly string[], play: (stage: Stage) => Promise<Played>): Promise<Drill> {
  return await onStage(upstreams, async (set) => {
    const over = new AbortController();
    const traffic = clients(set.url, over.signal);
    const played = await play(set).finally(() => over.abort());
    await traffic;
    return {
      ...played,
      transcript: withoutMachine(readFileSync(join(set.folder, 'transcript.md'), 'utf8'), set.folder),
    };
  });
}

async function clients(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(url)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
    await pause(25);
  }
}
