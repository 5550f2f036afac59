/** The certificate that all proxies show in the rows over TLS: P-256, self-signed, made anew for each run. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ContenderTls } from './contender.ts';

export type Certificate = Omit<ContenderTls, 'resumes'>;

/** Throws when openssl is not installed. */
export function makeCertificate(dir: string): Certificate {
  const [certFile, keyFile, bothFile] = [`${dir}/bench.pem`, `${dir}/bench.key`, `${dir}/bench-both.pem`];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile].concat([
      '-out',
      certFile,
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ]),
    { stdio: 'pipe' },
  );
  writeFileSync(bothFile, readFileSync(certFile, 'utf8') + readFileSync(keyFile, 'utf8'), { mode: 0o600 });
  return { certFile, keyFile, bothFile };
}
