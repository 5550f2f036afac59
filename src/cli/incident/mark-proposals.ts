/** What the timeline of an incident proposes for its marks, for `incident mark`. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Mark } from '../../incident/record/entry.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import { type MarkProposal, proposeMarks } from '../../incident/proposals.ts';
import type { Invocation, Outcome } from '../command.ts';
import type { Style } from '../streams.ts';
import { incidentData } from './incident-data.ts';
import { clockText, hanging, nextLines } from './incident-lines.ts';
import { timelineNow } from './timeline-of.ts';

/** All of them, to choose from. */
export async function markProposals(invocation: Invocation, store: IncidentStore, id: string): Promise<Outcome> {
  const found = await proposed(invocation, store, id);
  const incident = store.read(id);
  const nowMs = invocation.clock.wallMs();
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...incidentData(incident, nowMs), proposals: found.proposals },
    warnings: found.missing,
    text: (style) => proposalsText(incident.id, found.proposals, found.missing, nowMs, style),
  };
}

/** @throws SNT-I009 nothing proposes it */
export async function proposalOf(
  invocation: Invocation,
  store: IncidentStore,
  id: string,
  mark: Mark,
): Promise<MarkProposal> {
  const found = (await proposed(invocation, store, id)).proposals.find((one) => one.mark === mark);
  if (found !== undefined) return found;
  throw new SentinelError('SNT-I009', `nothing in the timeline of ${id} proposes ${mark}; nothing was written`, {
    hint: `sentinel incident mark ${mark} --at 13:04 -i ${id}`,
  });
}

async function proposed(
  invocation: Invocation,
  store: IncidentStore,
  id: string,
): Promise<{ readonly proposals: readonly MarkProposal[]; readonly missing: readonly string[] }> {
  const timeline = await timelineNow(invocation, store, store.read(id));
  return {
    proposals: proposeMarks(store.read(id), timeline.moments, invocation.clock.wallMs()),
    missing: timeline.missing.map(({ source, why }) => `${source}: ${why}`),
  };
}

function proposalsText(
  id: string,
  found: readonly MarkProposal[],
  missing: readonly string[],
  nowMs: number,
  style: Style,
): string {
  const lines = found.map(({ mark, when, from }) =>
    hanging(`  ${mark.padEnd(11)}${clockText(when, nowMs)}  `, from, style.columns),
  );
  const next = found.map(({ mark }) => [`sentinel incident mark ${mark} --proposed -i ${id}`, 'take it'] as const);
  return [
    found.length === 0 ? `nothing proposes a mark of ${id}\n` : `${style.bold(id)}\n`,
    ...lines,
    ...missing.map((line) => hanging(`  ${style.yellow('?')} `, line, style.columns)),
    found.length === 0
      ? nextLines([[`sentinel incident mark mitigated --at 13:04 -i ${id}`, 'say it yourself']], style)
      : nextLines(next, style),
  ].join('');
}
