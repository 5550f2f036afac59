/** What is set at run time, of every kind, in the shape of the contract. Reads, changes nothing. */
import type { OverrideState } from '../../../admin/contract/override-shapes.ts';
import type { StatusReply } from '../../../admin/contract/shapes.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Config } from '../../../config/model.ts';
import { rfc3339 } from '../../../base/units.ts';
import { networkText } from '../../shared/network.ts';
import type { DaemonState } from '../daemon-state.ts';
import type { LogLevels } from '../log-levels.ts';
import type { Logging } from '../logging.ts';
import type { OverrideEntry } from '../overrides/entry.ts';
import type { Overrides } from '../overrides/overrides.ts';
import { rulesOf, splitSubject } from '../overrides/rules.ts';
import type { Security } from '../security/security.ts';

export interface OverrideViewContext {
  readonly runTime: Overrides;
  readonly security: Security;
  readonly levels: LogLevels;
  readonly logging: Logging;
  readonly state: DaemonState;
  readonly clock: Clock;
}

/** Everything, by kind; inside a kind in the order in which it was set. */
export function allOverrides(context: OverrideViewContext): readonly OverrideState[] {
  const { runTime, security, levels, logging, clock } = context;
  const times = (setAt: number, expiresAt: number | null) => timesOf(setAt, expiresAt, clock.wallMs());
  return [
    ...runTime.all.map((entry) => overrideState(context, entry)),
    ...security.blocks.map(({ network, actor, reason, addedAt, expiresAt }): OverrideState => {
      const subject = networkText(network);
      const state = { kind: 'block', subject, key: null, value: 'blocked', replaces: null, loosens: false } as const;
      const undo = `sentinel block remove ${subject}`;
      return { ...state, dormant: null, actor, reason, ...times(addedAt, expiresAt), undo };
    }),
    ...levels.all.map(({ module, level, actor, reason, setAt, expiresAt }): OverrideState => {
      const state = { kind: 'log-level', subject: module ?? '*', key: null, value: level } as const;
      const undo = `sentinel log-level reset${module === null ? '' : ` --module ${module}`}`;
      const said = { replaces: logging.configured, loosens: false, dormant: null };
      return { ...state, ...said, actor, reason, ...times(setAt, expiresAt), undo };
    }),
  ].toSorted((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
}

/** For who looks at the daemon as a whole. */
export function overridesSummary(context: OverrideViewContext): StatusReply['overrides'] {
  const all = allOverrides(context);
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  return {
    counts: kinds.map((kind) => ({ kind, count: all.filter((one) => one.kind === kind).length })),
    maintenance: all.filter(({ kind }) => kind === 'maintenance'),
  };
}

export function overrideState({ runTime, state, clock }: OverrideViewContext, entry: OverrideEntry): OverrideState {
  const { kind, subject, key, actor, reason, setAt, expiresAt } = entry;
  const rules = rulesOf(kind);
  const { base } = state.applied;
  // Of a target that was added the file says nothing; of its weight the entry does that added it.
  const said = kind === 'target' ? base : runTime.withTargets(base);
  const dormant = rules.missing(said, entry);
  return {
    kind,
    subject,
    key,
    value: rules.words(entry),
    replaces: dormant === null ? rules.said(said, entry) : null,
    loosens: dormant === null && rules.loosens(said, entry),
    dormant,
    actor,
    reason,
    ...timesOf(setAt, expiresAt, clock.wallMs()),
    undo: undoOf(entry, base),
  };
}

function timesOf(
  setAt: number,
  expiresAt: number | null,
  nowMs: number,
): Pick<OverrideState, 'set_at' | 'expires_at' | 'expires_in_ms'> {
  return {
    set_at: rfc3339(setAt),
    expires_at: expiresAt === null ? null : rfc3339(expiresAt),
    expires_in_ms: expiresAt === null ? null : Math.max(0, expiresAt - nowMs),
  };
}

function undoOf({ kind, subject, key, value }: OverrideEntry, base: Config): string {
  if (kind === 'maintenance')
    return `sentinel maintenance off ${subject === '*' ? '--all' : `--route ${word(subject)}`}`;
  if (kind === 'target') {
    const { upstream, target } = splitSubject(base, subject);
    const named = `${word(upstream)} ${word(target)}`;
    return value === 'remove' ? `sentinel target add ${named}` : `sentinel target remove ${named}`;
  }
  const of = subject === '*' ? '--all-routes' : word(subject);
  return `sentinel override clear ${kind} ${of}${key === null ? '' : ` ${key}`}`;
}

/** As a shell takes it. */
function word(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
