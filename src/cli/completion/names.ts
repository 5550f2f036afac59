/**
 * The names that stand for a value, looked up where they are: at the daemon, in folders, in the tables of the program. In a third of a
 * second or not at all, and without a word where something does not answer: somebody is typing.
 */
import { readdirSync } from 'node:fs';
import type { AdminClient } from '../../admin/client/client.ts';
import { codes } from '../../base/codes.ts';
import { namesIn } from '../../base/package-files.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Invocation } from '../command.ts';
import type { ValueKind } from './value-kinds.ts';
import type { Candidate } from './words.ts';

/** In all. */
const PATIENCE_MS = 300;

/** Never throws; empty where nothing is known. */
export async function namesOf(kind: ValueKind, invocation: Invocation): Promise<readonly Candidate[]> {
  try {
    return await lookUp[kind](invocation);
  } catch {
    return [];
  }
}

type LookUp = (invocation: Invocation) => Promise<readonly Candidate[]> | readonly Candidate[];

const lookUp: Readonly<Record<ValueKind, LookUp>> = {
  free: () => [],
  file: () => [],
  folder: () => [],
  page: async () => {
    const { topics } = await import('../manual/topics.ts');
    return topics().map(({ name, summary }) => ({ word: name.replaceAll(' ', '-'), meaning: summary }));
  },
  upstream: async (invocation) =>
    (await upstreams(invocation)).map(({ name, state, targets }) => ({
      word: name,
      meaning: `${state}, ${targets.length} targets`,
    })),
  target: async (invocation) =>
    distinct(
      (await upstreams(invocation)).flatMap(({ name, targets }) =>
        targets.map(({ address, verdict, drain }) => ({
          word: address,
          meaning: `${name}, ${drain === null ? verdict : drain.state}`,
        })),
      ),
    ),
  breaker: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('breakers', call))).breakers.map(({ id, state }) => ({
      word: id,
      meaning: state,
    })),
  route: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('routes', call))).routes.map(({ id, upstream }) => ({
      word: id,
      meaning: `to ${upstream}`,
    })),
  listener: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('status', call))).listeners.map(({ id, address }) => ({
      word: id,
      meaning: address,
    })),
  drain: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('drains', call))).drains.map(({ id, target }) => ({
      word: id,
      meaning: target,
    })),
  generation: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('config-history', call))).generations.map(
      ({ generation, reason, actor }) => ({ word: String(generation), meaning: reason ?? actor }),
    ),
  pending: async (invocation) => {
    const { pending } = await ask(invocation, (client, call) => client.call('status', call));
    return pending === null ? [] : [{ word: pending.id, meaning: 'on trial' }];
  },
  inflight: async (invocation) =>
    (await ask(invocation, (client, call) => client.call('inflight', call))).requests.map(({ id, method, route }) => ({
      word: id,
      meaning: `${method}, ${route}`,
    })),
  'log-module': async (invocation) =>
    (await ask(invocation, (client, call) => client.call('log-levels', call))).modules.map(({ module, meaning }) => ({
      word: module,
      meaning,
    })),
  incident: async (invocation) => {
    const { incidentPlace } = await import('../incident/place.ts');
    const { folder } = incidentPlace(invocation);
    const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
    return names
      .sort()
      .toReversed()
      .map((word) => ({ word, meaning: '' }));
  },
  code: () => Object.entries(codes).map(([word, { title }]) => ({ word, meaning: title })),
  runbook: ({ context }) => {
    const { shipped, site } = shelfFolders(context.environment);
    const names = [shipped, ...(site === null ? [] : [site])].flatMap(filesOf);
    return distinct(
      names
        .filter((name) => name.endsWith('.md') && name !== 'README.md')
        .map((name) => ({ word: name.slice(0, -'.md'.length), meaning: '' })),
    );
  },
};

type Call = { readonly timeoutMs: number; readonly signal: AbortSignal };

async function ask<T>(
  invocation: Invocation,
  question: (client: AdminClient, call: Call) => Promise<{ readonly data: T }>,
): Promise<T> {
  const { daemonOf } = await import('../daemon.ts');
  const call = { timeoutMs: PATIENCE_MS, signal: AbortSignal.timeout(PATIENCE_MS) };
  const { data } = await question(daemonOf(invocation), call);
  return data;
}

async function upstreams(invocation: Invocation) {
  const { upstreams: all } = await ask(invocation, (client, call) => client.call('upstreams', call));
  return all.filter(({ builtin, routes }) => !builtin || routes.length > 0);
}

function filesOf(folder: string): readonly string[] {
  try {
    return namesIn(folder);
  } catch {
    return [];
  }
}

function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...new Map(candidates.map((one) => [one.word, one])).values()];
}
