/**
 * Situations that certificates get into, each made by the workshop, with the verdict that `cert-check` must give. `npm test`
 * makes them anew; `node test/certs/situations.ts FOLDER` leaves them in a folder to look at.
 */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { type Made, Workshop, authorityExtensions, serverExtensions } from './workshop.ts';

/** `code severity`: `SNT-T010 error`. */
type Found = string;

export interface Situation {
  readonly title: string;
  /** Of `cert-check`. */
  readonly args: readonly string[];
  /** All that it finds, sorted. */
  readonly found: readonly Found[];
  readonly code: 0 | 1 | 3;
  /** For `openssl verify`: null = it cannot judge this. */
  readonly verify: VerifyCase | null;
}

export interface VerifyCase {
  /** The first certificate is judged, the others are at hand. */
  readonly file: string;
  readonly ca: string;
  readonly purpose: 'sslserver' | 'sslclient';
  readonly host: string | null;
  /** Why openssl says otherwise; null = it must agree. */
  readonly differs: string | null;
}

interface Told {
  readonly found?: readonly Found[];
  readonly code?: 0 | 1 | 3;
  readonly args?: readonly string[];
  /** Default the root of the workshop; null = none is named. */
  readonly ca?: string | null;
  readonly host?: string | null;
  readonly key?: string | null;
  readonly verify?: false;
  readonly differs?: string;
  readonly purpose?: VerifyCase['purpose'];
}

const host = 'www.example.com';
const names = serverExtensions(`DNS:${host}`);
const without = (extensions: readonly string[], start: string): readonly string[] =>
  extensions.filter((line) => !line.startsWith(start));

export function makeSituations(folder: string): readonly Situation[] {
  const shop = new Workshop(folder);
  const root = shop.authority(null, 'Corpus Root');
  const middle = shop.authority(root, 'Corpus Intermediate');
  const lower = shop.authority(middle, 'Corpus Lower');
  const all: Situation[] = [];

  const add = (title: string, file: string, told: Told = {}): void => {
    const { found = [], ca = root.cert, args = [], key = null, purpose = 'sslserver' } = told;
    const asked = told.host === undefined ? host : told.host;
    const errors = found.some((one) => one.endsWith('error'));
    all.push({
      title,
      args: [
        ...[file, ...(key === null ? [] : [key])],
        ...(ca === null ? [] : ['--ca', ca]),
        ...(asked === null ? [] : ['--name', asked]),
        ...args,
      ],
      found: [...found].sort(),
      code: told.code ?? (errors ? 1 : 0),
      verify:
        told.verify === false
          ? null
          : { file, ca: ca ?? root.cert, purpose, host: asked, differs: told.differs ?? null },
    });
  };
  let number = 0;
  /** The certificate with the chain that a server should send. */
  const full = (made: Made, ...chain: readonly Made[]): string =>
    shop.bundle(`full-${++number}.pem`, made.cert, ...chain.map(({ cert }) => cert));
  const leaf = (wish: Parameters<Workshop['issue']>[1] = {}): Made =>
    shop.issue(middle, { extensions: names, ...wish });
  const good = leaf();
  const goodFile = full(good, middle);
  const text = (file: string): string => readFileSync(file, 'utf8');

  // What is good
  add('a good pair with an EC key', goodFile, { key: good.key });
  const rsa = leaf({ key: 'rsa' });
  add('a good pair with an RSA key', full(rsa, middle), { key: rsa.key });
  const p384 = leaf({ key: 'p384' });
  add('a good pair on P-384', full(p384, middle), { key: p384.key });
  const edwards = leaf({ key: 'ed25519' });
  add('a good pair with an Ed25519 key', full(edwards, middle), { key: edwards.key, found: ['SNT-T049 hint'] });
  add('a certificate that the root itself has issued', shop.issue(root, { extensions: names }).cert);
  add('two intermediates', full(shop.issue(lower, { extensions: names }), lower, middle));
  add('certificate and key in one file', shop.bundle('one.pem', goodFile, good.key), { verify: false });
  add(
    'text of openssl around the certificates',
    shop.file('text.pem', shop.openssl(['x509', '-text', '-in', good.cert]) + text(middle.cert)),
  );

  // Time
  const dated = (title: string, from: number, to: number, told: Told = {}): void =>
    add(title, full(leaf({ from, to }), middle), told);
  dated('expired yesterday', -366, -1, { found: ['SNT-T010 error'] });
  dated('expired a minute ago', -90, -1 / 1440, { found: ['SNT-T010 error'] });
  dated('over before it began', 30, 10, { found: ['SNT-T010 error'] });
  dated('valid in two hours', 2 / 24, 90, { found: ['SNT-T012 error'] });
  dated('valid in a month', 30, 120, { found: ['SNT-T012 error'] });
  dated('20 days of a year left', -345, 20, { found: ['SNT-T011 warning'] });
  dated('20 days of a year left, warnings fail', -345, 20, {
    found: ['SNT-T011 warning'],
    code: 1,
    args: ['--fail-on', 'warn'],
  });
  dated('31 days of a year left', -334, 31);
  dated('3 days of a year left', -362, 3, { found: ['SNT-T011 error'] });
  dated('31 of 90 days left', -59, 31);
  dated('29 of 90 days left', -61, 29, { found: ['SNT-T011 warning'] });
  dated('20 of 47 days left', -27, 20);
  dated('14 of 47 days left', -33, 14, { found: ['SNT-T011 warning'] });
  dated('4 of 47 days left', -43, 4, { found: ['SNT-T011 error'] });
  dated('5 of 6 days left', -1, 5);
  dated('1.5 of 6 days left', -4.5, 1.5, { found: ['SNT-T011 warning'] });
  dated('half a day of 6 left', -5.5, 0.5, { found: ['SNT-T011 error'] });
  const oldMiddle = shop.authority(root, 'Expired Intermediate', { from: -900, to: -2 });
  add('an expired intermediate', full(shop.issue(oldMiddle, { extensions: names }), oldMiddle), {
    found: ['SNT-T010 error'],
  });
  const endingMiddle = shop.authority(root, 'Ending Intermediate', { from: -900, to: 20 });
  add('an intermediate with 20 days left', full(shop.issue(endingMiddle, { extensions: names }), endingMiddle), {
    found: ['SNT-T011 warning'],
  });
  const oldRoot = shop.authority(null, 'Expired Root', { from: -900, to: -2 });
  add('an expired root', shop.issue(oldRoot, { extensions: names }).cert, {
    ca: oldRoot.cert,
    found: ['SNT-T010 error'],
  });

  // Chain
  add('the intermediate missing', good.cert, { found: ['SNT-T020 error'] });
  add('the second intermediate missing', full(shop.issue(lower, { extensions: names }), lower), {
    found: ['SNT-T020 error'],
  });
  add('the intermediate missing where the trust store has it', good.cert, {
    ca: shop.bundle('store.pem', root.cert, middle.cert),
    found: ['SNT-T020 error'],
    differs: 'openssl takes the intermediate from the trust store, clients do not have it',
  });
  const publicLeaf = leaf({ extensions: [...names, 'certificatePolicies=2.23.140.1.2.1'] });
  add('the intermediate of a public authority missing', publicLeaf.cert, { ca: null, found: ['SNT-T020 error'] });
  add('a private authority that nobody named', goodFile, {
    ca: null,
    found: ['SNT-T025 warning'],
    verify: false,
  });
  const stranger = shop.authority(null, 'Stranger Root');
  add('another authority than the clients trust', goodFile, { ca: stranger.cert, found: ['SNT-T020 error'] });
  add('a root in the file that the clients do not trust', full(good, middle, root), {
    ca: stranger.cert,
    found: ['SNT-T023 hint', 'SNT-T025 error'],
  });
  add('the intermediate before the certificate', shop.bundle('swapped.pem', middle.cert, good.cert), {
    found: ['SNT-T021 warning'],
    key: good.key,
    differs: 'openssl takes the first certificate for the one to judge',
  });
  const low = shop.issue(lower, { extensions: names });
  add('two intermediates in the wrong order', full(low, middle, lower), { found: ['SNT-T021 warning'] });
  add('the root in the file', full(good, middle, root), { found: ['SNT-T023 hint'] });
  add('a stranger in the file', full(good, middle, stranger), { found: ['SNT-T022 warning'] });
  add('another certificate for a server in the file', full(good, middle, rsa), { found: ['SNT-T022 warning'] });
  add('the certificate twice', full(good, good, middle), { found: ['SNT-T027 hint'] });
  const self = shop.issue(null, { extensions: names });
  add('signed by itself', self.cert, { found: ['SNT-T024 error'] });
  add('signed by itself, nobody named', self.cert, { ca: null, found: ['SNT-T024 warning'], verify: false });
  add('signed by itself and trusted', self.cert, { ca: self.cert });
  const renewed = shop.authority(root, 'Corpus Intermediate', {
    key: { file: shop.key('ec', 'renewed-intermediate') },
  });
  add('an intermediate of another generation', full(good, renewed), { found: ['SNT-T028 error', 'SNT-T022 warning'] });
  const cross = shop.authority(stranger, 'Corpus Intermediate', { key: { file: middle.key } });
  add('an intermediate and its cross-signed twin', full(good, middle, cross));
  const noCa = shop.issue(root, {
    subject: 'Not an authority',
    extensions: ['basicConstraints=critical,CA:FALSE'],
    key: { file: shop.key('ec', 'no-ca') },
  });
  add('an issuer that is no authority', full(shop.issue(noCa, { extensions: names }), noCa), {
    found: ['SNT-T026 error'],
  });
  const noSign = shop.authority(root, 'No keyCertSign', {
    extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,cRLSign'],
  });
  add('an issuer whose key usage forbids it', full(shop.issue(noSign, { extensions: names }), noSign), {
    found: ['SNT-T026 error'],
  });
  const short = shop.authority(root, 'Short path', {
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
  });
  const deep = shop.authority(short, 'Too deep');
  add('a path that is longer than an issuer allows', full(shop.issue(deep, { extensions: names }), deep, short), {
    found: ['SNT-T026 error'],
  });

  const narrowed = (list: string) =>
    shop.authority(root, `Constrained ${list}`, {
      extensions: [...authorityExtensions, `nameConstraints=critical,${list}`],
    });
  const elsewhere = narrowed('permitted;DNS:example.net');
  add('an issuer that may vouch for another domain', full(shop.issue(elsewhere, { extensions: names }), elsewhere), {
    found: ['SNT-T026 error'],
  });
  const here = narrowed('permitted;DNS:example.com');
  add('an issuer that may vouch for this domain', full(shop.issue(here, { extensions: names }), here));
  const barred = narrowed('excluded;DNS:example.com');
  add('an issuer that may not vouch for this domain', full(shop.issue(barred, { extensions: names }), barred), {
    found: ['SNT-T026 error'],
  });

  // Names
  const named = (title: string, list: string, asked: string, told: Told = {}): void =>
    add(title, full(leaf({ extensions: serverExtensions(list) }), middle), { host: asked, ...told });
  add('no subjectAltName', full(leaf({ extensions: without(names, 'subjectAltName') }), middle), {
    found: ['SNT-T030 error'],
    differs: 'openssl falls back to the common name, clients do not',
  });
  named('another name', 'DNS:mail.example.com', host, { found: ['SNT-T031 error'] });
  named('a name in other letters', 'DNS:WWW.Example.COM', 'www.EXAMPLE.com');
  named('a wildcard for one label', 'DNS:*.example.com', host);
  named('a wildcard for two labels', 'DNS:*.example.com', 'a.b.example.com', { found: ['SNT-T031 error'] });
  named('a wildcard for the domain itself', 'DNS:*.example.com', 'example.com', { found: ['SNT-T031 error'] });
  named('a wildcard within a label', 'DNS:w*.example.com', host, {
    found: ['SNT-T031 error'],
    differs: 'openssl takes partial wildcards unless told not to',
  });
  named('an address', 'IP:192.0.2.7', '192.0.2.7');
  named('an IPv6 address', 'IP:2001:db8::7', '2001:db8::7');
  named('another address', 'IP:192.0.2.7', '192.0.2.8', { found: ['SNT-T031 error'] });
  named('an address that stands there as a name', 'DNS:192.0.2.7', '192.0.2.7', { found: ['SNT-T031 error'] });
  named('one of many names', 'DNS:a.example,DNS:b.example,DNS:www.example.com,IP:192.0.2.7', host);

  // Strength and purpose
  add('an RSA key of 1024 bits', full(leaf({ key: 'rsa1024' }), middle), { found: ['SNT-T040 error'] });
  add('signed over SHA-1', full(leaf({ digest: 'sha1' }), middle), { found: ['SNT-T041 error'] });
  const rsaMiddle = shop.authority(root, 'RSA Intermediate', { key: 'rsa' });
  add('signed over MD5', full(shop.issue(rsaMiddle, { extensions: names, digest: 'md5' }), rsaMiddle), {
    found: ['SNT-T041 error'],
  });
  const oldHash = shop.authority(root, 'SHA-1 Intermediate', { digest: 'sha1' });
  add('an intermediate signed over SHA-1', full(shop.issue(oldHash, { extensions: names }), oldHash), {
    found: ['SNT-T041 error'],
  });
  const forClients = [...without(names, 'extendedKeyUsage'), 'extendedKeyUsage=clientAuth'];
  const client = full(leaf({ extensions: forClients }), middle);
  add('for clients only, shown by a server', client, { found: ['SNT-T042 error'] });
  add('for clients, by what it says of itself', client, { host: null, purpose: 'sslclient' });
  add('for servers only, shown by a client', goodFile, {
    host: null,
    args: ['--use', 'client'],
    purpose: 'sslclient',
    found: ['SNT-T042 error'],
  });
  add('without extended key usage', full(leaf({ extensions: without(names, 'extendedKeyUsage') }), middle));
  const narrow = shop.authority(root, 'Clients only', {
    extensions: [...authorityExtensions, 'extendedKeyUsage=clientAuth'],
  });
  add('an intermediate for client certificates only', full(shop.issue(narrow, { extensions: names }), narrow), {
    found: ['SNT-T042 error'],
  });
  add(
    'an authority as a server',
    full(
      leaf({
        extensions: [
          ...authorityExtensions.map((line) => line.replace('keyCertSign', 'digitalSignature,keyCertSign')),
          `subjectAltName=DNS:${host}`,
        ],
      }),
      middle,
    ),
    {
      found: ['SNT-T043 error'],
      differs: 'openssl allows it; rustls and others do not',
    },
  );
  add(
    'a key usage without signatures',
    full(
      leaf({
        key: 'rsa',
        extensions: ['keyUsage=critical,keyEncipherment', ...without(without(names, 'keyUsage'), 'basic')],
      }),
      middle,
    ),
    {
      found: ['SNT-T044 error'],
      differs: 'openssl allows keyEncipherment for the key exchange of TLS 1.2 that no safe listener offers',
    },
  );
  add(
    'a critical extension that nobody knows',
    full(leaf({ extensions: [...names, '1.2.3.4.5=critical,ASN1:UTF8String:x'] }), middle),
    { found: ['SNT-T046 error'] },
  );

  // Keys
  const keyed = (title: string, key: string, found: readonly Found[], told: Told = {}): void =>
    add(title, goodFile, { key, found, verify: false, ...told });
  keyed('the key of another certificate', shop.key('ec', 'other'), ['SNT-T007 error']);
  keyed('a key of another kind', shop.key('rsa'), ['SNT-T007 error']);
  add('another RSA key', full(rsa, middle), {
    key: shop.key('rsa', 'other-rsa'),
    found: ['SNT-T007 error'],
    verify: false,
  });
  const pkcs8 = shop.path('encrypted.key');
  shop.openssl(['pkcs8', '-topk8', '-in', good.key, '-passout', 'pass:secret', '-out', pkcs8]);
  keyed('an encrypted key', pkcs8, ['SNT-T005 error']);
  const pkcs1 = shop.path('encrypted-pkcs1.key');
  shop.openssl(['rsa', '-aes128', '-traditional', '-in', rsa.key, '-passout', 'pass:secret', '-out', pkcs1]);
  keyed('an encrypted key of the old form', pkcs1, ['SNT-T005 error']);
  const sec1 = shop.path('sec1.key');
  shop.openssl(['ec', '-in', good.key, '-out', sec1]);
  chmodSync(sec1, 0o600);
  keyed('a key of the form SEC1', sec1, []);
  keyed(
    'a damaged key',
    shop.file('damaged.key', '-----BEGIN PRIVATE KEY-----\nMIIBVgIBADAN\n-----END PRIVATE KEY-----\n'),
    ['SNT-T006 error'],
  );
  keyed('a key that is cut off', shop.file('cut.key', text(good.key).slice(0, 120)), ['SNT-T003 error']);
  keyed('a key that everybody can read', shop.file('open.key', text(good.key), 0o644), ['SNT-T050 warning']);
  keyed('a key that a group may write', shop.file('group.key', text(good.key), 0o660), ['SNT-T052 warning']);
  mkdirSync(shop.path('public'));
  chmodSync(shop.path('public'), 0o777);
  keyed('a key in a folder that everybody can write', shop.file('public/server.key', text(good.key)), [
    'SNT-T052 warning',
  ]);
  symlinkSync(good.key, shop.path('link.key'));
  keyed('a key behind a symbolic link', shop.path('link.key'), []);
  const aged = shop.file('aged.key', text(good.key));
  utimesSync(aged, 0, Date.now() / 1000 - 90 * 86_400);
  keyed('a key that is older than its certificate', aged, ['SNT-T053 hint']);

  // Files
  const file = (title: string, path: string, found: readonly Found[], told: Told = {}): void =>
    add(title, path, { found, verify: false, ...told });
  const unknown = { code: 3 } as const;
  file('no such file', shop.path('missing.pem'), ['SNT-T001 error'], unknown);
  mkdirSync(shop.path('folder'));
  file('a folder', shop.path('folder'), ['SNT-T001 error'], unknown);
  file('a path through a file', `${goodFile}/server.pem`, ['SNT-T001 error'], unknown);
  symlinkSync('loop.pem', shop.path('loop.pem'));
  file('a symbolic link to itself', shop.path('loop.pem'), ['SNT-T001 error'], unknown);
  file(
    'a file that is far too large',
    shop.file('large.pem', Buffer.alloc((4 << 20) + 1, '#')),
    ['SNT-T001 error'],
    unknown,
  );
  file('a missing file beside an expired certificate', shop.path('missing.pem'), ['SNT-T001 error', 'SNT-T010 error'], {
    code: 1,
    key: full(leaf({ from: -90, to: -1 }), middle),
  });
  file('an empty file', shop.file('empty.pem', ''), ['SNT-T002 error']);
  file('plain text', shop.file('plain.pem', 'this is not a certificate\n'), ['SNT-T002 error']);
  file('a signing request', `${good.key}.csr`, ['SNT-T002 error']);
  file('DER', derOf(shop, good), ['SNT-T008 error']);
  const pkcs12 = shop.path('bundle.p12');
  shop.openssl(['pkcs12', '-export', '-in', good.cert, '-inkey', good.key, '-passout', 'pass:secret', '-out', pkcs12]);
  file('PKCS#12', pkcs12, ['SNT-T008 error']);
  const pkcs7 = shop.path('bundle.p7b');
  shop.openssl(['crl2pkcs7', '-nocrl', '-certfile', good.cert, '-out', pkcs7]);
  file('PKCS#7', pkcs7, ['SNT-T008 error']);
  file(
    'garbage',
    shop.file('garbage.pem', '-----BEGIN CERTIFICATE-----\nnot base64 at all!\n-----END CERTIFICATE-----\n'),
    ['SNT-T003 error'],
  );
  file(
    'base64 of something else',
    shop.file('else.pem', '-----BEGIN CERTIFICATE-----\naGVsbG8gd29ybGQ=\n-----END CERTIFICATE-----\n'),
    ['SNT-T003 error'],
  );
  file('a certificate that is cut off', shop.file('cut.pem', text(good.cert).slice(0, 300)), ['SNT-T003 error']);
  file('a certificate with trust settings', trustedOf(shop, good), ['SNT-T003 error']);
  add('line ends of Windows', shop.file('windows.pem', text(goodFile).replaceAll('\n', '\r\n')), {
    found: ['SNT-T054 hint'],
  });
  add('a byte order mark', shop.file('mark.pem', `\uFEFF${text(goodFile)}`), {
    found: ['SNT-T054 hint'],
    verify: false,
  });
  add('garbage at the end', shop.file('trailing.pem', `${text(goodFile)}end of file\n`), {
    found: ['SNT-T054 warning'],
  });

  // Bundles
  const bundled = (title: string, path: string, found: readonly Found[]): void =>
    add(title, path, { found, verify: false, host: null, ca: null });
  bundled('authorities', shop.bundle('authorities.pem', root.cert, stranger.cert), []);
  bundled('an expired authority among others', shop.bundle('some-old.pem', root.cert, oldRoot.cert), [
    'SNT-T010 warning',
  ]);
  bundled('an expired authority alone', oldRoot.cert, ['SNT-T010 error']);
  bundled('a list of revocations', shop.revocations(root, -1, 30), []);
  bundled('a list of revocations that is out of date', shop.revocations(root, -30, -1), ['SNT-T047 error']);
  add('a server among the authorities', shop.bundle('mixed.pem', root.cert, good.cert), {
    args: ['--use', 'authority'],
    host: null,
    ca: null,
    found: ['SNT-T048 warning'],
    verify: false,
  });
  return all;
}

function derOf(shop: Workshop, { cert }: Made): string {
  const file = shop.path('server.der');
  shop.openssl(['x509', '-in', cert, '-outform', 'der', '-out', file]);
  return file;
}

function trustedOf(shop: Workshop, { cert }: Made): string {
  const file = shop.path('trusted.pem');
  shop.openssl(['x509', '-in', cert, '-trustout', '-addtrust', 'serverAuth', '-out', file]);
  return file;
}

if (import.meta.main) {
  const [folder = 'certificates'] = process.argv.slice(2);
  mkdirSync(folder);
  const lines = makeSituations(folder).map(
    ({ title, args, found, code }) =>
      `# ${title}: ${found.join(', ') || 'good'}, exit ${code}\nsentinel cert-check ${args.join(' ')}\n`,
  );
  writeFileSync(`${folder}/README`, lines.join('\n'));
}
