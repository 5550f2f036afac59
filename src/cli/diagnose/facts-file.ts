/** Facts in a file: kept whole and for their owner alone, read with suspicion. Called by `diagnose`. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { writeFileAtomically } from '../../base/atomic-file.ts';
import { errnoOf, SentinelError } from '../../base/errors.ts';
import { readReason } from '../../base/read-reason.ts';
import { sectionNames } from '../../diagnosis/collect.ts';
import type { Facts, Known } from '../../diagnosis/facts.ts';
import type { Invocation } from '../command.ts';

/** Those of a daemon with thousands of targets are smaller. */
const LONGEST = 64 * 1024 * 1024;

/** @throws SNT-P108 */
export function saveFacts(facts: Facts, path: string, { directory }: Invocation): void {
  try {
    writeFileAtomically(resolve(directory, path), `${JSON.stringify(facts, null, 2)}\n`, 0o600);
  } catch (error) {
    throw new SentinelError('SNT-P108', `writing the facts to ${path}: ${errnoOf(error) ?? String(error)}`, {
      hint: 'name a folder that exists and that you may write to',
    });
  }
}

/** @param path `-` = standard input. @throws SNT-P108 */
export async function readFacts(path: string, { stdin, directory }: Invocation): Promise<Facts> {
  const name = path === '-' ? 'standard input' : path;
  let bytes: Buffer;
  try {
    bytes = path === '-' ? await stdin.readUpTo(LONGEST + 1) : await readUpTo(LONGEST + 1, resolve(directory, path));
  } catch (error) {
    throw refused(name, readReason(error));
  }
  return factsIn(name, bytes);
}

/** Facts as they were kept. @param name Where the bytes come from, for people. @throws SNT-P108 */
export function factsIn(name: string, bytes: Buffer): Facts {
  if (bytes.length > LONGEST) throw refused(name, 'it is over 64 MiB');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refused(name, 'it is no JSON');
  }
  const record = value as Partial<Facts> | null;
  if (typeof record !== 'object' || record === null || record.schema !== 'sentinel.facts/1')
    throw refused(name, 'it holds no facts of this version (`"schema": "sentinel.facts/1"`)');
  const { at, took_ms: tookMs, subject, sections } = record;
  if (
    typeof at !== 'string' ||
    Number.isNaN(Date.parse(at)) ||
    typeof tookMs !== 'number' ||
    !isRecord(subject) ||
    !isRecord(sections)
  )
    throw refused(name, 'time, subject or sections are missing');
  const known = sections as unknown as Readonly<Record<string, unknown>>;
  return {
    schema: 'sentinel.facts/1',
    at,
    took_ms: tookMs,
    subject,
    // What another version has not asked is not known.
    sections: Object.fromEntries(
      sectionNames.map((section) => [section, sectionOf(known[section], at)]),
    ) as unknown as Facts['sections'],
  };
}

/** No more than that of what may have no end: a device, a pipe. */
async function readUpTo(most: number, path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const file = await open(path);
  try {
    let length = 0;
    while (length < most) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(1 << 20, most - length)));
      if (bytesRead === 0) break;
      pieces.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
  } finally {
    await file.close();
  }
  return Buffer.concat(pieces);
}

function sectionOf(value: unknown, at: string): Known<unknown> {
  if (isRecord(value) && (value['state'] === 'unknown' || (value['state'] === 'known' && isRecord(value['value']))))
    return value as unknown as Known<unknown>;
  return { state: 'unknown', at, took_ms: 0, why: 'the file does not say', tried: [] };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(name: string, why: string): SentinelError {
  return new SentinelError('SNT-P108', `reading facts from ${name}: ${why}`, {
    hint: 'sentinel diagnose --save-facts FILE',
  });
}
