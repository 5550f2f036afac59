/** `sentinel incident postmortem`: the post-mortem of an incident, written or its own parts written anew. Keeps every edit. */
import { relative, resolve } from 'node:path';
import { exitCodes } from '../../base/exit-codes.ts';
import { readPostmortem, type SavedPostmortem, savePostmortem, sha256Of } from '../../incident/postmortem/file.ts';
import { type Postmortem, writePostmortem } from '../../incident/postmortem/postmortem.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { impactFor } from '../incident/impact-of.ts';
import { nextLines } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';
import { timelineOf } from '../incident/timeline-of.ts';
import { oneLine } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const incident = store.read(id);
  const [timeline, impact] = [await timelineOf(invocation, store, id), await impactFor(invocation, incident)];
  const output = invocation.option('output');
  const path = output === undefined ? resolve(incident.folder, 'postmortem.md') : resolve(invocation.directory, output);
  const write = (existing: Uint8Array | null): Postmortem => writePostmortem(incident, timeline, impact, existing);
  if (invocation.flag('print')) return printed(write(readPostmortem(path)), incident, path);
  const saved = savePostmortem(path, write);
  if (saved.how !== 'same' || incident.postmortem?.sha256 !== saved.sha256) {
    const file = output === undefined ? relative(incident.folder, path) : path;
    await store.append(id, [{ kind: 'postmortem', file, sha256: saved.sha256 }]);
  }
  const findings = findingsOf(saved, path);
  return {
    kind: 'report',
    exitCode: findings.length === 0 ? exitCodes.ok : exitCodes.problems,
    status: findings.length === 0 ? 'ok' : 'problems',
    data: { ...dataOf(saved, incident, path), how: saved.how, offered: saved.offeredPath, impact },
    findings,
    warnings: warningsOf(saved),
    text: (style) => {
      const words = { written: 'written to', changed: 'brought up to date in', same: 'is as it was in' }[saved.how];
      const lines = [
        `${style.green('✓')} post-mortem of ${id} ${words} ${oneLine(path)}\n`,
        ...(saved.replaced.length === 0 ? [] : [`  ${style.dim(`written anew: ${saved.replaced.join(', ')}`)}\n`]),
        ...(saved.edited.length === 0 ? [] : [`  kept, as somebody edited it: ${saved.edited.join(', ')}\n`]),
        ...saved.broken.map(({ name, why }) => `  ${style.yellow('▲')} ${name} was left alone: ${why}\n`),
        ...(saved.offeredPath === null ? [] : [`  new texts for what was left alone: ${oneLine(saved.offeredPath)}\n`]),
        saved.blanks === 0
          ? '  no blank is left\n'
          : `  ✎ ${saved.blanks} ${saved.blanks === 1 ? 'blank' : 'blanks'} to fill in\n`,
      ];
      return lines.join('') + nextLines(nextOf(saved, incident, path), style);
    },
  };
}

function printed(made: Postmortem, incident: Incident, path: string): Outcome {
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { ...dataOf(made, incident, path), text: made.text },
    warnings: warningsOf(made),
    text: () => made.text,
  };
}

function dataOf({ bytes, blanks, replaced, edited, broken }: Postmortem, { id }: Incident, path: string): object {
  return { incident: id, file: path, sha256: sha256Of(bytes), blanks, replaced, edited, broken };
}

function warningsOf({ edited, offered }: Postmortem): readonly string[] {
  return edited.length === 0 || offered === null ? [] : [`edited, and not written anew: ${edited.join(', ')}`];
}

function findingsOf({ broken, offeredPath }: SavedPostmortem, path: string): readonly Finding[] {
  return broken.map(({ name, why }) => ({
    code: 'SNT-I033',
    severity: 'error',
    title: 'part of a post-mortem without its markers',
    detail: `${path}: part ${name} was left alone, as ${why}${offeredPath === null ? '' : `; its new text is in ${offeredPath}`}`,
  }));
}

function nextOf(
  { blanks, offeredPath }: SavedPostmortem,
  { id, times }: Incident,
  path: string,
): readonly (readonly [string, string])[] {
  return [
    ...(offeredPath === null
      ? []
      : [[`diff ${path} ${offeredPath}`, 'what is new in parts that were left alone'] as const]),
    ...(blanks === 0 ? [] : [[`grep -n ✎ ${path}`, 'what is still to be written'] as const]),
    ...(times.resolved === null
      ? [[`sentinel incident mark resolved -i ${id}`, 'it is not resolved yet: times are open'] as const]
      : []),
  ];
}
