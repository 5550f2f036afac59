/** `wait` of a run: reads its condition again and again until it has held long enough, or time is over. */
import type { Clock } from '../../base/clock.ts';
import type { Item } from '../model.ts';
import type { Part } from './parts.ts';
import { Stop, type Walk } from './walk.ts';
import type { Reading } from './world.ts';

/** Between two readings; the daemon's windows move once a second. */
const POLL_MS = 1_000;

export async function waitFor(walk: Walk, part: Part, item: Extract<Item, { readonly kind: 'wait' }>): Promise<void> {
  const condition = await walk.fillText(item.condition);
  const place = walk.placeOf(part);
  if (walk.plan.dryRun) {
    const { words } = await walk.world.conditions.read(condition);
    return walk.emit({
      kind: 'wait',
      place,
      condition,
      outcome: 'shown',
      waited_ms: 0,
      words: walk.discretion.text(words),
    });
  }
  for (;;) {
    const { held, waitedMs, words } = await hold(walk, condition, item.forMs, item.timeoutMs);
    walk.world.facts.outdated();
    const entry = { kind: 'wait', place, condition, waited_ms: Math.round(waitedMs), words } as const;
    if (walk.world.signal.aborted) {
      walk.emit({ ...entry, outcome: 'interrupted' });
      throw walk.interrupted();
    }
    walk.emit({ ...entry, outcome: held ? 'held' : 'timeout' });
    if (held) return;
    const stop = new Stop(
      'deadline',
      'SNT-R026',
      `waited ${waitedMs / 1000} s until ${condition}, and it did not come: ${words}`,
      walk.resumeWith(),
    );
    if (!walk.asks) throw stop;
    const choice = await walk.choose(
      `${condition} did not come. What now?`,
      [
        { key: 'w', name: 'wait', means: 'wait as long again' },
        { key: 's', name: 'skip', means: 'go on all the same' },
        { key: 'q', name: 'stop', means: 'stop here' },
      ],
      'stop',
    );
    if (choice === 'stop') throw stop;
    if (choice === 'skip') {
      walk.failures.set(`wait ${condition}`, `${condition} did not come`);
      return walk.emit({ ...entry, outcome: 'skipped' });
    }
  }
}

interface Held {
  readonly held: boolean;
  readonly waitedMs: number;
  readonly words: string;
}

async function hold(walk: Walk, condition: string, forMs: number, timeoutMs: number): Promise<Held> {
  const { clock, conditions, screen, signal } = walk.world;
  const from = clock.now();
  let since: number | null = null;
  for (;;) {
    const reading: Reading = await conditions.read(condition);
    const words = walk.discretion.text(reading.words);
    const now = clock.now();
    const waitedMs = now - from;
    since = reading.state === 'holds' ? (since ?? now) : null;
    if (since !== null && now - since >= forMs) return { held: true, waitedMs, words };
    if (signal.aborted || waitedMs >= timeoutMs) return { held: false, waitedMs, words };
    const stands = since === null ? '' : `, holds for ${Math.round((now - since) / 1000)} of ${forMs / 1000} s`;
    screen.progress(`${condition}: ${words}${stands}`);
    const left = since === null ? POLL_MS : Math.min(POLL_MS, forMs - (now - since));
    await pause(clock, Math.min(left, timeoutMs - waitedMs), signal);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(ms, resolve);
  const wake = (): void => resolve();
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  timer.stop();
  signal.removeEventListener('abort', wake);
}
