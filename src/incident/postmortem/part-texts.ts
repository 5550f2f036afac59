/**
 * The texts of the parts of a post-mortem that `sentinel` writes, but for the timeline. Pure; each ends with a newline. For
 * `postmortem.ts`.
 */
import {
  clockSeconds,
  clockTime,
  countText,
  dayOf,
  hoursAndMinutes,
  minutesText,
  percentText,
} from '../impact/figures.ts';
import type { Impact, Measured, Part } from '../impact/shapes.ts';
import type { Incident } from '../record/incident.ts';
import { typedLine } from '../timeline/logged-command.ts';
import type { Moment, Timeline } from '../timeline/moment.ts';
import { blank } from './blank.ts';
import { safe, safeCode } from './safe-markdown.ts';
import { changesBetween } from './timeline-rows.ts';

/** More parts, changes or causes than this are left to the evidence. */
const MOST_PARTS = 5;
const MOST_CHANGES = 40;

export function summaryPart(incident: Incident, impact: Impact): string {
  const { sev, times } = incident;
  const [from, fromWords] =
    impact.onset.value !== null
      ? [impact.onset.value, 'the onset']
      : times.alert !== null
        ? [times.alert, 'the first alert']
        : [times.opened, 'the opening'];
  const duration =
    times.resolved === null
      ? blank(`X hours Y minutes: it is not resolved yet; it began at ${clockSeconds(from)}Z, ${fromWords}`)
      : times.resolved < from
        ? blank(
            `X hours Y minutes: the resolution, ${clockSeconds(times.resolved)}Z, lies before ${fromWords}, ${clockSeconds(from)}Z`,
          )
        : `${hoursAndMinutes(Date.parse(times.resolved) - Date.parse(from))} (${span(from, times.resolved)}, from ${fromWords} to the resolution)`;
  return lines([
    `- **Date**: ${dayOf(from)}`,
    `- **Duration**: ${duration}`,
    `- **Severity**: ${sev ?? blank('SEVN')}`,
    `- **Impact**: ${impactSentence(impact)}`,
  ]);
}

/** For people who know the proxy; what customers are told is the business of messages. */
function impactSentence(impact: Impact): string {
  const { during, onset, end, basis, by_upstream: upstreams, by_route: routes, by_cause: causes } = impact;
  if (onset.value === null) return blank(`Brief description of user impact: ${safe(onset.why)}`);
  const time =
    end.value === null ? `from ${clockSeconds(onset.value)}Z on` : `between ${span(onset.value, end.value, ' and ')}`;
  const sentences: string[] = [];
  if (during.value !== null && (basis !== 'latency' || during.value.affected > 0)) {
    const { affected, requests, ratio } = during.value;
    sentences.push(
      `${percentText(ratio)} of requests (${countText(affected)} of ${countText(requests)}) had no good answer ${time}${mostOf('upstream', upstreams)}${mostOf('route', routes)}${firstCause(causes)}.`,
    );
  }
  if (basis === 'latency' && impact.p99_during_ms.value !== null) {
    const before = impact.p99_before_ms.value;
    sentences.push(
      `Requests were slow ${time}: 99th percentile ${milliseconds(impact.p99_during_ms.value)}${before === null ? '' : `, before ${milliseconds(before)}`}.`,
    );
  }
  if (sentences.length === 0) sentences.push(`No daemon answered ${time}.`);
  return [...sentences, ...impact.notes.map(safe)].join(' ');
}

function mostOf(what: string, parts: Measured<readonly Part[]>): string {
  const [first, second] = parts.value ?? [];
  if (first === undefined || first.affected === 0) return '';
  const all = (parts.value ?? []).reduce((total, one) => total + one.affected, 0);
  const share = first.affected / all;
  if (second === undefined || share < 0.5) return '';
  return share > 0.995
    ? `, all of ${what} ${safe(first.name)}`
    : `, ${percentText(share)} of them of ${what} ${safe(first.name)}`;
}

function firstCause(causes: Impact['by_cause']): string {
  const [first] = causes.value ?? [];
  return first === undefined ? '' : `; most often \`${first.cause}\` (${countText(first.requests)})`;
}

export function rootCausePart({ diagnoses, id }: Incident): string {
  const seen = new Map<string, { words: string; at: string; times: number; facts: string | null }>();
  for (const { causes, at, facts } of diagnoses) {
    for (const { code, words, subject } of causes) {
      const key = `${code} ${subject ?? ''}`;
      const before = seen.get(key);
      const about = subject === null || words.includes(subject) ? '' : ` (${safe(subject)})`;
      if (before === undefined)
        seen.set(key, { words: `**${safe(code)}** ${safe(words)}${about}`, at, times: 1, facts });
      else before.times++;
    }
  }
  if (seen.size === 0) {
    const why =
      diagnoses.length === 0
        ? 'no diagnosis was made while it was open'
        : 'no diagnosis that was made while it was open found a cause';
    return lines([
      `${blank(`Causes: ${why}`)}`,
      `<!-- sentinel diagnose --bundle FILE runs the diagnosis on a snapshot of this incident; sentinel incident timeline ${id} has what happened before. -->`,
    ]);
  }
  return lines([
    'What the diagnosis found:',
    '',
    ...[...seen.values()].map(({ words, at, times, facts }) => {
      const often = times === 1 ? '' : `, and ${times - 1} more ${times === 2 ? 'time' : 'times'}`;
      const evidence = facts === null ? '' : `; evidence: ${safeCode(facts)}`;
      return `- ${words} (${clockTime(at)} UTC${often}${evidence})`;
    }),
    '',
  ]);
}

export function factorsPart({ factors }: Incident): string {
  return factors.length === 0
    ? lines([`- ${blank('Factor 1')}`, `- ${blank('Factor 2')}`])
    : lines(factors.map(({ text }) => `- ${safe(text)}`));
}

export function resolutionPart({ times }: Incident, timeline: Timeline, impact: Impact): string {
  const from = impact.onset.value ?? times.alert ?? times.opened;
  const changes = changesBetween(timeline, from < times.opened ? from : times.opened, times.resolved);
  if (changes.length === 0) {
    return lines([blank('Nothing is on record that changed something before the resolution')]);
  }
  const shown = changes.slice(-MOST_CHANGES);
  return lines([
    'What was changed before the resolution:',
    '',
    ...(shown.length === changes.length
      ? []
      : [`- ${changes.length - shown.length} changes before that stand in the timeline`]),
    ...shown.map((moment) => {
      const { at, actor } = moment;
      return `- ${clockTime(at)} ${changeWords(moment)}${actor === null ? '' : ` (${safe(actor)})`}`;
    }),
    '',
  ]);
}

/** A command as somebody would type it again, and how it ended where it did not end well. */
function changeWords({ source, words, fields }: Moment): string {
  const { argv, exit } = fields;
  if (source !== 'command' || !Array.isArray(argv)) return safe(words);
  const typed = safeCode(typedLine({ program: 'sentinel', argv: argv.map(String) }));
  return exit === 0 ? typed : `${typed}, exit ${safe(String(exit))}`;
}

export function actionsPart({ actions }: Incident): string {
  const rows =
    actions.length === 0
      ? [`| 1 | ${blank('Action item')} | ${blank('Owner')} | ${blank('YYYY-MM-DD')} | Open |`]
      : actions.map(
          ({ number, text, owner, due, done }) =>
            `| ${number} | ${safe(text)} | ${owner === null ? blank('Owner') : safe(owner)} | ${due === null ? blank('YYYY-MM-DD') : safe(due)} | ${done === null ? 'Open' : 'Done'} |`,
        );
  return lines(['| ID | Action | Owner | Due Date | Status |', '|----|--------|-------|----------|--------|', ...rows]);
}

export function metricsPart({ times, during, declared, worst_minute: worst, onset }: Impact): string {
  const step = (name: string, time: Measured<number>): string =>
    time.value === null
      ? `- ${name}: ${blank(`X minutes: ${safe(time.why)}`)}`
      : `- ${name}: ${minutesText(time.value)} minutes (${secondsOf(time.from)})`;
  const customers =
    during.value === null
      ? blank(`X% of requests affected: ${safe(onset.value === null ? onset.why : during.why)}`)
      : `${percentText(during.value.ratio)} of requests affected (${countText(during.value.affected)} of ${countText(during.value.requests)}; ${safe(during.from)}; see [Evidence](#evidence))`;
  return lines([
    step('Time to detect', times.detect_ms),
    step('Time to mitigate', times.mitigate_ms),
    step('Time to resolve', times.resolve_ms),
    `- Customer impact: ${customers}`,
    ...(times.acknowledge_ms.value === null ? [] : [step('Time to acknowledge', times.acknowledge_ms)]),
    ...(worst.value === null
      ? []
      : [
          `- Worst minute: ${clockTime(worst.value.at)}, ${percentText(worst.value.ratio)} of requests affected (${countText(worst.value.affected)} of ${countText(worst.value.requests)})`,
        ]),
    ...(declared.value === null
      ? []
      : [
          `- From declared to resolved: ${percentText(declared.value.ratio)} of requests affected (${countText(declared.value.affected)} of ${countText(declared.value.requests)}; ${safe(declared.from)})`,
        ]),
  ]);
}

export function evidencePart({ snapshots, runbooks, diagnoses }: Incident, impact: Impact): string {
  const { baseline, by_upstream: upstreams, by_route: routes, by_cause: causes, gaps } = impact;
  const parts = (what: string, measured: Measured<readonly Part[]>): readonly string[] => {
    const affected = (measured.value ?? []).filter((one) => one.affected > 0).slice(0, MOST_PARTS);
    if (measured.value === null || affected.length === 0) return [];
    const each = affected.map(
      (one) =>
        `${safe(one.name)} ${countText(one.affected)} of ${countText(one.requests)}${one.ratio === null ? '' : ` (${percentText(one.ratio)})`}`,
    );
    return [`- By ${what}: ${each.join(', ')} (${safe(measured.from)})`];
  };
  const counted = [
    ...(baseline.value === null
      ? [`- Before: not known (${safe(baseline.why)})`]
      : [
          `- Before: ${percentText(baseline.value.ratio)} of requests affected (${countText(baseline.value.affected)} of ${countText(baseline.value.requests)}; ${safe(baseline.from)})`,
        ]),
    ...parts('upstream', upstreams),
    ...parts('route', routes),
    ...(causes.value === null || causes.value.length === 0
      ? []
      : [
          `- By cause: ${causes.value
            .slice(0, MOST_PARTS)
            .map(({ cause, requests }) => `\`${cause}\` ${countText(requests)}`)
            .join(', ')} (${safe(causes.from)})`,
        ]),
    ...latency(impact),
    ...gaps.map(
      ({ from, to, words }) =>
        `- Not counted: ${to === null ? `from ${clockSeconds(from)}Z on` : span(from, to)} (${safe(words)})`,
    ),
  ];
  return lines([
    ...counted,
    ...snapshots.map(
      ({ file, sha256, complete, at }) =>
        `- Snapshot of ${clockTime(at)}: ${safeCode(file)}, SHA-256 \`${sha256}\`${complete ? '' : ', not complete'}`,
    ),
    ...runbooks.map(
      ({ runbook, run, outcome, file }) =>
        `- Runbook ${safe(runbook)} ${safe(outcome)}: ${file === null ? `run ${safe(run)}, its transcript is not here` : safeCode(file)}`,
    ),
    ...diagnoses.flatMap(({ facts, at }) =>
      facts === null ? [] : [`- Facts of the diagnosis of ${clockTime(at)}: ${safeCode(facts)}`],
    ),
  ]);
}

function latency({ p99_before_ms: before, p99_during_ms: during }: Impact): readonly string[] {
  if (during.value === null) return [];
  const was = before.value === null ? '' : `, before ${milliseconds(before.value)}`;
  return [`- 99th percentile of latency: ${milliseconds(during.value)}${was} (${safe(during.from)})`];
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
}

/** `14:00:50Z – 14:12:10Z` */
function span(from: string, to: string, between = ' – '): string {
  const day = dayOf(from) === dayOf(to) ? '' : `${dayOf(to)} `;
  return `${clockSeconds(from)}Z${between}${day}${clockSeconds(to)}Z`;
}

/** Times of a sentence to the second. */
function secondsOf(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)(?:\.\d+)?Z/g, '$1Z');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
