/** Files of certificates and keys as things on a disk: who may read and exchange them, and what they hold besides PEM. Reads no key. */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import { type CertFinding, finding } from './finding.ts';
import { readPart } from './parts.ts';

export interface FileFacts {
  readonly path: string;
  /** Where symbolic links lead; `path` where it is none. */
  readonly target: string;
  /** Of the target. */
  readonly mode: number;
  readonly owner: number;
  readonly modifiedMs: number;
  /** Of the folder of the path, and of that of the target where it is another one. */
  readonly folders: readonly { readonly path: string; readonly mode: number }[];
}

/** Null when it is not there or may not be looked at; whoever reads it says so. */
export function factsOf(path: string): FileFacts | null {
  try {
    const target = lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
    const stats: Stats = statSync(target);
    const folders = [...new Set([dirname(path), dirname(target)])];
    return {
      path,
      target,
      mode: stats.mode & 0o7777,
      owner: stats.uid,
      modifiedMs: stats.mtimeMs,
      folders: folders.map((folder) => ({ path: folder, mode: statSync(folder).mode & 0o7777 })),
    };
  } catch {
    return null;
  }
}

const dayMs = 86_400_000;

/**
 * @param uid of whoever asks: root cannot know which user the daemon runs as
 * @param leaf of the pair, where `which` is a key
 */
export function judgeFile(
  facts: FileFacts,
  which: 'cert' | 'key' | 'bundle',
  uid: number,
  leaf: X509Certificate | null = null,
): readonly CertFinding[] {
  const { path, target, mode, owner, modifiedMs, folders } = facts;
  const shown = target === path ? path : `${path} (→ ${target})`;
  const findings: CertFinding[] = [];
  if (which === 'key' && (mode & 0o004) !== 0) {
    const detail = `everybody on this machine can read the key ${shown} (mode ${octal(mode)})`;
    findings.push(finding('warning', 'SNT-T050', path, detail, `chmod 600 ${target}`));
  }
  if (owner !== 0 && owner !== uid) {
    const detail = `${shown} belongs to the user ${owner}, neither to root nor to you (${uid})`;
    findings.push(finding(uid === 0 ? 'hint' : 'warning', 'SNT-T051', path, detail));
  }
  if ((mode & 0o022) !== 0) {
    const detail = `${shown} may be written by others than its owner (mode ${octal(mode)})`;
    findings.push(finding('warning', 'SNT-T052', path, detail, `chmod go-w ${target}`));
  }
  for (const folder of folders) {
    // In a sticky folder only the owner of a file can exchange it.
    if ((folder.mode & 0o002) === 0 || (folder.mode & 0o1000) !== 0) continue;
    const detail = `everybody can exchange ${shown}: its folder ${folder.path} has mode ${octal(folder.mode)}`;
    findings.push(finding('warning', 'SNT-T052', path, detail, `chmod o-w ${folder.path}`));
  }
  if (which === 'key' && leaf !== null && modifiedMs < leaf.validFromDate.getTime() - dayMs) {
    const days = Math.floor((leaf.validFromDate.getTime() - modifiedMs) / dayMs);
    findings.push(finding('hint', 'SNT-T053', path, `the key ${path} is ${days} days older than its certificate`));
  }
  return findings;
}

/** What a file holds around its PEM. Empty where it cannot be read. */
export function judgeText(path: string): readonly CertFinding[] {
  const part = readPart(path, 'cert');
  if ('code' in part) return [];
  const { byteOrderMark, carriageReturns, strayLine, blocks } = part.pem;
  if (blocks.length === 0) return [];
  return [
    ...(strayLine === null
      ? []
      : [finding('warning', 'SNT-T054', path, `${path}:${strayLine}: text that is neither PEM nor a comment`)]),
    ...(byteOrderMark ? [finding('hint', 'SNT-T054', path, `${path} begins with a byte order mark`)] : []),
    ...(carriageReturns ? [finding('hint', 'SNT-T054', path, `${path} has the line ends of Windows (CRLF)`)] : []),
  ];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
