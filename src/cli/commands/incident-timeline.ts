/** `sentinel incident timeline`: everything that happened, by itself: who typed what, what the proxy saw, what was written down. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { FieldName } from '../../filter/fields.ts';
import { type FieldValue, type FilterSubject, matches } from '../../filter/match.ts';
import { parseFilter } from '../../filter/parse.ts';
import { timelineMarkdown } from '../../incident/timeline/markdown.ts';
import { type Moment, type MomentSource, momentSources, type Timeline } from '../../incident/timeline/moment.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { headLine } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { timelineOf } from '../incident/timeline-of.ts';
import { timelineText } from '../incident/timeline-text.ts';
import { whenOf } from '../incident/when.ts';
import { filterOption } from '../query-options.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const sources = sourcesOf(invocation);
  const wanted = choiceOf(invocation);
  const window = windowOf(invocation);
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const incident = store.read(id);
  const whole = await timelineOf(invocation, store, id, window);
  const moments = whole.moments.filter((moment) => sources.has(moment.source) && wanted(moment));
  const timeline: Timeline = { ...whole, moments };
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: timeline,
    warnings: whole.missing.map(({ source, why }) => `not known (${source}): ${why}`),
    text: (style) =>
      invocation.option('format') === 'markdown'
        ? timelineMarkdown(timeline)
        : timelineText(timeline, { head: headLine(incident, style), all: whole.moments.length }, style),
  };
}

/** `--since` and `--until`, in order. @throws SNT-P040 */
function windowOf({ option, clock }: Invocation): { readonly since?: string; readonly until?: string } {
  const [since, until] = (['since', 'until'] as const).map((name) => {
    const text = option(name);
    return text === undefined ? undefined : whenOf(text, clock.wallMs(), `--${name}`);
  });
  if (since !== undefined && until !== undefined && since > until)
    throw new SentinelError('SNT-P040', `--since is ${since}, which comes after --until ${until}`, {
      hint: 'sentinel incident timeline --help',
    });
  return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
}

/** `--source`, given several times or with commas; all without it. @throws SNT-P040 */
function sourcesOf({ options }: Invocation): ReadonlySet<MomentSource> {
  const given = options('source').flatMap((text) => text.split(',').map((part) => part.trim()));
  if (given.length === 0) return new Set(momentSources);
  const isSource = (name: string): name is MomentSource => (momentSources as readonly string[]).includes(name);
  const unknown = given.find((name) => !isSource(name));
  if (unknown === undefined) return new Set(given.filter(isSource));
  throw new SentinelError('SNT-P040', `--source is ${JSON.stringify(unknown)}, expected ${momentSources.join(', ')}`, {
    hint: 'sentinel incident timeline --help',
  });
}

/** `--filter`, over the fields that events have. @throws SNT-P040 */
function choiceOf(invocation: Invocation): (moment: Moment) => boolean {
  const text = filterOption(invocation, 'events');
  const parsed = text === undefined ? null : parseFilter(text, 'events');
  if (parsed === null || !parsed.ok) return () => true;
  const nowMs = invocation.clock.wallMs();
  return (moment) => matches(parsed.filter, subjectOf(moment, nowMs));
}

function subjectOf(moment: Moment, nowMs: number): FilterSubject {
  const { kind, words, source } = moment;
  return { name: [source, kind, words].join(' '), value: (field) => valueOf(moment, field, nowMs) };
}

function valueOf({ at, kind, severity, actor, fields }: Moment, field: FieldName, nowMs: number): FieldValue {
  switch (field) {
    case 'kind':
      return kind;
    case 'severity':
      return severity;
    case 'actor':
      return actor ?? undefined;
    case 'age':
      return nowMs - Date.parse(at);
    case 'state':
      return textOf(fields['to']);
    default: {
      const value = fields[field];
      return typeof value === 'number' ? value : textOf(value);
    }
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
