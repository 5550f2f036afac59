/**
 * Makes authorities, keys and certificates with openssl, with every fault that a wish names: dates in the past, weak keys,
 * missing extensions. `openssl ca` is used because it alone sets dates freely in OpenSSL 3.0. Files lie in one folder.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type KeyKind = 'ec' | 'p384' | 'rsa' | 'rsa1024' | 'ed25519' | 'ed448';

const keyArguments: Readonly<Record<KeyKind, readonly string[]>> = {
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  rsa1024: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  ed25519: ['-algorithm', 'ED25519'],
  ed448: ['-algorithm', 'ED448'],
};

export interface Wish {
  readonly subject?: string;
  /** A key of its own kind, or the file of one. Default: one EC key that all share. */
  readonly key?: KeyKind | { readonly file: string };
  /** Days from now; may be negative. Default -10 to 355. */
  readonly from?: number;
  readonly to?: number;
  readonly digest?: 'sha256' | 'sha1' | 'md5';
  /** Lines of openssl's extension section. */
  readonly extensions?: readonly string[];
  readonly serial?: number;
}

export interface Made {
  readonly cert: string;
  readonly key: string;
}

export const serverExtensions = (names: string): readonly string[] => [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=serverAuth',
  `subjectAltName=${names}`,
];

export const authorityExtensions: readonly string[] = [
  'basicConstraints=critical,CA:TRUE',
  'keyUsage=critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier=hash',
];

export class Workshop {
  readonly folder: string;
  readonly #keys = new Map<string, string>();
  readonly #requests = new Map<string, string>();
  #count = 0;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, 'issued'));
    writeFileSync(join(folder, 'index.txt'), '');
    writeFileSync(
      join(folder, 'ca.cnf'),
      `[ca]
default_ca = all
[all]
database = ${folder}/index.txt
new_certs_dir = ${folder}/issued
serial = ${folder}/serial
unique_subject = no
policy = any
[any]
commonName = optional
`,
    );
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file and gives its path. */
  file(name: string, content: string | Buffer, mode = 0o600): string {
    writeFileSync(this.path(name), content);
    // Whatever the umask is.
    chmodSync(this.path(name), mode);
    return this.path(name);
  }

  /** Files one after the other. */
  bundle(name: string, ...files: readonly string[]): string {
    return this.file(name, files.map((file) => readFileSync(file, 'utf8')).join(''));
  }

  /** A key; the same one each time for the same `name`. */
  key(kind: KeyKind = 'ec', name: string = kind): string {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const file = this.path(`${name}.key`);
    this.openssl(['genpkey', ...keyArguments[kind], '-out', file]);
    this.#keys.set(name, file);
    return file;
  }

  /** @param issuer null = signed by itself */
  issue(issuer: Made | null, wish: Wish = {}): Made {
    const { subject = 'www.example.com', from = -10, to = 355, digest = 'sha256', extensions = [] } = wish;
    const key = typeof wish.key === 'object' ? wish.key.file : this.key(wish.key ?? 'ec');
    const stem = this.path(`made-${++this.#count}`);
    writeFileSync(`${stem}.ext`, `[e]\n${extensions.join('\n')}\n`);
    // So that a serial number may be given twice.
    writeFileSync(this.path('index.txt'), '');
    const serial = (wish.serial ?? 4096 + this.#count).toString(16).padStart(4, '0');
    writeFileSync(this.path('serial'), serial.length % 2 === 0 ? serial : `0${serial}`);
    this.openssl([
      'ca',
      '-batch',
      '-notext',
      ...['-config', this.path('ca.cnf')],
      ...(issuer === null ? ['-selfsign', '-keyfile', key] : ['-cert', issuer.cert, '-keyfile', issuer.key]),
      ...['-in', this.#request(key), '-out', `${stem}.pem`, '-subj', `/CN=${subject}`],
      ...['-startdate', stamp(from), '-enddate', stamp(to)],
      ...['-md', signsWithoutDigest(issuer?.key ?? key) ? 'null' : digest],
      ...['-extfile', `${stem}.ext`, '-extensions', 'e'],
    ]);
    return { cert: `${stem}.pem`, key };
  }

  authority(issuer: Made | null, subject: string, wish: Wish = {}): Made {
    const key = wish.key ?? { file: this.key('ec', `authority-${subject.replaceAll(' ', '-')}`) };
    return this.issue(issuer, { from: -400, to: 3000, extensions: authorityExtensions, ...wish, subject, key });
  }

  /** A revocation list that is valid from and to days from now. */
  revocations(issuer: Made, from: number, to: number): string {
    const file = this.path(`crl-${++this.#count}.pem`);
    writeFileSync(this.path('none.txt'), '');
    const config = this.file('crl.cnf', `[ca]\ndefault_ca = all\n[all]\ndatabase = ${this.folder}/none.txt\n`);
    this.openssl([
      ...['ca', '-gencrl', '-config', config, '-cert', issuer.cert, '-keyfile', issuer.key, '-md', 'sha256'],
      ...['-crl_lastupdate', stamp(from), '-crl_nextupdate', stamp(to), '-out', file],
    ]);
    return file;
  }

  openssl(args: readonly string[]): string {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #request(key: string): string {
    const known = this.#requests.get(key);
    if (known !== undefined) return known;
    const file = `${key}.csr`;
    this.openssl(['req', '-new', '-key', key, '-subj', '/CN=anybody', '-out', file]);
    this.#requests.set(key, file);
    return file;
  }
}

function signsWithoutDigest(keyFile: string): boolean {
  return /ed(?:25519|448)/.test(keyFile);
}

function stamp(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '');
}
