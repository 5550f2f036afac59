/** What a command line asks to drain, read from its options, and what is asked before it is done. Used by `drain`. */
import type { Reply } from '../../admin/client/client.ts';
import type { DrainReply, DrainRequest, DrainTimeout } from '../../admin/contract/drain-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { parseDuration } from '../../base/units.ts';
import type { Invocation } from '../command.ts';
import { confirmed, confirmedByName, type Proposal } from '../confirmation.ts';
import { durationText } from '../text.ts';
import { type KnownPreview, previewWords } from './words.ts';

/** @throws SNT-P040 a duration that is none, or options that do not go together */
export function orderOf(invocation: Invocation, target: string): DrainRequest {
  const timeout = durationOption(invocation, 'timeout');
  const expires = durationOption(invocation, 'for');
  const upstream = invocation.option('upstream');
  const then = invocation.option('then');
  const persist = invocation.flag('persist');
  if (expires !== undefined && (persist || then === 'remove')) {
    throw new SentinelError('SNT-P040', '--for ends the drain by itself: it does not go with --persist or --then', {
      hint: 'sentinel drain --help',
    });
  }
  return {
    target,
    ...(upstream === undefined ? {} : { upstream }),
    ...(invocation.flag('all') ? { all: true } : {}),
    ...(timeout === undefined ? {} : { timeout_ms: timeout }),
    on_timeout: (invocation.option('on-timeout') ?? 'wait') as DrainTimeout,
    ...(expires === undefined ? {} : { expires_in_ms: expires }),
    ...(invocation.flag('allow-below-min') ? { allow_below_min: true } : {}),
    ...(persist ? { persist: true } : {}),
    ...(then === 'remove' ? { remove: true } : {}),
  };
}

/** Milliseconds. @throws SNT-P040 */
export function durationOption(invocation: Invocation, name: string): number | undefined {
  const text = invocation.option(name);
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new SentinelError('SNT-P040', `--${name} is ${JSON.stringify(text)}, expected a duration such as 30s, 5m, 2h`, {
    hint: 'sentinel drain --help',
  });
}

/** What makes it severe, in words; null when it is not. */
export function severityOf(order: DrainRequest, preview: readonly KnownPreview[]): string | null {
  const targets = new Set(preview.flatMap((one) => one.targets));
  if (order.allow_below_min === true && preview.some(({ below_min }) => below_min)) return 'below min-healthy';
  if (order.on_timeout === 'close') return 'cuts what is left at the deadline';
  return targets.size > 1 && order.all === true ? `${targets.size} targets at once` : null;
}

/** True when it was agreed to. @throws SNT-P047 */
export async function agreed(
  invocation: Invocation,
  order: DrainRequest,
  { data, daemon, generation }: Reply<DrainReply>,
): Promise<boolean> {
  const severity = severityOf(order, data.preview);
  const timeout = durationText(order.timeout_ms ?? 300_000);
  const proposal: Proposal = {
    what: `drain ${order.target}${severity === null ? '' : ` (${severity})`}`,
    daemon,
    generation,
    effect: data.preview.map(previewWords).join('; '),
    undo: `sentinel undrain ${order.target}`,
    expires:
      order.expires_in_ms === undefined
        ? `never: it stays drained until it is taken back (deadline ${timeout}, then ${order.on_timeout})`
        : `after ${durationText(order.expires_in_ms)}`,
    reason: invocation.option('reason'),
  };
  return severity === null ? confirmed(invocation, proposal) : confirmedByName(invocation, proposal, order.target);
}

/** What an answer was given to: if this is another one by then, the answer is to something else. */
export function sceneOf({
  data,
  generation,
}: {
  readonly data: { readonly preview: readonly KnownPreview[] };
  readonly generation: number;
}): string {
  const numbers = data.preview.map(({ upstream, targets, total, left, below_min }) => [
    upstream,
    targets,
    total,
    left,
    below_min,
  ]);
  return JSON.stringify([generation, numbers]);
}
