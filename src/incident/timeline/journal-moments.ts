/** What the journal of an incident says, as lines of a timeline. Pure; called by `build.ts`. */
import type { EntryBody, JournalEntry } from '../record/entry.ts';
import type { Moment } from './moment.ts';

const markWords = {
  alert: 'first alert fired',
  identified: 'root cause identified',
  mitigated: 'mitigation applied',
  monitoring: 'watching whether it holds',
  resolved: 'resolved',
} as const;

export function journalMoments(journal: readonly JournalEntry[]): readonly Moment[] {
  return journal.map((entry): Moment => {
    const { seq, at, actor, host, prev: _prev, hash: _hash, ...fields } = entry;
    return {
      at: momentOf(entry) ?? at,
      source: 'journal',
      kind: entry.kind,
      actor,
      words: wordsOf(entry, journal),
      severity: severityOf(entry),
      key: `journal:${seq}`,
      fields: { seq, host, written: at, ...fields },
    };
  });
}

/** When it was so, where that is not when it was written. */
function momentOf(entry: JournalEntry): string | null {
  if (entry.kind === 'marked') return normal(entry.when);
  if (entry.kind === 'alert') return normal(entry.status === 'firing' ? entry.starts_at : (entry.ends_at ?? entry.at));
  return null;
}

/** UTC with milliseconds, so that text sorts as time does; null where it is no time. */
function normal(at: string): string | null {
  const ms = Date.parse(at);
  return Number.isFinite(ms) ? new Date(ms).toISOString() : null;
}

function severityOf(entry: JournalEntry): Moment['severity'] {
  switch (entry.kind) {
    case 'alert':
      return entry.status === 'firing' ? 'error' : 'info';
    case 'marked':
      return entry.mark === 'alert' ? 'error' : 'info';
    case 'opened':
    case 'reopened':
    case 'mended':
      return 'warn';
    case 'diagnosis':
      return entry.status === 'problems' ? 'warn' : 'info';
    case 'runbook':
    case 'snapshot':
      return failed(entry) ? 'warn' : 'info';
    default:
      return 'info';
  }
}

function failed(entry: Extract<EntryBody, { kind: 'runbook' | 'snapshot' }>): boolean {
  return entry.kind === 'runbook' ? entry.exit_code !== 0 : !entry.complete;
}

function wordsOf(entry: JournalEntry, journal: readonly JournalEntry[]): string {
  switch (entry.kind) {
    case 'opened':
      return `incident opened${entry.by === 'alert' ? ' by an alert' : ''}${behind(entry.sev)}${behind(entry.title)}${because(entry.why)}`;
    case 'reopened':
      return `incident reopened${because(entry.why)}`;
    case 'acked':
      return 'acknowledged';
    case 'marked':
      return `${markWords[entry.mark]}${entry.from === null ? '' : ` (from ${entry.from})`}`;
    case 'severity':
      return `severity ${entry.was === null ? '' : `${entry.was} → `}${entry.sev}${entry.proposed ? ', as the facts say' : ''}${because(entry.why)}`;
    case 'titled':
      return `title: ${entry.title}`;
    case 'note':
      return `note: ${entry.text}`;
    case 'role':
      return entry.person === null ? `${entry.role}: nobody any more` : `${entry.role}: ${entry.person}`;
    case 'factor':
      return `contributing factor: ${entry.text}`;
    case 'action': {
      const owner = entry.owner === null ? '' : `, ${entry.owner}`;
      return `action ${entry.number}: ${entry.text}${owner}${entry.due === null ? '' : `, due ${entry.due}`}`;
    }
    case 'action-done':
      return `action ${entry.number} done${actionText(entry.number, journal)}`;
    case 'ticked':
      return `done: ${entry.item}${entry.by_command === null ? '' : ` (by ${entry.by_command})`}`;
    case 'unticked':
      return `not done after all: ${entry.item}`;
    case 'diagnosis':
      return diagnosisWords(entry);
    case 'runbook':
      return `runbook ${entry.runbook} ${entry.outcome} (${entry.run}${exitWords(entry.exit_code)})`;
    case 'snapshot':
      return `snapshot ${entry.file}${entry.complete ? '' : ', not complete'}${behind(entry.verdict)}`;
    case 'alert':
      return `alert ${entry.name} ${entry.status}${behind(entry.summary)}`;
    case 'message':
      return `message written: ${entry.message}`;
    case 'postmortem':
      return `post-mortem written: ${entry.file}`;
    case 'timeline':
      return `timeline frozen: ${entry.moments} moments`;
    case 'impact':
      return 'impact on traffic computed';
    case 'mended':
      return `journal mended: ${entry.bytes} bytes of an unfinished line are in ${entry.file}`;
    case 'closed':
      return `incident closed${because(entry.why)}`;
  }
}

function diagnosisWords({ status, sev, procedure, causes }: Extract<EntryBody, { kind: 'diagnosis' }>): string {
  const [first, ...others] = causes;
  if (first === undefined) {
    const found = { ok: 'nothing is wrong', problems: 'something is wrong', unknown: 'not known' }[status];
    return `diagnosis: ${found}${behind(procedure)}`;
  }
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const subject = first.subject === null || first.words.includes(first.subject) ? '' : ` (${first.subject})`;
  return `diagnosis: ${sev === null ? '' : `${sev}, `}${first.code} ${first.words}${subject}${more}`;
}

function actionText(number: number, journal: readonly JournalEntry[]): string {
  const action = journal.find((one) => one.kind === 'action' && one.number === number);
  return action?.kind === 'action' ? `: ${action.text}` : '';
}

function exitWords(code: number): string {
  return code === 0 ? '' : `, exit ${code}`;
}

function because(why: string | null): string {
  return why === null ? '' : ` (${why})`;
}

function behind(words: string | null): string {
  return words === null ? '' : `: ${words}`;
}
