/** The certificates that a configuration names are judged when it is loaded: at the places of their keys, all in one run. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'node:test';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import { loadConfigFile, loadConfigText } from '../../src/config/load.ts';
import type { LoadResult } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { fieldNames } from '../../src/proxy/data/http1/field-names.ts';
import { spanText } from '../../src/kdl/source.ts';
import { TestAuthority } from '../helpers/certificates.ts';
import type { Issued } from '../helpers/certificates.ts';

const dayMs = 86_400_000;

function listener(certFile: string, keyFile: string, more = ''): string {
  return `listener "https" {
    address "127.0.0.1:8443"
    protocol "https"
    tls { cert-file "${certFile}"; key-file "${keyFile}"; ${more} }
  }`;
}

/** `SNT-T007 error "/x.key"` for each diagnostic. */
function found(result: LoadResult): string[] {
  const diagnostics: readonly Diagnostic[] = result.kind === 'unreadable' ? [] : result.diagnostics;
  return diagnostics.map(({ code, level, span }) => `${code} ${level} ${spanText(span)}`);
}

test('a key that belongs to another certificate stops the load, with both places shown', (t) => {
  const authority = TestAuthority.root(t);
  const [one, other] = [authority.issue(), authority.issue()];
  const result = loadConfigText(listener(one.certFile, other.keyFile));
  assert.deepEqual(found(result), [`SNT-T007 error "${other.keyFile}"`]);
  const [mismatch] = result.kind === 'invalid' ? result.diagnostics : [];
  assert.deepEqual(
    mismatch?.secondary.map(({ span }) => spanText(span)),
    [`"${one.certFile}"`],
  );
});

test('a pipe in the place of a key is no file: nobody waits for its writer', (t) => {
  const authority = TestAuthority.root(t);
  const { certFile } = authority.issue();
  const pipe = join(authority.folder, 'pipe.key');
  execFileSync('mkfifo', [pipe]);
  const result = loadConfigText(listener(certFile, pipe));
  assert.deepEqual(found(result), [`SNT-T001 error "${pipe}"`]);
  assert.match(result.kind === 'invalid' ? (result.diagnostics[0]?.message ?? '') : '', /no file but a pipe/);
});

test('authorities without a subject are judged like all others', (t) => {
  const { certFile, keyFile } = TestAuthority.root(t).issue();
  const nameless = TestAuthority.root(t).issue({ subject: '/', selfSigned: true });
  const terms = `client-auth "request"; ca-file "${nameless.certFile}"`;
  assert.deepEqual(found(loadConfigText(listener(certFile, keyFile, terms))), []);
});

test('pairs, authorities and client certificates of the whole file are judged in one run', (t) => {
  const authority = TestAuthority.root(t);
  const [good, locked] = [authority.issue(), authority.issue()];
  const at = (name: string): string => join(authority.folder, name);
  const encrypted = ['pkey', '-in', locked.keyFile, '-aes256', '-passout', 'pass:x', '-out', at('locked.key')];
  execFileSync('openssl', encrypted, { stdio: 'pipe' });
  execFileSync('openssl', ['x509', '-in', good.certFile, '-outform', 'der', '-out', at('binary.crt')]);
  writeFileSync(at('empty.pem'), '');
  const text = `
    ${listener(
      locked.certFile,
      at('locked.key'),
      `client-auth "request"; ca-file "${at('empty.pem')}"; crl-file "${at('none.crl')}"
      sni { hostnames "localhost"; cert-file "${at('binary.crt')}"; key-file "${good.keyFile}" }`,
    )}
    route "r" { upstream "u" }
    upstream "u" { target "a:1"; tls { ca-file "${good.keyFile}"; client-cert "${at('gone.crt')}"; client-key "${at('gone.key')}" } }
  `;
  assert.deepEqual(found(loadConfigText(text)), [
    `SNT-T005 error "${at('locked.key')}"`,
    `SNT-T002 error "${at('empty.pem')}"`,
    `SNT-T001 error "${at('none.crl')}"`,
    `SNT-T008 error "${at('binary.crt')}"`,
    `SNT-T002 error "${good.keyFile}"`,
    `SNT-T001 error "${at('gone.crt')}"`,
    `SNT-T001 error "${at('gone.key')}"`,
  ]);
});

test('a certificate out of its time is warned of and still starts', (t) => {
  const { certFile, keyFile } = TestAuthority.root(t).issue({ days: 60 });
  const after = (days: number): string[] =>
    found(loadConfigText(listener(certFile, keyFile), { clock: { wallMs: () => Date.now() + days * dayMs } }));
  assert.deepEqual(after(1), []);
  assert.deepEqual(after(45), [`SNT-T011 warning "${certFile}"`]);
  assert.deepEqual(after(61), [`SNT-T010 warning "${certFile}"`]);
  assert.deepEqual(after(-2), [`SNT-T012 warning "${certFile}"`]);
});

test('authorities that are all out of their time are warned of: nobody could be verified', (t) => {
  const authority = TestAuthority.root(t);
  const text = `upstream "u" { target "a:1"; tls { ca-file "${authority.certFile}" } }; route "r" { upstream "u" }`;
  const after = (days: number): string[] =>
    found(loadConfigText(text, { clock: { wallMs: () => Date.now() + days * dayMs } })).filter((one) =>
      one.startsWith('SNT-T'),
    );
  assert.deepEqual(after(3649), []);
  assert.deepEqual(after(3651), [`SNT-T010 warning "${authority.certFile}"`]);
});

test('revocation lists that would have everybody refused are warned of', (t) => {
  const root = TestAuthority.root(t, 'The Root');
  const intermediate = root.intermediate('The Intermediate');
  const { certFile, keyFile } = root.issue();
  const at = (name: string): string => join(root.folder, name);
  writeFileSync(at('ca.pem'), root.cert + intermediate.cert);
  const [ofRoot, ofIntermediate] = [root, intermediate].map((authority) =>
    readFileSync(authority.revoke(), 'utf8'),
  ) as [string, string];
  const warned = (lists: string, days = 0): string[] => {
    writeFileSync(at('clients.crl'), lists);
    const auth = `client-auth "require"; ca-file "${at('ca.pem')}"; crl-file "${at('clients.crl')}"`;
    const clock = { wallMs: () => Date.now() + days * dayMs };
    const result = loadConfigText(listener(certFile, keyFile, auth), { clock });
    assert.equal(result.kind, 'ok', 'a warning, as the list may be renewed at any time');
    const about = (result.kind === 'ok' ? result.diagnostics : []).filter(({ span }) =>
      spanText(span).includes('.crl'),
    );
    return about.map(({ code, level, message }) => `${code} ${level} ${/The \w+/.exec(message)?.[0]}`);
  };
  assert.deepEqual(warned(ofRoot + ofIntermediate), []);
  assert.deepEqual(warned(ofRoot), ['SNT-C188 warning The Intermediate']);
  assert.deepEqual(warned(ofIntermediate), ['SNT-C188 warning The Root']);
  const [gone, early] = [31, -2];
  const both = ['SNT-T047 warning The Root', 'SNT-T047 warning The Intermediate'];
  assert.deepEqual(warned(ofRoot + ofIntermediate, gone), both);
  assert.deepEqual(warned(ofRoot + ofIntermediate, early), both);
});

test('the thresholds of `alerts` say from when on a certificate is warned of', (t) => {
  const { certFile, keyFile } = TestAuthority.root(t).issue({ days: 60 });
  const text = `${listener(certFile, keyFile)}; alerts { cert-warn-days 2; cert-critical-days 1 }`;
  const after = (days: number): string[] =>
    found(loadConfigText(text, { clock: { wallMs: () => Date.now() + days * dayMs } }));
  assert.deepEqual(after(57), []);
  assert.deepEqual(after(58.5), [`SNT-T011 warning "${certFile}"`]);
});

test('relative paths of certificates begin at the folder of the file that names them', (t) => {
  const authority = TestAuthority.root(t);
  const { certFile, keyFile } = authority.issue();
  const file = join(authority.folder, 'sentinel.kdl');
  writeFileSync(file, listener(basename(certFile), basename(keyFile)));
  const result = loadConfigFile(file, {});
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  assert.deepEqual(result.kind === 'ok' && result.config.listeners[0]?.tls?.pair, { certFile, keyFile });
});

test('a renewed certificate does not change the digest of the configuration, and no key is printed', (t) => {
  const authority = TestAuthority.root(t);
  const [first, renewed] = [authority.issue(), authority.issue()];
  const text = listener(first.certFile, first.keyFile);
  const before = loaded(text);
  renew(first, renewed);
  const after = loaded(text);
  assert.equal(after.digest, before.digest);
  const printed = printConfig(after, { origin: true });
  const secret = readFileSync(first.keyFile, 'utf8').split('\n')[1] ?? 'no key';
  assert.ok(printed.includes(first.keyFile) && !printed.includes(secret) && !printed.includes('PRIVATE KEY'));
});

function loaded(text: string): Extract<LoadResult, { kind: 'ok' }> {
  const result = loadConfigText(text);
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  return result as Extract<LoadResult, { kind: 'ok' }>;
}

function renew(present: Issued, next: Issued): void {
  writeFileSync(present.certFile, next.cert);
  writeFileSync(present.keyFile, next.key);
}

test('no field that means something to the proxy can name the subject of a client certificate', (t) => {
  const authority = TestAuthority.root(t);
  const { certFile, keyFile } = authority.issue();
  const known = fieldNames.slice(1).flatMap((name) => [name, name.toUpperCase()]);
  for (const name of [...known, 'Authentication-Info', 'Proxy-Authorization']) {
    const more = `client-auth "request"; ca-file "${authority.certFile}"; subject-header "${name}"`;
    const result = loadConfigText(listener(certFile, keyFile, more));
    assert.deepEqual(
      found(result).filter((line) => line.includes(name)),
      [`SNT-C156 error "${name}"`],
    );
  }
});
