/**
 * `sentinel incident close`: it is over; keeps the timeline and the impact as they are known now, and says what is due after it.
 * Refuses one that nobody has resolved.
 */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { rfc3339 } from '../../base/units.ts';
import { checklistTitles, concerns } from '../../incident/record/checklist.ts';
import type { EntryBody } from '../../incident/record/entry.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { IncidentStore } from '../../incident/record/store.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { freeze, type Frozen } from '../incident/freeze.ts';
import { type IncidentData, incidentData } from '../incident/incident-data.ts';
import { deadlineLine, hanging, headLine, nextLines } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { checkLine } from '../incident/show-text.ts';
import { whenOf } from '../incident/when.ts';
import type { Style } from '../streams.ts';
import { durationText } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const { clock, option } = invocation;
  const said = option('resolved');
  const resolved =
    said === undefined ? null : said === 'now' ? rfc3339(clock.wallMs()) : whenOf(said, clock.wallMs(), '--resolved');
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  await resolve(store, id, resolved);
  const frozen = await freeze(invocation, store, id);
  const { incident, remarks } = await closed(store, id, frozen, option('why') ?? null);
  const nowMs = clock.wallMs();
  const data = incidentData(incident, nowMs);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data,
    warnings: remarks,
    text: (style) => text(data, remarks, nowMs, style),
  };
}

/** @throws SNT-I009 it is closed, or nobody has said that it is over */
async function resolve(store: IncidentStore, id: string, when: string | null): Promise<void> {
  await store.change(id, ({ phase, times }) => {
    if (phase === 'closed')
      throw new SentinelError('SNT-I009', `incident ${id} was closed at ${times.closed}`, {
        hint: `sentinel incident show ${id}`,
      });
    if (times.resolved === null && when === null)
      throw new SentinelError(
        'SNT-I009',
        `incident ${id} is ${phase}: nobody has said when it was resolved; it stays open`,
        {
          hint: `sentinel incident close ${id} --resolved now   sentinel incident mark resolved --at 13:04 -i ${id}`,
        },
      );
    return when === null ? [] : [{ kind: 'marked', mark: 'resolved', when, from: null }];
  });
}

/** Of two who close at once one has closed it. */
function shut(store: IncidentStore, id: string, kept: readonly EntryBody[], why: string | null): Promise<Incident> {
  return store.change(id, ({ phase }) => (phase === 'closed' ? [] : [...kept, { kind: 'closed', why }]));
}

/** What is too long for the journal keeps nobody from closing. */
async function closed(
  store: IncidentStore,
  id: string,
  { bodies, remarks }: Frozen,
  why: string | null,
): Promise<{ readonly incident: Incident; readonly remarks: readonly string[] }> {
  try {
    return { incident: await shut(store, id, bodies, why), remarks };
  } catch (error) {
    if (!(error instanceof SentinelError) || error.code !== 'SNT-I007') throw error;
    const kept = bodies.filter(({ kind }) => kind !== 'impact');
    return { incident: await shut(store, id, kept, why), remarks: [...remarks, error.message] };
  }
}

function text(data: IncidentData, remarks: readonly string[], nowMs: number, style: Style): string {
  const { incident, checklist, deadlines } = data;
  const { id, times, timeline } = incident;
  const from = times.alert ?? times.opened;
  const lasted = Math.max(0, Date.parse(times.resolved ?? times.opened) - Date.parse(from));
  const items = checklist.filter((item) => item.list === 'post-incident' && concerns(item, incident));
  return [
    `${style.green('✓')} ${headLine(incident, style)}\n`,
    `  lasted ${durationText(lasted)}${timeline === null ? '' : `, ${timeline.moments} moments kept in ${timeline.file}`}\n`,
    ...remarks.map((remark) => hanging(`  ${style.yellow('▲')} `, remark, style.columns)),
    `\n${style.bold(checklistTitles['post-incident'])}\n`,
    ...items.map((item) => checkLine(item, data, nowMs, style)),
    `\n${style.bold('Due')}\n`,
    ...deadlines.filter(({ done }) => done === null).map((deadline) => `  ${deadlineLine(deadline, nowMs, style)}\n`),
    nextLines(
      [
        [`sentinel incident postmortem ${id}`, 'write down what is known, and what is left to say'],
        [`sentinel incident comms resolution ${id}`, 'the words for those who were hit'],
      ],
      style,
    ),
  ].join('');
}
