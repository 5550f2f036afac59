/**
 * A post-mortem by the template of the runbook, filled with what is known, with honest blanks for what is not. Written anew at any
 * time: only parts of its own that nobody edited change. Pure; the file is the business of `file.ts`.
 */
import type { Impact } from '../impact/shapes.ts';
import type { Incident } from '../record/incident.ts';
import type { Timeline } from '../timeline/moment.ts';
import { blank, blanksIn } from './blank.ts';
import { marked, mergeParts, type Part } from './marked-parts.ts';
import {
  actionsPart,
  evidencePart,
  factorsPart,
  metricsPart,
  resolutionPart,
  rootCausePart,
  summaryPart,
} from './part-texts.ts';
import { offeredHead } from './offered.ts';
import { safe } from './safe-markdown.ts';
import { timelineTable } from './timeline-rows.ts';

export interface Postmortem {
  /** What the file should hold now. */
  readonly bytes: Buffer;
  readonly text: string;
  /** Blanks that somebody still has to fill. */
  readonly blanks: number;
  readonly replaced: readonly string[];
  /** Parts that somebody edited, kept as they are. */
  readonly edited: readonly string[];
  /** Parts whose markers are gone or broken: nothing of them was touched. */
  readonly broken: readonly { readonly name: string; readonly why: string }[];
  /** New texts for what was kept, to be taken over by hand; null = there is nothing new. */
  readonly offered: string | null;
}

/** @param existing The file as it is; null = there is none. */
export function writePostmortem(
  incident: Incident,
  timeline: Timeline,
  impact: Impact,
  existing: Uint8Array | string | null,
): Postmortem {
  const parts = partsOf(incident, timeline, impact);
  if (existing === null) {
    const text = template(incident, parts);
    const nothing = { replaced: [], edited: [], broken: [], offered: null };
    return { bytes: Buffer.from(text), text, blanks: blanksIn(text), ...nothing };
  }
  const { bytes, replaced, edited, broken } = mergeParts(Buffer.from(existing), parts);
  const text = bytes.toString('utf8');
  const kept = new Set([
    ...edited.filter(({ fresh }) => fresh).map(({ name }) => name),
    ...broken.map(({ name }) => name),
  ]);
  const offered =
    kept.size === 0
      ? null
      : offer(
          incident,
          parts.filter(({ name }) => kept.has(name)),
        );
  return { bytes, text, blanks: blanksIn(text), replaced, edited: edited.map(({ name }) => name), broken, offered };
}

function partsOf(incident: Incident, timeline: Timeline, impact: Impact): readonly Part[] {
  return [
    { name: 'summary', text: summaryPart(incident, impact) },
    { name: 'timeline', text: timelineTable(incident, timeline, impact) },
    { name: 'root-cause', text: rootCausePart(incident) },
    { name: 'factors', text: factorsPart(incident) },
    { name: 'resolution', text: resolutionPart(incident, timeline, impact) },
    { name: 'actions', text: actionsPart(incident) },
    { name: 'metrics', text: metricsPart(impact) },
    { name: 'evidence', text: evidencePart(incident, impact) },
  ];
}

/** Headings and their order are those of the runbook; the last one is ours. */
function template({ id }: Incident, parts: readonly Part[]): string {
  const part = (name: string): string => marked(parts.find((one) => one.name === name) ?? { name, text: '' });
  return `# Incident Post-Mortem: ${safe(id)}

<!-- What stands between the markers of sentinel is written anew by "sentinel incident postmortem ${id}", unless you edit it. Everything else is yours. -->

## Summary
${part('summary')}
## Timeline
${part('timeline')}
## Root Cause
${part('root-cause')}
${blank('Detailed explanation of what caused the incident')}

## Contributing Factors
${part('factors')}
## Resolution
${part('resolution')}
${blank('What was done to resolve the incident')}

## Action Items
${part('actions')}
## Lessons Learned
- What went well: ${blank('…')}
- What could be improved: ${blank('…')}

## Metrics
${part('metrics')}
## Evidence
${part('evidence')}`;
}

function offer({ id }: Incident, parts: readonly Part[]): string {
  return [
    `${offeredHead}${safe(id)}`,
    '',
    'These parts were edited in the post-mortem, or have lost their markers, and were left as they are there. To take one over, put it',
    'in the place of the old one, markers and all. This file is written anew each time and can be removed.',
    '',
    ...parts.map(marked),
  ].join('\n');
}
