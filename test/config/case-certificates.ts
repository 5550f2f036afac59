/** The PEM files that golden cases name under `/case/tls/`: made once, when the first of them is read. */
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { TestAuthority } from '../helpers/certificates.ts';

/** Names of the pairs, and what they are good for. */
const pairs: Readonly<Record<string, readonly string[]>> = {
  site: ['api.example.com', '*.example.com', '192.0.2.1', '2001:db8::1'],
  api: ['api.example.com', '*.example.com'],
  other: ['other.example'],
  proxy: ['proxy.internal'],
  names: ['a.example', '*.b.example', 'c.example'],
};

let made: ReadonlyMap<string, string> | null = null;

/** The text of `/case/tls/NAME`, or undefined. */
export function caseCertificate(path: string): string | undefined {
  if (!path.startsWith('/case/tls/')) return undefined;
  made ??= make();
  return made.get(path.slice('/case/tls/'.length));
}

function make(): ReadonlyMap<string, string> {
  const authority = TestAuthority.root({ after });
  const files = new Map<string, string>();
  files.set('strange-ca.crt', TestAuthority.root({ after }, 'Another Root').cert);
  for (const [name, names] of Object.entries(pairs)) {
    const { cert, key } = authority.issue({ names });
    files
      .set(`${name}.crt`, cert)
      .set(`${name}.key`, key)
      .set(`${name}.pem`, cert + key);
  }
  for (const name of ['clients', 'targets', 'internal']) files.set(`${name}-ca.crt`, authority.cert);
  return files.set('clients.crl', readFileSync(authority.revoke(), 'utf8'));
}
