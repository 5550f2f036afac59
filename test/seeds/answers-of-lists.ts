/** What answers the checklists and templates of the seed runbooks. By their text, templates by their first line. Data only. */
import { answer, misleads, type RowAnswer } from './row-answer.ts';
import type { ShownName } from './shown-by.ts';

const firstList = (here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, 'first-five-minutes#checklist docs/incidents.md#the-checklists', 'incident lists', 'run in incident', ...tests);
const lastList = (here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, 'post-incident#tell-people docs/incidents.md#the-checklists', 'incident lists', ...tests);
const window = (section: string, here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, `maintenance-window#${section}`, 'maintenance lists', 'ticked', ...tests);
const channel = firstList('`sentinel incident open` says its name after the id; opening it is for you, and a yes ticks it', 'one form', 'whole incident');

export const checklistAnswers: Readonly<Record<string, RowAnswer>> = {
  'Acknowledge incident in alerting system': firstList('`sentinel incident ack` ticks it; an alert may have opened the incident already', 'alerts open', 'ticks itself', 'whole incident'),
  'Assess severity using classification above': firstList('`sentinel incident sev 2 --why "one route in three fails"` ticks it; `sentinel incident sev --propose` says what facts speak for', 'ticks itself', 'whole incident'),
  'Open incident channel': channel,
  'Open incident channel (Slack: #incident-YYYYMMDD-NNN)': channel,
  'Declare incident commander if SEV1/SEV2': firstList('`sentinel incident role commander NAME` ticks it', 'ticks itself', 'whole incident'),
  'Begin gathering initial diagnostics': firstList('A diagnosis, a run of a runbook or a snapshot ticks it', 'ticks itself', 'whole incident'),
  'Update status page to "Resolved"': lastList('`sentinel incident comms resolution --format statuspage` prints the document; a yes ticks it', 'message formats'),
  'Send all-clear communication': lastList('`sentinel incident comms resolution` prints the words; a yes ticks it', 'message templates'),
  'Document timeline in incident channel': lastList('`sentinel incident timeline` prints it; a yes ticks it', 'whole incident'),
  'Preserve logs and metrics snapshots': lastList('`sentinel incident snapshot` ticks it', 'ticks itself', 'six files'),
  'Schedule post-mortem (SEV1/SEV2: within 48 hours)': lastList('Due 48 hours after the resolution; `sentinel incident list` shows what is overdue', 'after the end'),

  'Announce maintenance window': window('before', '`sentinel incident comms maintenance-announce --draft` prints the words', 'maintenance messages'),
  'Prepare rollback plan': window('before', '`sentinel config history` has what to go back to, `sentinel config rollback` goes', 'generations', 'trial'),
  'Verify backup configuration': window('before', '`sentinel config history`, and the backup beside the file', 'backup'),
  'Test changes in staging': window('before', '`sentinel config plan new.kdl`, `sentinel test new.kdl`', 'plan', 'route tests'),
  'Document changes': window('before', '`sentinel config plan new.kdl` says them in words; what is done is kept with its reason', 'plan', 'events'),
  'Notify on-call team': window('before', '`sentinel diagnose` names who that is', 'contacts'),
  'Verify all services healthy': window('after', 'The run asserts it', 'upstreams'),
  'Check error rates normal': window('after', 'The run asserts it, and waits until less than 1 % failed for a minute', 'wait for errors'),
  'Review logs for issues': window('after', '`sentinel logs --level warn --since 1h` is a step of the run', 'recent lines'),
  'Update documentation': window('after', 'For you; the run asks, and leaves it open where nobody answers', 'by hand'),
  'Send completion notice': window('after', '`sentinel incident comms maintenance-done --draft` prints the words', 'maintenance messages'),
};

const postMortem = (here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, 'post-incident#post-mortem docs/post-mortem.md', 'post-mortem template', ...tests);
const initial = (here: string, ...tests: readonly ShownName[]): RowAnswer =>
  answer(here, 'first-five-minutes#tell-people docs/messages.md', 'message templates', 'message facts', ...tests, 'templates by hand');
const update = (here: string): RowAnswer =>
  answer(here, 'post-incident#while-it-lasts docs/messages.md', 'message templates', 'message phases', 'templates by hand');
const resolution = (here: string): RowAnswer =>
  answer(here, 'post-incident#when-it-is-over docs/messages.md', 'message templates', 'message facts', 'templates by hand');

/** By as many lines as tell them apart. */
export const templateAnswers: Readonly<Record<string, RowAnswer>> = {
  '# Incident Post-Mortem: [INCIDENT_ID]': misleads('The id is made by hand, with a fixed -001', '`sentinel incident open` gives the next free one, and the heading has it', 'post-incident#post-mortem docs/incidents.md', 'post-mortem template', 'second incident'),
  '## Summary': postMortem('Date, duration, severity and impact, from journal and counts', 'post-mortem filled', 'templates by hand'),
  '## Timeline': postMortem('The five moments, from marks and alerts, and what happened between', 'post-mortem filled', 'post-mortem blanks', 'templates by hand'),
  '## Root Cause': postMortem('What the diagnosis found, and a blank for you', 'post-mortem lists'),
  '## Contributing Factors': postMortem('`sentinel incident factor add TEXT`', 'post-mortem lists', 'templates by hand'),
  '## Resolution': postMortem('What was done, from the log of commands', 'post-mortem lists', 'templates by hand'),
  '## Action Items': postMortem('`sentinel incident action add TEXT --owner NAME --due 7d`; the table has the id before it', 'post-mortem lists'),
  '## Lessons Learned': postMortem('Both questions, for you', 'post-mortem blanks', 'templates by hand'),
  '## Metrics': postMortem('Times to detect, mitigate and resolve, and the share of requests, as counted', 'post-mortem filled', 'templates by hand'),

  'Subject: [INVESTIGATING] [Service] - [Brief Description]': initial('Service and description, where they are known'),
  'We are currently investigating an issue affecting [service/feature].': initial('With the service'),
  '**Status**: Investigating': initial('With impact and beginning'),
  'We will provide updates every [15/30] minutes until resolved.': initial('15 minutes of a SEV1, 30 of a SEV2', 'updates due'),
  'Next update: [Time UTC]': initial('Reckoned from now and the severity; `sentinel incident list` shows when it is overdue', 'updates due'),
  'Subject: [UPDATE] [Service] - [Brief Description]': update('Service and description, where they are known'),
  '**Status**: [Investigating/Identified/Monitoring]': update('By the last of `sentinel incident mark identified`, `mitigated`, `monitoring`; impact and duration as counted'),
  '**Update**:': update('`sentinel incident comms update --update TEXT`'),
  '**Next Steps**:': update('`sentinel incident comms update --next TEXT`'),
  'Subject: [RESOLVED] [Service] - [Brief Description]': resolution('Service and description, where they are known'),
  'The issue affecting [service/feature] has been resolved.': resolution('With the service'),
  '**Status**: Resolved': resolution('Duration and impact as counted'),
  '**Root Cause**:': resolution('`sentinel incident comms resolution --cause TEXT`'),
  '**Resolution**:': resolution('`sentinel incident comms resolution --update TEXT`'),
  'We apologize for any inconvenience. A detailed post-mortem will be': resolution('Word for word'),
};
