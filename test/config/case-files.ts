/** Runs the golden cases of configuration with a fixed environment: what is in the folders, and what comes of each. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SentinelError } from '../../src/base/errors.ts';
import { fileSystem } from '../../src/config/files.ts';
import type { FileAccess } from '../../src/config/files.ts';
import { loadConfigText } from '../../src/config/load.ts';
import type { LoadResult } from '../../src/config/load.ts';
import { verified } from '../../src/routing/expectations.ts';
import { caseCertificate } from './case-certificates.ts';

export const casesFolder = join(import.meta.dirname, 'cases');

/** Put into the cases by reference; must never come out. */
export const caseSecrets = ['s3cr3t-from-environment', 's3cr3t-from-file'];

export const caseEnvironment = {
  CASE_PORT: '8080',
  CASE_HOST: 'backend.example',
  CASE_SECRET: 's3cr3t-from-environment',
};

const toReal = (path: string): string => path.replace(/^\/cases(?=\/|$)/, casesFolder);
const toShown = (path: string): string => path.replace(casesFolder, '/cases');

/** The folder of the cases as `/cases`, so that what is shown is the same on every machine; and one secret. */
export const caseFiles: FileAccess = {
  read(path, maxBytes) {
    if (path === '/case/secret') return Buffer.from('s3cr3t-from-file\n');
    try {
      return fileSystem.read(toReal(path), maxBytes);
    } catch (error) {
      if (!(error instanceof SentinelError)) throw error;
      throw new SentinelError(error.code, toShown(error.message));
    }
  },
  readPem(path) {
    const certificate = caseCertificate(path);
    return certificate === undefined ? fileSystem.readPem(toReal(path)) : Buffer.from(certificate);
  },
  list: (pattern, directory) => fileSystem.list(toReal(pattern), toReal(directory)).map(toShown),
};

/** What openssl has just issued may begin in the second to come: its clock and that of Node are read in different ways. */
export const caseClock = { wallMs: () => Date.now() + 60_000 };

export function caseNames(kind: 'ok' | 'err'): string[] {
  return readdirSync(join(casesFolder, kind))
    .filter((name) => name.endsWith('.kdl'))
    .map((name) => name.slice(0, -'.kdl'.length))
    .sort();
}

export function caseBytes(kind: 'ok' | 'err', name: string): Uint8Array {
  return readFileSync(join(casesFolder, kind, `${name}.kdl`));
}

export function loadCase(kind: 'ok' | 'err', name: string): LoadResult {
  const result = loadConfigText(caseBytes(kind, name), {
    fileName: `${name}.kdl`,
    baseDir: `/cases/${kind}`,
    env: caseEnvironment,
    files: caseFiles,
    clock: caseClock,
  });
  return verified(result);
}
