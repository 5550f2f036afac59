/** `sentinel incident snapshot verify`: whether a bundle is what it says, and still holds no secret. Offline; changes nothing. */
import { basename } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { bytesText } from '../../base/units.ts';
import { manifestPath, shortDigest, sumsPath } from '../../incident/bundle/manifest.ts';
import type { Bundle } from '../../incident/bundle/read.ts';
import {
  type Contradiction,
  contradictionsIn,
  type JournalWord,
  journalWord,
} from '../../incident/bundle/verification.ts';
import { isIncidentId } from '../../incident/record/id.ts';
import { knownSecrets } from '../../incident/redaction/known-values.ts';
import { findLeaks } from '../../incident/redaction/leaks.ts';
import { type Leak, profiles } from '../../incident/redaction/scrubber.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';
import { chosenBundle } from '../incident/chosen-bundle.ts';
import { incidentStore } from '../incident/place.ts';
import { countText, oneLine } from '../text.ts';

const shown = 20;

export async function run(invocation: Invocation): Promise<Outcome> {
  const file = invocation.argument('file') ?? '';
  const known = secretsHere(invocation);
  const leaks: Leak[] = [];
  // The manifest comes first, and says by which profile the others are to be looked at.
  let profile: Leak['rule'] | null = null;
  const bundle = await chosenBundle(invocation, file, {
    wanted: (path) => path === sumsPath,
    each: (entry) => {
      if (entry.path === manifestPath) profile = profileIn(entry.content);
      if (profile !== 'none') leaks.push(...findLeaks([entry], { profile: chosenProfile(profile), known }));
    },
  });
  const wrong = contradictionsIn(bundle);
  const journal = await journalOf(invocation, bundle);
  const findings = [
    ...wrong.map(contradictionFinding),
    ...(journal.kind === 'contradicts' ? [contradictionFinding({ path: null, words: journal.words })] : []),
    ...leaks.map((leak) => leakFinding(leak)),
  ];
  const { manifest, bytes, sha256, files } = bundle;
  const exitCode = findings.length === 0 ? exitCodes.ok : exitCodes.problems;
  const warnings = [
    ...(manifest.redaction.profile === 'none' ? ['nothing was taken out of it: it may hold secrets'] : []),
    ...(journal.kind === 'silent' ? [journal.words] : []),
  ];
  return {
    kind: 'report',
    exitCode,
    status: findings.length === 0 ? 'ok' : 'problems',
    data: {
      file: bundle.path,
      incident: manifest.incident,
      created: manifest.created,
      bytes,
      sha256,
      bundle_sha256_of_items: manifest.bundle_sha256_of_items,
      files: files.length,
      contradictions: wrong,
      leaks,
      journal,
    },
    findings,
    warnings,
    text: (style) => {
      const lines = findings.slice(0, shown).map(({ detail }) => style.red(`✗ ${oneLine(detail)}\n`));
      const more = findings.length - lines.length;
      if (more > 0) lines.push(style.red(`✗ and ${countText(more)} more\n`));
      if (wrong.length === 0) {
        const words = `${files.length} files are what the manifest says (${bytesText(bytes)}, SHA-256 ${sha256})`;
        lines.push(
          `${style.green('✓')} ${words}\n`,
          `${style.green('✓')} items ${shortDigest(manifest.bundle_sha256_of_items)}\n`,
        );
      }
      if (leaks.length === 0 && manifest.redaction.profile !== 'none')
        lines.push(`${style.green('✓')} no secret was found in it\n`);
      if (journal.kind === 'agrees') lines.push(`${style.green('✓')} ${journal.words}\n`);
      return [...lines, ...warnings.map((words) => style.yellow(`▲ ${words}\n`))].join('');
    },
  };
}

function profileIn(manifest: Buffer): string | null {
  try {
    const { redaction } = JSON.parse(manifest.toString('utf8')) as { redaction: { profile: string } };
    return redaction.profile;
  } catch {
    return null;
  }
}

/** What is no profile of ours is looked at by the usual one. */
function chosenProfile(name: string | null): (typeof profiles)[number] {
  return profiles.find((one) => one === name) ?? 'internal';
}

/** Of this machine; on another the shapes of secrets are all that is known. */
function secretsHere(invocation: Invocation): readonly string[] {
  const loaded = loadChoice(invocation, chooseConfig(invocation));
  return knownSecrets({
    config: loaded.kind === 'ok' ? loaded : null,
    environment: invocation.context.environment,
    texts: loaded.kind === 'unreadable' ? [] : loaded.sources.map(({ text }) => text),
  });
}

async function journalOf(invocation: Invocation, bundle: Bundle): Promise<JournalWord> {
  const { incident } = bundle.manifest;
  try {
    if (!isIncidentId(incident)) return { kind: 'silent', words: 'its incident has a name that no incident has' };
    const store = await incidentStore(invocation);
    const { whole } = store.verify(incident);
    if (!whole) {
      return {
        kind: 'contradicts',
        words: `the journal of ${incident} is not what was written; sentinel incident verify ${incident}`,
      };
    }
    return journalWord(bundle, basename(bundle.path), store.entries(incident));
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    return { kind: 'silent', words: `the journal of ${incident} is not here, so that it says nothing of this bundle` };
  }
}

function contradictionFinding({ path, words }: Contradiction): Finding {
  const detail = path === null ? words : `${path}: ${words}`;
  return { code: 'SNT-I049', severity: 'error', title: 'bundle is not what it says', detail };
}

function leakFinding({ path, line, rule }: Leak): Finding {
  const detail = `${path}:${line}: looks like a secret (${rule})`;
  return { code: 'SNT-I051', severity: 'error', title: 'secret in a bundle', detail };
}
