/** Revocation lists for tests, made by openssl. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Issued, TestAuthority } from './certificates.ts';

/** The list of an authority as PEM, good for 30 days. */
export function revocationList(
  { folder, certFile, keyFile }: TestAuthority,
  revoked: readonly Pick<Issued, 'certFile'>[] = [],
): string {
  const own = mkdtempSync(join(folder, 'register-'));
  const [register, settings, list] = [join(own, 'index.txt'), join(own, 'ca.cnf'), join(own, 'list.crl')];
  writeFileSync(register, '');
  writeFileSync(
    settings,
    `[ca]\ndefault_ca = own\n[own]\ndatabase = ${register}\ndefault_md = sha256\nunique_subject = no\n`,
  );
  const ca = (...args: readonly string[]): void => {
    const all = ['ca', '-config', settings, '-cert', certFile, '-keyfile', keyFile, ...args];
    execFileSync('openssl', all, { stdio: 'pipe' });
  };
  for (const one of revoked) ca('-revoke', one.certFile);
  ca('-gencrl', '-crldays', '30', '-out', list);
  return readFileSync(list, 'utf8');
}
