/**
 * An outage from end to end, on real processes: a target begins to die on requests, clients feel it, an operator opens an incident,
 * acknowledges it, diagnoses, drains, notes, mends and closes it. Whoever plays it counts by itself what clients got and when each
 * thing was done: the truth that the post-mortem is held against.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Impact } from '../../src/incident/impact/shapes.ts';
import { drillOrigin, onStage, type Stage, withoutMachine } from '../runbook/drill-stage.ts';
import { type Ended, runSentinel } from '../cli/command-line.ts';

export interface Pace {
  /** Seconds of good traffic before the target dies: what is normal has to be known. */
  readonly calm: number;
  /** From the first failed answer to the alert, and from step to step of the operator. */
  readonly alarm: number;
  readonly step: number;
  /** After it was mended. */
  readonly after: number;
}

/** What clients got for one request, milliseconds since the epoch. */
interface Answer {
  readonly at: number;
  readonly failed: boolean;
}

/** Milliseconds since the epoch. */
export interface Truth {
  /** First and last answer that failed. */
  readonly onset: number;
  readonly last: number;
  readonly alert: number;
  readonly opened: number;
  readonly acked: number;
  readonly identified: number;
  readonly mitigated: number;
  readonly resolved: number;
  /** Requests that failed, of all. */
  readonly failed: number;
  /** Requests that were answered between two times, milliseconds since the epoch. */
  between(from: number, until: number): number;
}

export interface Outage {
  readonly truth: Truth;
  /** Every command with what it said, in order. */
  readonly said: readonly { readonly command: string; readonly ended: Ended }[];
  /** The same as a terminal shows it, with folder and host of the machine taken out. */
  readonly session: string;
  readonly postmortem: string;
  /** Of the envelope of `incident postmortem --json`. */
  readonly impact: Impact;
}

export async function playOutage(pace: Pace): Promise<Outage> {
  const targets = await Promise.all([1, 2, 3].map(() => drillOrigin()));
  const [sick] = targets as [(typeof targets)[number], ...typeof targets];
  let dying = false;
  sick.prependListener('request', (request) => {
    if (dying) request.socket.destroy();
  });
  const address = (server: (typeof targets)[number]): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const places = targets.map((server) => `target { address "${address(server)}" }`).join('; ');
  // Nothing but the operator takes it out of traffic.
  const upstream = `upstream "web" { targets { ${places} }; circuit-breaker { enabled #false }; passive-health { enabled #false } }`;
  try {
    return await onStage([upstream, 'incidents { service "web shop" }'], async (stage) => {
      const answers: Answer[] = [];
      const over = new AbortController();
      const traffic = Promise.all([1, 2, 3, 4].map(() => ask(stage.url, answers, over.signal)));
      try {
        return await play(stage, pace, answers, (value) => (dying = value), address(sick));
      } finally {
        over.abort();
        await traffic;
      }
    });
  } finally {
    for (const server of targets) {
      server.closeAllConnections();
      server.close();
    }
  }
}

async function play(
  { folder, environment }: Stage,
  pace: Pace,
  answers: readonly Answer[],
  sicken: (value: boolean) => void,
  target: string,
): Promise<Outage> {
  const said: { command: string; ended: Ended }[] = [];
  const sentinel = async (...args: readonly string[]): Promise<Ended> => {
    const ended = await runSentinel(args, { directory: folder, environment });
    said.push({ command: ['sentinel', ...args.map(shown)].join(' '), ended });
    return ended;
  };
  const done = async (...args: readonly string[]): Promise<number> => {
    const at = Date.now();
    const { code, stdout, stderr } = await sentinel(...args);
    if (code !== 0) throw new Error(`sentinel ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    return at;
  };
  await pause(pace.calm * 1000);
  sicken(true);
  const failed = await firstFailure(answers);
  await pause(pace.alarm * 1000);
  const alert = Date.now();
  await pause(pace.step * 1000);
  const opened = await done(
    ...['incident', 'open', '--sev', '2', '--title', 'checkout fails for some', '--at', new Date(alert).toISOString()],
  );
  const acked = await done('incident', 'ack');
  await done('incident', 'role', 'commander', 'ada');
  await pause(pace.step * 1000);
  await sentinel('diagnose', '--short');
  const identified = await done('incident', 'mark', 'identified');
  await done('incident', 'note', `the application on ${target} dies on every request`);
  await pause(pace.step * 1000);
  await done('drain', target, '--reason', 'it dies on every request', '--yes');
  const mitigated = await done('incident', 'mark', 'mitigated');
  await done('incident', 'snapshot', '--fast');
  await pause(pace.step * 1000);
  sicken(false);
  await done('undrain', target, '--reason', 'application rolled back', '--yes');
  await done('incident', 'factor', 'add', 'the new version was never asked by a health check');
  await done('incident', 'action', 'add', 'give upstream web a health check', '--owner', 'ada', '--due', '7d');
  await pause(pace.after * 1000);
  const resolved = await done('incident', 'mark', 'resolved');
  await done('incident', 'close', '--why', 'rolled back');
  const [id = ''] = readdirSync(join(folder, 'incidents')).filter((name) => name.startsWith('INC-'));
  const report = await sentinel('incident', 'postmortem', id, '--json');
  await done('incident', 'verify', id);
  const bad = answers.filter((answer) => answer.failed);
  const last = bad.at(-1)?.at ?? failed;
  return {
    truth: {
      ...{ onset: failed, last, alert, opened, acked, identified, mitigated, resolved },
      failed: bad.length,
      between: (from, until) => answers.filter(({ at }) => at > from && at <= until).length,
    },
    said,
    session: withoutMachine(
      said
        .filter(({ command }) => !command.includes('--json'))
        .map(shownExchange)
        .join('\n'),
      folder,
    ),
    postmortem: withoutMachine(readFileSync(join(folder, 'incidents', id, 'postmortem.md'), 'utf8'), folder),
    impact: (JSON.parse(report.stdout) as { data: { impact: Impact } }).data.impact,
  };
}

async function ask(url: string, answers: Answer[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const failed = await fetch(url).then(
      async (response) => (await response.arrayBuffer(), response.status >= 500),
      () => true,
    );
    answers.push({ at: Date.now(), failed });
    await pause(20);
  }
}

async function firstFailure(answers: readonly Answer[]): Promise<number> {
  for (;;) {
    const found = answers.find(({ failed }) => failed);
    if (found !== undefined) return found.at;
    await pause(20);
  }
}

function shownExchange({ command, ended }: Outage['said'][number]): string {
  return `$ ${command}\n${ended.stderr}${ended.stdout}`;
}

function shown(word: string): string {
  return /^[\w./:@=+-]+$/.test(word) ? word : `'${word}'`;
}
