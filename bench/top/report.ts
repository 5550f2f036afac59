/** What was measured of the screen, as people read it: tables, and which bounds are kept. Pure. */

import type { KeyTime } from './terminal.ts';

/** One measurement of the screen at rest or at work. */
export interface Span {
  readonly name: string;
  readonly seconds: number;
  /** Of one core, of the process of the screen. */
  readonly share: number;
  readonly bytesPerSecond: number;
  readonly framesPerSecond: number;
  /** Of one core, of the daemon's main thread, all that it does. */
  readonly daemonShare: number;
  readonly rssBytes: number;
}

export interface Facts {
  readonly machine: string;
  /** Of the last minute: what else this machine had to do. */
  readonly load: number;
  readonly at: string;
  /** From the start of the program until rows are to be seen. */
  readonly firstMs: number;
  /** Of one core, while nobody looks. */
  readonly idleDaemon: number;
  readonly options: { readonly targets: number; readonly routes: number; readonly seconds: number };
}

const bounds = { share: 0.08, bytesPerSecond: 2_048, keyMs: 100 };

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const kept = (is: boolean): string => (is ? 'kept' : '**missed**');

export function printed(spans: readonly Span[]): string {
  return spans
    .map(
      ({ name, share, bytesPerSecond, framesPerSecond, daemonShare, rssBytes }) =>
        `${name}: ${percent(share)} of a core, ${Math.round(bytesPerSecond)} B/s in ${framesPerSecond.toFixed(1)} pieces, daemon ${percent(daemonShare)}, ${mib(rssBytes)}`,
    )
    .join('\n');
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function page(facts: Facts, spans: readonly Span[], latencies: ReadonlyMap<string, readonly KeyTime[]>): string {
  const { options } = facts;
  const worst = Math.max(...spans.map(({ share }) => share));
  const quiet = spans[0]?.bytesPerSecond ?? Number.NaN;
  const whole = (taken: readonly KeyTime[]): readonly number[] => taken.map(({ ms }) => ms);
  const own = (taken: readonly KeyTime[]): readonly number[] =>
    taken.map(({ ms, waitedMs }) => Math.max(0, ms - waitedMs));
  const all = [...latencies.values()].flat();
  const worstKey = quantile(whole(all), 0.99);
  const keys = [...latencies].map(([view, taken]) => {
    const times = [
      quantile(whole(taken), 0.5),
      quantile(whole(taken), 0.99),
      quantile(own(taken), 0.5),
      quantile(own(taken), 0.99),
    ];
    return `| ${view} | ${taken.length} | ${times.map((ms) => `${ms.toFixed(0)} ms`).join(' | ')} |`;
  });
  return `# What the screen costs

\`npm run bench -- top\`: the real \`sentinel top\` in a pseudoterminal of 160×50, once a second, in front of a real daemon with
${options.targets} targets and ${options.routes} routes. Made by the script; do not edit.

${facts.machine}; load of the machine ${facts.load.toFixed(1)}; ${facts.at}

| Bound | Measured | |
|---|---|---|
| at most 8 % of one core | ${percent(worst)}, the most of all measurements | ${kept(worst <= bounds.share)} |
| at most 2 KB/s to the terminal when nothing changes | ${Math.round(quiet)} B/s | ${kept(quiet <= bounds.bytesPerSecond)} |
| a key shows within 100 ms | ${worstKey.toFixed(0)} ms (99th percentile of ${all.length}) | ${kept(worstKey <= bounds.keyMs)} |
| the same, where nobody else has the processors | ${quantile(own(all), 0.99).toFixed(0)} ms | ${kept(quantile(own(all), 0.99) <= bounds.keyMs)} |

Each for ${options.seconds} s, after 5 s of warm-up:

| | Share of a core | To the terminal | Pieces | Daemon's main thread | Memory |
|---|---|---|---|---|---|
${spans
  .map(
    (span) =>
      `| ${span.name} | ${percent(span.share)} | ${Math.round(span.bytesPerSecond)} B/s | ${span.framesPerSecond.toFixed(1)}/s | ${percent(span.daemonShare)} | ${mib(span.rssBytes)} |`,
  )
  .join('\n')}

While nobody looks, the daemon's main thread takes ${percent(facts.idleDaemon)} of a core. The first rows are to be seen ${Math.round(facts.firstMs)} ms after the start.

From a key to the bytes that show it, and without what the screen and the bench waited meanwhile for a processor that other programs had
(\`schedstat\` of the kernel):

| | Keys | Median | 99th percentile | Median without waiting | 99th percentile without waiting |
|---|---|---|---|---|---|
${keys.join('\n')}
`;
}
