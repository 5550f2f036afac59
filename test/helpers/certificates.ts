/**
 * Authorities and certificates for tests, made by openssl when a test asks for them. Keys are P-256 and made anew each time;
 * files lie in a folder that ends with the test.
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Issued {
  /** PEM. Of one that an intermediate has issued: the leaf, then the intermediate. */
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Wish {
  /** The common name, or with a slash in front openssl's whole `-subj`. Default: the first name. */
  readonly subject?: string;
  /** Names and addresses of subjectAltName. */
  readonly names?: readonly string[];
  /** From now on. Default 90. */
  readonly days?: number;
  /** Instead of `days`: not good any more, or not yet. */
  readonly outside?: 'expired' | 'not yet valid';
  readonly usage?: 'serverAuth' | 'clientAuth';
  /** Signed by itself instead of by the authority. */
  readonly selfSigned?: boolean;
  /** Further openssl `-addext` values. */
  readonly extensions?: readonly string[];
}

let serial = 0;

export class TestAuthority {
  readonly folder: string;
  readonly cert: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly #chain: string;

  private constructor(folder: string, certFile: string, keyFile: string, chain: string) {
    this.folder = folder;
    this.certFile = certFile;
    this.keyFile = keyFile;
    this.cert = readFileSync(certFile, 'utf8');
    this.#chain = chain;
  }

  /** A root of its own. */
  static root(t: { after(end: () => void): void }, name = 'Test Root'): TestAuthority {
    const folder = mkdtempSync(join(tmpdir(), 'sentinel-certs-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [certFile, keyFile] = [join(folder, 'root.pem'), join(folder, 'root.key')];
    openssl(['req', '-x509', ...newAuthority(name, certFile, keyFile)]);
    return new TestAuthority(folder, certFile, keyFile, '');
  }

  /** An authority that this one has issued; what it issues carries its certificate along. */
  intermediate(name = 'Test Intermediate'): TestAuthority {
    const stem = join(this.folder, `ca-${++serial}`);
    const [certFile, keyFile] = [`${stem}.pem`, `${stem}.key`];
    openssl([...this.#signs, ...newAuthority(name, certFile, keyFile)]);
    return new TestAuthority(this.folder, certFile, keyFile, readFileSync(certFile, 'utf8') + this.#chain);
  }

  /** A certificate for servers, or as wished. */
  issue(wish: Wish = {}): Issued {
    const names = wish.names ?? ['localhost', '127.0.0.1'];
    const stem = join(this.folder, `leaf-${++serial}`);
    const [certFile, keyFile] = [`${stem}.pem`, `${stem}.key`];
    const alternatives = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      `extendedKeyUsage=${wish.usage ?? 'serverAuth'}`,
      ...(alternatives === '' ? [] : [`subjectAltName=${alternatives}`]),
      ...(wish.extensions ?? []),
    ];
    const common = wish.subject ?? names[0] ?? 'nobody';
    const subject = ['-utf8', '-subj', common.startsWith('/') ? common : `/CN=${common}`];
    const wanted = [...newKey(keyFile), ...subject, ...extensions.flatMap((extension) => ['-addext', extension])];
    if (wish.outside === undefined) {
      const signs = wish.selfSigned === true ? ['req', '-x509'] : this.#signs;
      openssl([...signs, ...wanted, '-days', String(wish.days ?? 90), '-out', certFile]);
    } else {
      openssl(['req', '-new', ...wanted, '-out', `${stem}.csr`]);
      this.#signWithin(
        stem,
        wish.outside === 'expired' ? ['20200101000000Z', '20210101000000Z'] : ['20400101000000Z', '20410101000000Z'],
      );
    }
    const cert = readFileSync(certFile, 'utf8') + this.#chain;
    writeFileSync(certFile, cert);
    return { cert, key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
  }

  /** A revocation list of this authority with these certificates, in a file. */
  revoke(...revoked: readonly Issued[]): string {
    const stem = join(this.folder, `revoked-${++serial}`);
    const lines = revoked.map(({ cert }) => `R\t400101000000Z\t200101000000Z\t${serialNumber(cert)}\tunknown\t/CN=x\n`);
    writeFileSync(`${stem}.txt`, lines.join(''));
    writeFileSync(`${stem}.cnf`, `[a]\ndatabase=${stem}.txt\n`);
    const signs = ['-cert', this.certFile, '-keyfile', this.keyFile, '-md', 'sha256', '-crldays', '30'];
    openssl(['ca', '-gencrl', '-config', `${stem}.cnf`, '-name', 'a', ...signs, '-out', `${stem}.crl`]);
    return `${stem}.crl`;
  }

  /** Of openssl's commands, `ca` alone can be told both dates. */
  #signWithin(stem: string, [from, until]: readonly [string, string]): void {
    writeFileSync(`${stem}.txt`, '');
    writeFileSync(
      `${stem}.cnf`,
      `[a]\ndatabase=${stem}.txt\nnew_certs_dir=${this.folder}\npolicy=p\nrand_serial=yes\ncopy_extensions=copy\n[p]\ncommonName=supplied\n`,
    );
    const files = ['-config', `${stem}.cnf`, '-cert', this.certFile, '-keyfile', this.keyFile, '-in', `${stem}.csr`];
    const dates = ['-startdate', from, '-enddate', until];
    openssl([
      'ca',
      '-batch',
      '-notext',
      '-name',
      'a',
      '-md',
      'sha256',

      ...files,
      ...dates,
      '-out',
      `${stem}.pem`,
    ]);
  }

  get #signs(): readonly string[] {
    return ['req', '-x509', '-CA', this.certFile, '-CAkey', this.keyFile];
  }
}

function newAuthority(name: string, certFile: string, keyFile: string): readonly string[] {
  const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
  const given = ['-days', '3650', '-subj', `/CN=${name}`, ...extensions.flatMap((extension) => ['-addext', extension])];
  return [...newKey(keyFile), ...given, '-out', certFile];
}

function serialNumber(cert: string): string {
  return new X509Certificate(cert).serialNumber;
}

function newKey(keyFile: string): readonly string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
