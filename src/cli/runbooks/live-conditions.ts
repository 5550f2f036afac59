/** What a `wait` waits for, read from the daemon that runs: a small table from each field of a condition to where its number is. */
import type { AdminClient } from '../../admin/client/client.ts';
import { SentinelError } from '../../base/errors.ts';
import { type Condition, type ConditionField, type Operator, readCondition } from '../../runbook/condition.ts';
import type { ConditionSource, FactAnswer, FactSource, Reading } from '../../runbook/run/world.ts';
import { latencyText } from '../text.ts';

/** Short, so that what is over is soon seen to be over. */
const WINDOW = '10s';

/** A number with the words for it; null = it is not known, and why. */
type Measure =
  | { readonly value: number; readonly of?: number; readonly words: string }
  | { readonly value: null; readonly words: string };

type Measured = (client: AdminClient, facts: MeasuredFacts) => Promise<Measure>;

const measures: Readonly<Record<ConditionField, Measured>> = {
  err: async (client) => {
    const { requests, error_ratio: ratio } = await windowOf(client);
    if (ratio === null) return { value: 0, words: `no request in ${WINDOW}, so that none failed` };
    return { value: ratio, words: `${percent(ratio)} of ${requests} requests in ${WINDOW} failed` };
  },
  p50: (client) => latency(client, 'p50_ms'),
  p95: (client) => latency(client, 'p95_ms'),
  p99: (client) => latency(client, 'p99_ms'),
  rps: async (client) => {
    const { requests_per_s: rate } = await windowOf(client);
    return { value: rate, words: `${rate.toFixed(1)} requests per second` };
  },
  infl: async (client) => {
    const { data } = await client.call('status');
    return { value: data.counts.in_flight_requests, words: `${data.counts.in_flight_requests} requests in flight` };
  },
  conns: async (client) => {
    const { data } = await client.call('status');
    return { value: data.counts.open_connections, words: `${data.counts.open_connections} connections open` };
  },
  healthy: async (client) => {
    const { data } = await client.call('upstreams');
    const targets = data.upstreams.filter(({ kind }) => kind === 'targets').flatMap((upstream) => upstream.targets);
    const up = targets.filter(({ verdict }) => verdict === 'healthy' || verdict === 'unchecked').length;
    return { value: up, of: targets.length, words: `${up} of ${targets.length} targets are up` };
  },
  mem: async (_, facts) => {
    const ratio = await facts.memoryRatio();
    if (ratio === null) return { value: null, words: 'the memory that is used is not known' };
    return { value: ratio, words: `${percent(ratio)} of the memory is used` };
  },
};

/** Facts, and what conditions need of them: asked anew each time, and no more than it takes. */
export interface MeasuredFacts extends FactSource {
  /** Used share of the memory that the daemon may have, 0–1. */
  memoryRatio(): Promise<number | null>;
  /** The answer as it is at this moment. */
  look(question: string): Promise<FactAnswer>;
}

export function liveConditions(client: AdminClient, facts: MeasuredFacts): ConditionSource {
  return {
    async read(text) {
      const reading = readCondition(text);
      if (!reading.ok) throw new SentinelError('SNT-R034', reading.message, { hint: 'sentinel runbook lint' });
      const { condition } = reading;
      if (condition.kind === 'question') return await answered(facts, condition.question);
      try {
        return judged(condition, await measures[condition.field](client, facts));
      } catch (error) {
        // A daemon that is being started is waited for.
        if (error instanceof SentinelError) return { state: 'unknown', words: error.message };
        throw error;
      }
    },
  };
}

async function answered(facts: MeasuredFacts, question: string): Promise<Reading> {
  const { answer, words } = await facts.look(question);
  return { state: answer === 'yes' ? 'holds' : answer === 'no' ? 'not-yet' : 'unknown', words };
}

function judged(condition: Exclude<Condition, { readonly kind: 'question' }>, measure: Measure): Reading {
  if (measure.value === null) return { state: 'unknown', words: measure.words };
  const { value, of = 1, words } = measure;
  const share = condition.kind === 'share';
  if (share && of === 0) return { state: 'unknown', words: 'there are no targets' };
  const holds = compared(share ? value / of : value, condition.op, condition.value);
  return { state: holds ? 'holds' : 'not-yet', words };
}

function compared(value: number, op: Operator, limit: number): boolean {
  switch (op) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '=':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}

async function windowOf(client: AdminClient) {
  const { data } = await client.call('traffic', { query: { window: WINDOW } });
  const window = data.total.windows[WINDOW];
  if (window === undefined) throw new SentinelError('SNT-A001', 'the daemon has only just begun to count');
  return window;
}

async function latency(client: AdminClient, name: 'p50_ms' | 'p95_ms' | 'p99_ms'): Promise<Measure> {
  const value = (await windowOf(client))[name];
  if (value === null) return { value: null, words: `no request in ${WINDOW} to judge by` };
  return { value, words: `${name.slice(0, 3)} ${latencyText(value)} in ${WINDOW}` };
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(2))} %`;
}
