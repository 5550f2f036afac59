/**
 * The collector of the verdict: a diagnosis as `sentinel diagnose` makes it, its facts and what they mean, within less time. What was
 * not found out in time is unknown in the facts, and the verdict says so.
 */
import { collect } from '../../diagnosis/collect.ts';
import type { Facts } from '../../diagnosis/facts.ts';
import { judge } from '../../diagnosis/judge.ts';
import { probes } from '../../diagnosis/probes.ts';
import { contactsIn, thresholdsIn } from '../../diagnosis/settings.ts';
import { openShelf } from '../../runbook/shelf.ts';
import { shelfFolders } from '../../runbook/shelf-folders.ts';
import type { Collector, CollectScene } from './collector.ts';
import { jsonText } from './daemon-state.ts';

/** Most of what a diagnosis finds out it finds out in the first half second. */
const FAST_MS = 1_500;
const USUAL_MS = 8_000;

export const verdictPath = 'verdict.json';

async function factsOf({ surroundings, fast, signal }: CollectScene): Promise<Facts> {
  // Nobody was asked whether others may notice it.
  const allowed = new Set([...surroundings.allowed].filter((probeClass) => probeClass !== 'intrusive'));
  return collect({ ...surroundings, allowed }, probes, { signal, withinMs: fast ? FAST_MS : USUAL_MS });
}

export const verdictCollector: Collector = {
  path: verdictPath,
  class: 'verdict',
  kind: 'json',
  source: 'sentinel diagnose',
  fast: true,
  heavy: true,
  timeoutMs: USUAL_MS + 1_000,
  find: async (scene) => {
    const [facts, shelf] = await Promise.all([
      factsOf(scene),
      openShelf(shelfFolders(scene.surroundings.run.environment)),
    ]);
    const found = { path: 'facts.json', content: jsonText(facts), source: 'the probes of sentinel diagnose' };
    const contacts = contactsIn(facts);
    const verdict = judge(facts, { runbooks: shelf.all(), thresholds: thresholdsIn(facts), contacts, symptom: null });
    return [
      { content: jsonText({ schema: 'sentinel.verdict/1', at: facts.at, subject: facts.subject, verdict }) },
      found,
    ];
  },
};
