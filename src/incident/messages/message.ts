/**
 * Messages to people outside, by the templates of the runbook: the words of each, filled with facts, with honest blanks in brackets.
 * Pure; sends nothing. How they look in each format is the business of `formats.ts`.
 */
import { hoursAndMinutes } from '../impact/figures.ts';
import { rendered } from './formats.ts';
import { publicWords } from './public-words.ts';
import type { Block, Draft, Message, MessageFacts, MessageFormat, MessageKind } from './shapes.ts';

export function messageOf(kind: MessageKind, facts: MessageFacts, format: MessageFormat): Message {
  const notes: string[] = [];
  const clean = (text: string | null): string | null => {
    if (text === null || text.trim() === '') return null;
    const { text: words, hidden } = publicWords(text, facts.hidden);
    if (hidden.length > 0) notes.push(`left out, as it is internal: ${hidden.join(', ')}`);
    return words;
  };
  const fit: MessageFacts = {
    ...facts,
    service: clean(facts.service),
    title: clean(facts.title),
    impact: clean(facts.impact),
    update: clean(facts.update),
    next: clean(facts.next),
    cause: clean(facts.cause),
  };
  const draft = { kind, facts: fit, ...written[kind](fit) };
  notes.push(...doubts(kind, fit));
  const told = [draft.subject, ...draft.blocks.flatMap(textsOf)];
  const blanks = new Set(told.flatMap((text) => allBlanks.filter((one) => text.includes(one))));
  return { kind, format, subject: draft.subject, text: rendered(draft, format), blanks: [...blanks], notes };
}

const blanks = {
  service: '[Service]',
  feature: '[service/feature]',
  title: '[Brief Description]',
  impact: '[Description of user impact]',
  affected: '[Description of what was affected]',
  time: '[Time UTC]',
  interval: '[15/30]',
  duration: '[X] hours [Y] minutes',
  update: "[What we've learned or done since last update]",
  next: "[What we're doing next]",
  cause: '[Brief, non-technical explanation]',
  resolution: '[What we did to fix it]',
  window: '[Time UTC] - [Time UTC]',
  done: '[What was changed]',
} as const;
/** The longer first: one holds the other. */
const allBlanks = Object.values(blanks).toSorted((a, b) => b.length - a.length);

type Written = Pick<Draft, 'subject' | 'blocks'>;

const written: Readonly<Record<MessageKind, (facts: MessageFacts) => Written>> = {
  initial: (facts) => ({
    subject: subject('INVESTIGATING', facts),
    blocks: [
      paragraph(`We are currently investigating an issue affecting ${facts.service ?? blanks.feature}.`),
      fields([
        ['Status', 'Investigating'],
        ['Impact', facts.impact ?? blanks.impact],
        ['Started', time(facts.started, facts.now)],
      ]),
      paragraph(`We will provide updates every ${interval(facts)} minutes until resolved.`),
      paragraph(`Next update: ${nextUpdate(facts)}`),
    ],
  }),
  update: (facts) => ({
    subject: subject('UPDATE', facts),
    blocks: [
      fields([
        ['Status', statusOf(facts.phase)],
        ['Impact', facts.impact ?? blanks.impact],
        ['Duration', duration(facts.started, facts.resolved ?? facts.now)],
      ]),
      section('Update', facts.update ?? learned[facts.phase] ?? blanks.update),
      section('Next Steps', facts.next ?? planned[facts.phase] ?? blanks.next),
      paragraph(`Next update: ${nextUpdate(facts)}`),
    ],
  }),
  resolution: (facts) => ({
    subject: subject('RESOLVED', facts),
    blocks: [
      paragraph(`The issue affecting ${facts.service ?? blanks.feature} has been resolved.`),
      fields([
        ['Status', 'Resolved'],
        ['Duration', duration(facts.started, facts.resolved)],
        ['Impact', facts.impact ?? blanks.affected],
      ]),
      section('Root Cause', facts.cause ?? blanks.cause),
      section('Resolution', facts.update ?? blanks.resolution),
      paragraph(
        'We apologize for any inconvenience. A detailed post-mortem will be\nconducted and follow-up improvements will be made.',
      ),
    ],
  }),
  'maintenance-announce': (facts) => ({
    subject: subject('MAINTENANCE', facts),
    blocks: [
      paragraph(`We will carry out maintenance on ${facts.service ?? blanks.feature}.`),
      fields([
        ['Status', 'Scheduled'],
        ['Impact', facts.impact ?? blanks.impact],
        ['Window', windowText(facts)],
        ['Duration', duration(facts.window?.from ?? null, facts.window?.to ?? null)],
      ]),
      ...(facts.update === null ? [] : [section('Details', facts.update)]),
      paragraph('We will send a notice when it is complete.'),
    ],
  }),
  'maintenance-done': (facts) => ({
    subject: subject('COMPLETED', facts),
    blocks: [
      paragraph(`The maintenance on ${facts.service ?? blanks.feature} is complete.`),
      fields([
        ['Status', 'Completed'],
        ['Window', windowText(facts)],
        ['Impact', facts.impact ?? blanks.affected],
      ]),
      section('What was done', facts.update ?? blanks.done),
    ],
  }),
};

/** What a phase says by itself: somebody has marked it. */
const learned: Readonly<Record<string, string>> = {
  identified: 'We have found the cause of the issue and are working on a fix.',
  mitigated: 'A fix has been applied.',
  monitoring: 'A fix has been applied, and we are watching whether it holds.',
};
const planned: Readonly<Record<string, string>> = {
  mitigated: 'We will watch the service before we call this resolved.',
  monitoring: 'We will keep watching the service before we call this resolved.',
};

function statusOf(phase: string): string {
  if (phase === 'open') return 'Investigating';
  if (phase === 'identified') return 'Identified';
  return phase === 'resolved' || phase === 'closed' ? 'Resolved' : 'Monitoring';
}

function doubts(kind: MessageKind, { phase, resolved, window }: MessageFacts): readonly string[] {
  if (kind === 'resolution' && resolved === null)
    return ['the incident is not marked as resolved: sentinel incident mark resolved'];
  if ((kind === 'initial' || kind === 'update') && (phase === 'resolved' || phase === 'closed')) {
    return ['the incident is resolved: sentinel incident comms resolution'];
  }
  return window !== null && Date.parse(window.to) <= Date.parse(window.from)
    ? ['the window ends before it begins']
    : [];
}

function subject(tag: string, { service, title }: MessageFacts): string {
  return `[${tag}] ${service ?? blanks.service} - ${title ?? blanks.title}`;
}

function interval({ updateEveryMs }: MessageFacts): string {
  return updateEveryMs === null ? blanks.interval : String(Math.round(updateEveryMs / 60_000));
}

/** From now on: this message is the last one. */
function nextUpdate({ updateEveryMs, now }: MessageFacts): string {
  if (updateEveryMs === null) return blanks.time;
  return time(new Date(Date.parse(now) + updateEveryMs).toISOString(), now);
}

/** `14:00 UTC`; of another day with its date. */
function time(iso: string | null, now: string): string {
  if (iso === null) return blanks.time;
  const day = iso.slice(0, 10) === now.slice(0, 10) ? '' : `${iso.slice(0, 10)} `;
  return `${day}${iso.slice(11, 16)} UTC`;
}

function windowText({ window }: MessageFacts): string {
  if (window === null) return blanks.window;
  const day = window.from.slice(0, 10);
  const to = window.to.slice(0, 10) === day ? '' : `${window.to.slice(0, 10)} `;
  return `${day} ${window.from.slice(11, 16)} UTC - ${to}${window.to.slice(11, 16)} UTC`;
}

function duration(from: string | null, to: string | null): string {
  const ms = from === null || to === null ? Number.NaN : Date.parse(to) - Date.parse(from);
  return ms >= 0 ? hoursAndMinutes(ms) : blanks.duration;
}

function paragraph(text: string): Block {
  return { kind: 'paragraph', text };
}

function fields(all: readonly (readonly [string, string])[]): Block {
  return { kind: 'fields', fields: all };
}

function section(name: string, text: string): Block {
  return { kind: 'section', name, text };
}

function textsOf(block: Block): readonly string[] {
  return block.kind === 'fields' ? block.fields.map(([, value]) => value) : [block.text];
}
