/** Turns samples into the figures that are compared: medians, ratios to the peers, and the bounds that the project keeps. */
import type { MemoryRow, Row, Sample } from './measurement.ts';

/** Medians over the rounds; `null` in a row that was not measured. */
export interface Figures {
  readonly cpuPerRequestUs: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Highest of all rounds. */
  readonly rssBytes: number;
  /** Share of one core that the proxy used: well below 1 means that the load, not the proxy, set the pace. */
  readonly busy: number;
  /** Share of one core that went to processes outside the bench. */
  readonly others: number;
}

export interface Summary {
  readonly workload: string;
  readonly accessLog: boolean;
  readonly contender: string;
  readonly figures: Figures | null;
  readonly invalid: string | null;
  /** CPU a request as a multiple of that of each peer with the same workload and log; `null` = no such figure. */
  readonly ratio: { readonly haproxy: number | null; readonly nginx: number | null; readonly reference: number | null };
}

export interface Bound {
  readonly text: string;
  readonly limit: number;
  readonly measured: number | null;
}

export function summarize(rows: readonly Row[]): readonly Summary[] {
  const cpu = (row: Row, contender: string): number | null => {
    const peer = rows.find(
      (one) => one.workload === row.workload && one.accessLog === row.accessLog && one.contender === contender,
    );
    return peer === undefined ? null : (figuresOf(peer)?.cpuPerRequestUs ?? null);
  };
  return rows.map((row) => {
    const figures = figuresOf(row);
    const ratio = (contender: string): number | null => quotient(figures?.cpuPerRequestUs ?? null, cpu(row, contender));
    return {
      workload: row.workload,
      accessLog: row.accessLog,
      contender: row.contender,
      figures,
      invalid: row.invalid,
      ratio: { haproxy: ratio('haproxy'), nginx: ratio('nginx'), reference: ratio('reference') },
    };
  });
}

/** What sentinel promises about its cost, for each setting of the access log that was measured. */
export function bounds(summaries: readonly Summary[], memory: readonly MemoryRow[]): readonly Bound[] {
  const logs = [...new Set(summaries.map(({ accessLog }) => accessLog))];
  const of = (workload: string, accessLog: boolean, contender = 'sentinel'): Summary | undefined =>
    summaries.find((one) => one.contender === contender && one.workload === workload && one.accessLog === accessLog);
  const cost = (contender: string, accessLog: boolean): number | null =>
    of('routes-1000', accessLog, contender)?.figures?.cpuPerRequestUs ?? null;
  const guarded = of('guarded', true);
  const bare = of('guarded', true, 'sentinel-bare');
  const guardedBounds: readonly Bound[] = [
    {
      text: 'small GET with all guards and the access log, CPU against the same build without them',
      limit: 1.15,
      measured: quotient(guarded?.figures?.cpuPerRequestUs ?? null, bare?.figures?.cpuPerRequestUs ?? null),
    },
    {
      text: 'small GET with all guards and the access log, CPU against HAProxy with the same',
      limit: 1.5,
      measured: guarded?.ratio.haproxy ?? null,
    },
  ];
  const observedBound: Bound = {
    text: 'small GET with access log, metrics and traces, CPU against the same build without access log and metrics',
    limit: 1.1,
    measured: quotient(
      of('observed', true)?.figures?.cpuPerRequestUs ?? null,
      of('observed', true, 'sentinel-blind')?.figures?.cpuPerRequestUs ?? null,
    ),
  };
  const perLog = logs.flatMap((accessLog): Bound[] => {
    const log = `log ${accessLog ? 'on' : 'off'}`;
    const small = of('small-get', accessLog)?.ratio;
    return [
      { text: `small GET, CPU against HAProxy, ${log}`, limit: 1.3, measured: small?.haproxy ?? null },
      { text: `small GET, CPU against the reference, ${log}`, limit: 0.7, measured: small?.reference ?? null },
      {
        text: `64 KiB, CPU against HAProxy, ${log}`,
        limit: 1.6,
        measured: of('64k', accessLog)?.ratio.haproxy ?? null,
      },
      {
        text: `1,000 routes, CPU against one route, ${log}`,
        limit: 1.1,
        measured: quotient(cost('sentinel', accessLog), cost('sentinel-1', accessLog)),
      },
      {
        text: `small GET over TLS, CPU against HAProxy, ${log}`,
        limit: 1.4,
        measured: of('tls-get', accessLog)?.ratio.haproxy ?? null,
      },
      ...(accessLog ? [...guardedBounds, observedBound] : []),
    ];
  });
  const sizes = memory.map(({ rssBytes, invalid }) =>
    rssBytes === null || invalid !== null ? null : rssBytes / 2 ** 20,
  );
  const largest = sizes.reduce<number | null>((most, size) => (size === null ? most : Math.max(most ?? 0, size)), null);
  return [...perLog, { text: 'RSS with two workers under load, MiB', limit: 200, measured: largest }];
}

function figuresOf({ samples, invalid }: Row): Figures | null {
  if (samples.length === 0 || invalid !== null) return null;
  const over = (figure: (sample: Sample) => number): number => median(samples.map(figure));
  return {
    cpuPerRequestUs: over(({ cpuUs, requests }) => cpuUs / requests),
    requestsPerSecond: over(({ requests, durationUs }) => (requests * 1e6) / durationUs),
    p50Us: over(({ p50Us }) => p50Us),
    p99Us: over(({ p99Us }) => p99Us),
    rssBytes: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
    busy: over(({ cpuUs, elapsedUs }) => cpuUs / elapsedUs),
    others: over(({ othersCpuUs, elapsedUs }) => othersCpuUs / elapsedUs),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}
