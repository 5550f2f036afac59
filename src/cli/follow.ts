/**
 * What `events -f`, `logs -f` and `tap` have in common: print news of the daemon as they come, until somebody ends it. NDJSON
 * under `--json`, lines for people otherwise; what is missing is said, in its place. Knows no topic.
 */
import type { AdminClient } from '../admin/client/client.ts';
import type { StreamItem } from '../admin/client/stream.ts';
import type { StreamGap } from '../admin/contract/stream-shapes.ts';
import { exitCodes } from '../base/exit-codes.ts';
import { plainJson } from '../base/plain-json.ts';
import type { Invocation, Outcome } from './command.ts';
import { sorted } from './envelope.ts';

export interface Following {
  readonly client: AdminClient;
  readonly topics: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Go on after this `resume` of a reply; else from now on. */
  readonly from?: string;
  /** Words of the schema that the first line of NDJSON names: `events` makes `sentinel.events.stream/1`. */
  readonly schema: string;
  /** Said on a terminal where nothing comes before: it may be long until the first line. */
  readonly opening?: string;
  /** Data that come before the first news: what had happened already. */
  readonly before?: readonly unknown[];
  /** Asked of each piece of news once it is printed: true ends it, and well. */
  readonly enough?: (data: unknown) => boolean;
  /** The line, with its end, for people. */
  text(data: unknown, topic: string): string;
}

/** Follows until it is interrupted; the exit code says by what. @throws as `AdminClient.stream` */
export async function follow(invocation: Invocation, following: Following): Promise<Outcome> {
  const { stdout, stderr, json, clock } = invocation;
  const { client, topics, query = {}, from, schema, opening, before = [], enough, text } = following;
  const interruption = invocation.interruption();
  const line = (value: unknown) => stdout.write(`${plainJson(sorted(value))}\n`);
  const print = (data: unknown, topic: string) => (json ? line(data) : stdout.write(text(data, topic)));
  // On a pipe nobody may look at standard error: for programs it is a line of its own, for people a remark in its place.
  const remark = (words: string, data: unknown) =>
    json ? line(data) : (stdout.isTerminal ? stdout : stderr).write(`${stdout.style.dim(`– ${words}`)}\n`);
  if (json) line({ schema: `sentinel.${schema}.stream/1` });
  if (opening !== undefined && stdout.isTerminal && !json) stdout.write(`${stdout.style.dim(`– ${opening}`)}\n`);
  for (const data of before) print(data, topics[0] as string);
  const news: AsyncIterable<StreamItem> = client.stream(topics, query, {
    ...(from === undefined ? {} : { from }),
    signal: interruption.signal,
    clock,
    onGap: (gap) => remark(gapWords(gap), { gap }),
    onLost: (why, retryMs) =>
      remark(`${why}; tries again in ${retryMs / 1000} s`, { lost: { why, retry_ms: retryMs } }),
    onBack: () => remark('connected again', { back: {} }),
  });
  for await (const { topic, data } of news) {
    print(data, topic);
    if (enough?.(data) === true) return { kind: 'done', exitCode: exitCodes.ok };
  }
  return { kind: 'done', exitCode: interruption.exitCode() };
}

/** A sentence for people. */
export function gapWords({ topic, reason, missed, since, until }: StreamGap): string {
  const what =
    missed === null ? `some ${topic} may be` : missed === 1 ? `1 of ${topic} is` : `${missed} of ${topic} are`;
  const when = [...(since === null ? [] : [`since ${since}`]), ...(until === null ? [] : [`until ${until}`])].join(' ');
  const why = {
    restart: 'the daemon was started anew',
    not_kept: 'no longer kept',
    slow_reader: 'read too slowly',
  } as const;
  return `${what} missing${when === '' ? '' : ` ${when}`}: ${why[reason]}`;
}
