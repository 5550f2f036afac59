/** Prints the figures as aligned tables, and writes them down with the machine, versions and configurations. */
import { availableParallelism, cpus, release } from 'node:os';
import type { Contender, ContenderSettings } from './contender.ts';
import { connections } from './load.ts';
import { type MemoryRow, takesTls } from './measurement.ts';
import type { BenchOptions } from './options.ts';
import { originConfiguration } from './origin.ts';
import { versionOf } from './processes.ts';
import type { Bound, Summary } from './summary.ts';
import { workloads } from './workloads.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  /** By name; the origin is nginx. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(contenders: readonly Contender[]): Machine {
  const versions = contenders.map((contender): [string, string] => {
    const found = contender.find();
    return [contender.name, 'missing' in found ? found.missing : found.version];
  });
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    versions: { ...Object.fromEntries(versions), wrk: versionOf('wrk', ['-v']) ?? 'missing' },
  };
}

const columns = [
  'proxy',
  'log',
  'CPU µs/req',
  '÷haproxy',
  '÷nginx',
  '÷reference',
  'req/s',
  'p50 ms',
  'p99 ms',
  'RSS MiB',
  'core %',
  'others %',
];

/** One table for each workload. */
export function printedTables(summaries: readonly Summary[]): string {
  return byWorkload(summaries)
    .map(([title, rows]) => `${title}\n${aligned([columns, ...rows.map(cells)])}`)
    .join('\n\n');
}

/** The bounds, each with its verdict. */
export function printedBounds(bounds: readonly Bound[]): string {
  return aligned(bounds.map((bound) => boundCells(bound)));
}

export function resultsPage(
  machine: Machine,
  options: BenchOptions,
  summaries: readonly Summary[],
  memory: readonly MemoryRow[],
  bounds: readonly Bound[],
): string {
  const { cores, rounds, seconds } = options;
  const pinned =
    cores === null ? 'Nothing is bound to a core.' : 'The proxies share one core, wrk and the origin another.';
  const versions = Object.entries(machine.versions).map(([name, version]) => `- ${name}: ${version}`);
  const tables = byWorkload(summaries).map(
    ([title, rows]) => `### ${title}\n\n${markdownTable([columns, ...rows.map(cells)])}`,
  );
  const configurations = [
    ...options.contenders.flatMap((contender) => {
      const own = contender.files(printedSettings);
      const routed = contender.files({ ...printedSettings, routes: ['/svc-0/', '/svc-999/'] });
      const secured = contender.files({ ...printedSettings, tls: printedTls });
      return [
        ...own.map((file) => block(file.name, file.text)),
        ...routed.map((file) => block(`${file.name}, first and last of 1,000 routes`, file.text)),
        ...(takesTls(contender) ? secured : []).map((file) => block(`${file.name}, over TLS`, file.text)),
      ];
    }),
    block('origin.conf', originConfiguration('/tmp/bench', 9000)),
  ];
  return `# Results of \`npm run bench\`

Written by the bench; not edited by hand. All proxies ran side by side, one worker each, against nginx as upstream over
loopback; wrk with ${connections} connections, ${rounds} interleaved rounds of ${seconds} s after a warm-up of the same length; medians. ${pinned}
CPU is user and system time of all processes of the proxy, from /proc. "core %" is how much of one core the proxy used:
well below 100 the load generator set the pace, so compare CPU a request, not requests a second. "others %" is what
processes outside the bench took meanwhile: rows where it is high are worth less.

- ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}
${versions.join('\n')}

## Bounds

${markdownTable([['bound', 'at most', 'measured', 'verdict'], ...bounds.map(boundCells)])}

## Figures

${tables.join('\n\n')}

### Memory of sentinel with two workers under load

${markdownTable([['workload', 'RSS MiB'], ...memory.map(memoryCells)])}

## Configurations

With the access log on; without it, the lines that write it are absent. Ports and directories are examples.

${configurations.join('\n\n')}
`;
}

const printedSettings: ContenderSettings = {
  dir: '/tmp/bench',
  port: 8080,
  sparePort: 9090,
  originPort: 9000,
  accessLog: true,
  routes: [],
  tls: null,
  workers: 1,
};

const printedTls = {
  certFile: '/tmp/bench/bench.pem',
  keyFile: '/tmp/bench/bench.key',
  bothFile: '/tmp/bench/bench-both.pem',
  resumes: true,
};

export function printedMemory(memory: readonly MemoryRow[]): string {
  return aligned([['two workers, access log on', 'RSS MiB'], ...memory.map(memoryCells)]);
}

function byWorkload(summaries: readonly Summary[]): [title: string, rows: Summary[]][] {
  return [...Map.groupBy(summaries, ({ workload }) => workload)].map(([name, rows]) => {
    const { title } = workloads.find((workload) => workload.name === name)!;
    return [title, rows];
  });
}

function cells({ contender, accessLog, figures, invalid, ratio }: Summary): string[] {
  const log = accessLog ? 'on' : 'off';
  if (figures === null) return [contender, log, `– ${invalid ?? ''}`.trim()];
  const { cpuPerRequestUs, requestsPerSecond, p50Us, p99Us, rssBytes, busy, others } = figures;
  return [
    contender,
    log,
    cpuPerRequestUs.toFixed(1),
    ...[ratio.haproxy, ratio.nginx, ratio.reference].map((value) => value?.toFixed(2) ?? '–'),
    requestsPerSecond.toFixed(0),
    (p50Us / 1000).toFixed(2),
    (p99Us / 1000).toFixed(2),
    (rssBytes / 2 ** 20).toFixed(0),
    (busy * 100).toFixed(0),
    (others * 100).toFixed(0),
  ];
}

function boundCells({ text, limit, measured }: Bound): string[] {
  if (measured === null) return [text, `≤ ${limit}`, '–', 'not measured'];
  return [text, `≤ ${limit}`, measured.toFixed(2), measured <= limit ? 'kept' : 'MISSED'];
}

function memoryCells({ workload, rssBytes, invalid }: MemoryRow): string[] {
  const size = rssBytes === null || invalid !== null ? `– ${invalid ?? ''}`.trim() : (rssBytes / 2 ** 20).toFixed(0);
  return [workload, size];
}

/** Text to the left, numbers to the right; a short row keeps its last cell whole. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  const numeric = widths.map((_, column) => column > 0 && rows.some((row) => /^\d/.test(row[column] ?? '')));
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          if (row.length < widths.length && column === row.length - 1) return cell;
          return numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const full = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: full }, (_, column) =>
    Math.max(...rows.map((row) => (row.length < full && column === row.length - 1 ? 0 : (row[column]?.length ?? 0)))),
  );
}

function markdownTable([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${head!.map((_, column) => row[column] ?? '').join(' | ')} |`;
  return [line(head!), line(head!.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}

function block(title: string, text: string): string {
  return `<details><summary>${title}</summary>\n\n\`\`\`\n${text.trimEnd()}\n\`\`\`\n\n</details>`;
}
