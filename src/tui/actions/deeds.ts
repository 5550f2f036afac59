/** What the daemon did, in one sentence each, with the command that takes it back: the replies of the admin API as people read them. Pure. */
import type { DrainReply, UndrainReply } from '../../admin/contract/drain-shapes.ts';
import type { LogLevelReply, LogLevelResetReply } from '../../admin/contract/log-shapes.ts';
import type { OverrideReply } from '../../admin/contract/override-shapes.ts';
import type { KillReply } from '../../admin/contract/request-shapes.ts';
import type { BlockReply, UnblockReply } from '../../admin/contract/security-shapes.ts';
import type { BreakerReply, CheckReply } from '../../admin/contract/upstream-shapes.ts';
import { breakerWords } from '../../cli/breaker-words.ts';
import { blockRemarks, unblockRemarks } from '../../cli/overrides/block-words.ts';
import { subjectText, untilText } from '../../cli/overrides/words.ts';
import { countText, durationText, latencyText, oneLine } from '../../cli/text.ts';
import { verdictText } from '../../cli/verdicts.ts';

export interface Deed {
  readonly words: string;
  /** Words of the command that takes it back, or all of it as the daemon says it; null = nothing does. */
  readonly undo: readonly string[] | string | null;
  /** False: done, and no good news. */
  readonly well: boolean;
}

function deed(text: string, undo: Deed['undo'] = null, well = true): Deed {
  return { words: oneLine(text), undo, well };
}

function withRemarks(text: string, remarks: readonly string[]): string {
  return [text, ...remarks].join('; ');
}

export const words = {
  drain({ drains, attached }: DrainReply): Deed {
    const [first] = drains;
    if (first === undefined) return deed('nothing was left to drain', null, false);
    const { id, target, state, now, actor, timeout_ms: deadline } = first;
    const already = attached.includes(id) ? ` already, by ${actor}` : '';
    const left =
      state === 'drained'
        ? ''
        : `, ${countText(now.in_flight)} in flight, deadline ${durationText(deadline).replace(/ 00[smh]$/, '')}`;
    return deed(`${target} is ${state}${already}${left}`, ['sentinel', 'undrain', target]);
  },
  undrain({ drain, checks, slow_start_ms: slow }: UndrainReply): Deed {
    const ramp = slow === 0 ? 'with its whole share at once' : `its share grows for ${durationText(slow)}`;
    const check = checks.length === 0 ? '' : `, its check passes (${checks.map((one) => one.words).join(', ')})`;
    const cancelled = drain.result === 'cancelled' ? 'drain cancelled: ' : '';
    return deed(`${cancelled}${drain.target} takes requests again${check}, ${ramp}`, [
      'sentinel',
      'drain',
      drain.target,
    ]);
  },
  /** @param only The target that was asked about; what is found of the others is counted. */
  check({ results, skipped }: CheckReply, upstream: string, only: string | null): Deed {
    const [reason] = skipped;
    if (results.length === 0) return deed(`upstream ${upstream} ${reason?.why ?? 'had nothing to check'}`, null, false);
    const passed = results.filter(({ ok }) => ok).length;
    const one = results.find(({ target }) => target === only) ?? (results.length === 1 ? results[0] : undefined);
    const all = `${countText(passed)} of ${countText(results.length)} targets of ${upstream} pass`;
    const failed = results.find(({ ok }) => !ok);
    const shown = one ?? failed;
    const what =
      shown === undefined
        ? ''
        : `: ${shown.target} ${shown.code} ${latencyText(shown.latency_ms)}, ${verdictText(shown.verdict)} (${shown.words})`;
    return deed(`${all}${what}`, null, passed === results.length);
  },
  reset({ breaker: { id, state } }: BreakerReply): Deed {
    return deed(`breaker ${id} is ${breakerWords[state]}`, ['sentinel', 'breakers', 'open', id], state === 'closed');
  },
  maintenance({ overrides, remarks }: OverrideReply): Deed {
    const [first] = overrides;
    const until = first === undefined ? '' : `${subjectText(first)} ${untilText(first)}`;
    return deed(withRemarks(until, remarks), first?.undo ?? null);
  },
  served({ overrides, remarks }: OverrideReply): Deed {
    return deed(withRemarks(`${overrides.map(subjectText).join(', ')}: over, served again`, remarks));
  },
  block(reply: BlockReply): Deed {
    const { address, expires_in_ms: left } = reply.block;
    const time = left === null ? 'until it is taken back' : `for ${durationText(Math.ceil(left / 1000) * 1000)}`;
    const remarks = blockRemarks(reply);
    return deed(
      withRemarks(`${address} is blocked ${time}`, remarks),
      ['sentinel', 'block', 'remove', address],
      remarks.length === 0,
    );
  },
  unblock(reply: UnblockReply): Deed {
    const remarks = unblockRemarks(reply);
    return deed(withRemarks(`${reply.address} is no longer blocked at run time`, remarks), null, remarks.length === 0);
  },
  kill({ killed: { id, method, host, path, age_ms: age } }: KillReply): Deed {
    return deed(`ended ${id}: ${method} ${host}${path}, after ${latencyText(age)}`);
  },
  level({ override: { module, level, expires_in_ms: left } }: LogLevelReply): Deed {
    const of = module === null ? [] : ['--module', module];
    const time = durationText(Math.ceil(left / 1000) * 1000);
    return deed(`${module ?? 'everything'} is logged at ${level} for ${time}`, [
      'sentinel',
      'log-level',
      'reset',
      ...of,
    ]);
  },
  levelsReset({ removed, configured }: LogLevelResetReply): Deed {
    return deed(
      removed.length === 0
        ? `no level was set; everything is logged at ${configured}`
        : `logged at ${configured} again`,
    );
  },
} as const;
