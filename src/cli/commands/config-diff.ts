/** `sentinel config diff`: what differs between two configurations – generations, what runs, what is on disk, files. */
import type { PlannedChange, PlanReply } from '../../admin/contract/plan-shapes.ts';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { diffConfigs } from '../../config/diff/differ.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { changeCount, changeLines, differFinding } from '../plan/plan-text.ts';
import { type NamedSide, namedSide, Sides, sideWords } from '../plan/sides.ts';
import { orRefused } from '../refused.ts';

interface Compared {
  readonly from: Pick<PlanReply['from'], 'kind' | 'generation'> & { readonly digest: string };
  readonly to: Pick<PlanReply['to'], 'kind' | 'generation'> & { readonly digest: string };
  readonly changes: readonly PlannedChange[];
}

type Asked = Pick<Extract<Outcome, { kind: 'report' }>, 'daemon' | 'generation'> & { readonly compared: Compared };

export function run(invocation: Invocation): Promise<Outcome> {
  return orRefused(() => diff(invocation));
}

async function diff(invocation: Invocation): Promise<Outcome> {
  const from = namedSide(invocation.argument('a') ?? 'running');
  const other = invocation.argument('b') ?? (from.kind === 'running' ? 'disk' : 'running');
  const to = namedSide(other);
  const { compared, ...daemon } = await compare(invocation, from, to);
  const { changes } = compared;
  const changed = changes.length > 0 && invocation.flag('exit-code');
  return {
    kind: 'report',
    exitCode: changed ? exitCodes.changes : exitCodes.ok,
    status: changed ? 'problems' : 'ok',
    data: { ...compared, from_name: sideWords(from), to_name: sideWords(to) },
    findings: changed ? [differFinding(changes.length)] : [],
    ...daemon,
    text(style) {
      if (changes.length === 0) return `${style.green('✓')} ${sideWords(from)} and ${sideWords(to)} say the same\n`;
      return `${changeLines(changes, style)}${style.bold(changeCount(changes.length))} from ${sideWords(from)} to ${sideWords(to)}\n`;
    },
  };
}

/** Two files need nobody; else the daemon is asked, and without one the disk and the history are. */
async function compare(invocation: Invocation, from: NamedSide, to: NamedSide): Promise<Asked> {
  const sides = new Sides(invocation);
  if (from.kind === 'file' && to.kind === 'file') return { compared: await compareHere(sides, from, to) };
  try {
    const body = { from: await sides.forDaemon(from), to: await sides.forDaemon(to) };
    const { data, daemon, generation } = await daemonOf(invocation).call('config-plan', { body });
    return { compared: { from: data.from, to: data.to, changes: data.changes }, daemon, generation };
  } catch (error) {
    const away = error instanceof SentinelError && error.code === 'SNT-A001';
    if (!away || from.kind === 'running' || to.kind === 'running') throw error;
    return { compared: await compareHere(sides, from, to) };
  }
}

async function compareHere(sides: Sides, from: NamedSide, to: NamedSide): Promise<Compared> {
  const [before, after] = [await sides.local(from), await sides.local(to)];
  if (before === null || after === null) throw new Error('what runs was to be compared without a daemon');
  const facts = (side: NamedSide, digest: string): Compared['from'] => ({
    kind: side.kind === 'file' ? 'text' : side.kind,
    generation: side.kind === 'generation' ? side.number : null,
    digest,
  });
  return {
    from: facts(from, before.digest),
    to: facts(to, after.digest),
    changes: diffConfigs(before, after).map((change) => ({ ...change, impact: null })),
  };
}
