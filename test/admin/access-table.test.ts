/**
 * The access rules of the admin API, stated as tables and held against a running daemon, each case over a socket of its own: who
 * is asked from where, by which names, through what, with which credentials, and for what.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DaemonProcess, startDaemonProcess, staticConfig } from '../helpers/daemon.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const config = staticConfig(
  'hello',
  `observability { admin {
${(['viewer', 'operator', 'admin'] as const)
  .map(
    (role) =>
      `     token "${role}" { role "${role}"; hash "sha256:${sha256(`secret of the ${role}`.replaceAll(' ', '-'))}" }`,
  )
  .join('\n')}
   } }`,
);

const bearer = (role: string) => `Authorization: Bearer secret-of-the-${role}`;

/** What is asked for. `yes` in the tables below means: not refused, whatever it finds then. */
const actions = {
  open: ['GET /metrics', 'GET /health', 'HEAD /ready'],
  read: ['GET /admin/status', 'HEAD /admin/routes', 'GET /admin/drains'],
  check: ['POST /admin/health-check', 'POST /admin/routes/explain'],
  mild: ['DELETE /admin/overrides/block?address=203.0.113.9', 'POST /admin/alerts'],
  moderate: ['POST /admin/breakers/none/reset', 'POST /admin/drains'],
  severe: ['POST /admin/config/rollback'],
} as const;
type Action = keyof typeof actions;
const actionNames = Object.keys(actions) as readonly Action[];

type Verdict = 'yes' | 401 | 403;
type Rights = Readonly<Record<Exclude<Action, 'open'>, Verdict>>;

const all: Rights = { read: 'yes', check: 'yes', mild: 'yes', moderate: 'yes', severe: 'yes' };
const looks: Rights = { read: 'yes', check: 'yes', mild: 403, moderate: 403, severe: 403 };
const nothing: Rights = { read: 403, check: 403, mild: 403, moderate: 403, severe: 403 };
const unknown: Rights = { read: 401, check: 401, mild: 401, moderate: 401, severe: 401 };
/** A change through the socket needs to be proven. */
const proves: Rights = { read: 'yes', check: 'yes', mild: 401, moderate: 401, severe: 401 };

/** Who asks without credentials: from where it counts as local, over the unix socket, and from elsewhere. */
const anonymous = { local: looks, foreign: nothing, socket: proves } as const;

/** By what is shown, wherever from. */
const credentials: Readonly<Record<string, readonly [field: string, Rights]>> = {
  'a viewer': [bearer('viewer'), looks],
  'an operator': [bearer('operator'), all],
  'an admin': [bearer('admin'), all],
  'an operator, scheme in small letters': [bearer('operator').replace('Bearer', 'bearer'), all],
  'an unknown token': ['Authorization: Bearer secret-of-nobody', unknown],
  'the hash of a token': [`Authorization: Bearer ${sha256('secret-of-the-admin')}`, unknown],
  'a token in capitals': [bearer('admin').replace('secret', 'SECRET'), unknown],
  'half a token': [bearer('admin').slice(0, -1), unknown],
  'Bearer without a token': ['Authorization: Bearer', unknown],
  'an empty field': ['Authorization: ', unknown],
  'two words after Bearer': [`${bearer('admin')} more`, unknown],
  'a name and password': [`Authorization: Basic ${btoa('admin:secret-of-the-admin')}`, unknown],
  'a token without its scheme': ['Authorization: secret-of-the-admin', unknown],
};

/** Lines of a head besides credentials; PORT stands for the port. Whether a loopback peer that sends them counts as local. */
const heads: Readonly<Record<string, readonly [lines: readonly string[], local: boolean]>> = {
  'Host localhost': [['Host: localhost'], true],
  'Host localhost and port': [['Host: localhost:PORT'], true],
  'Host in capitals': [['Host: LocalHost:PORT'], true],
  'Host an IPv4 loopback address': [['Host: 127.0.0.1:PORT'], true],
  'Host another IPv4 loopback address': [['Host: 127.8.8.8'], true],
  'Host the IPv6 loopback address': [['Host: [::1]:PORT'], true],
  'Host the IPv6 loopback address without port': [['Host: [::1]'], true],
  'Host of somebody else': [['Host: evil.example'], false],
  'Host of somebody else, with our port': [['Host: evil.example:PORT'], false],
  'Host that begins with localhost': [['Host: localhost.evil.example'], false],
  'Host that ends with localhost': [['Host: evil-localhost'], false],
  'Host below localhost': [['Host: a.localhost'], false],
  'Host localhost with a dot': [['Host: localhost.'], false],
  'Host that begins with a loopback address': [['Host: 127.0.0.1.evil.example'], false],
  'Host a loopback address as one number': [['Host: 2130706433'], false],
  'Host a short loopback address': [['Host: 127.1'], false],
  'Host no address': [['Host: 0.0.0.0:PORT'], false],
  'Host a private address': [['Host: 192.168.0.1:PORT'], false],
  'Host another IPv6 address': [['Host: [2001:db8::1]'], false],
  'Host empty': [['Host:'], false],
  'Origin the same': [['Host: 127.0.0.1:PORT', 'Origin: http://127.0.0.1:PORT'], true],
  'Origin of somebody else': [['Host: 127.0.0.1:PORT', 'Origin: http://evil.example'], false],
  'Origin another port of this machine': [['Host: 127.0.0.1:PORT', 'Origin: http://127.0.0.1:3000'], false],
  'Origin another name of this machine': [['Host: 127.0.0.1:PORT', 'Origin: http://localhost:PORT'], false],
  'Origin by another scheme': [['Host: 127.0.0.1:PORT', 'Origin: https://127.0.0.1:PORT'], false],
  'Origin null': [['Host: 127.0.0.1:PORT', 'Origin: null'], false],
  'Origin empty': [['Host: 127.0.0.1:PORT', 'Origin:'], false],
  'a rebound name with its own origin': [['Host: evil.example:PORT', 'Origin: http://evil.example:PORT'], false],
  'Sec-Fetch-Site of the page itself': [['Host: localhost', 'Sec-Fetch-Site: same-origin'], true],
  'Sec-Fetch-Site of an address that was typed': [['Host: localhost', 'Sec-Fetch-Site: none'], true],
  'Sec-Fetch-Site of a page elsewhere': [['Host: localhost', 'Sec-Fetch-Site: cross-site'], false],
  'Sec-Fetch-Site of another port of this machine': [['Host: localhost', 'Sec-Fetch-Site: same-site'], false],
  'Sec-Fetch-Site of nothing known': [['Host: localhost', 'Sec-Fetch-Site: none, none'], false],
  Via: [['Host: localhost', 'Via: 1.1 front'], false],
  Forwarded: [['Host: localhost', 'Forwarded: for=127.0.0.1'], false],
  'X-Forwarded-For': [['Host: localhost', 'X-Forwarded-For: 127.0.0.1'], false],
  'X-Forwarded-For without a value': [['Host: localhost', 'X-Forwarded-For:'], false],
  'X-Forwarded-Host': [['Host: localhost', 'x-forwarded-host: localhost'], false],
  'X-Forwarded-Proto': [['Host: localhost', 'X-FORWARDED-PROTO: http'], false],
  'X-Forwarded-Port': [['Host: localhost', 'X-Forwarded-Port: 80'], false],
  'X-Forwarded-Anything': [['Host: localhost', 'X-Forwarded-Anything: 1'], false],
};

/** Heads that credentials are tried with: what stands there must make no difference to them. */
const headsOfCredentials = ['Host localhost', 'Host of somebody else', 'Origin null', 'Via'] as const;

interface Place {
  readonly name: string;
  readonly to: NetConnectOpts;
  readonly kind: 'loopback' | 'foreign' | 'socket';
}

interface Answer {
  readonly status: number;
  readonly head: string;
}

/** One request on a connection of its own. */
function send(to: NetConnectOpts, firstLine: string, lines: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => void (text += part));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = ''] = text.split('\r\n\r\n', 1);
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head });
    });
    socket.write([firstLine, ...lines, 'Connection: close', '', ''].join('\r\n'));
  });
}

const ask = ({ to }: Place, action: string, lines: readonly string[]) => {
  const port = 'port' in to ? String(to.port) : '80';
  const body = action.startsWith('POST') ? ['Content-Length: 0'] : [];
  const filled = lines.map((line) => line.replaceAll('PORT', port));
  return send(to, `${action} HTTP/1.1`, [...filled, ...body]);
};

const verdictOf = ({ status }: Answer): 'yes' | number => {
  if (status === 401 || status === 403) return status;
  return (status >= 200 && status < 300) || [400, 404, 501].includes(status) ? 'yes' : status;
};

function outerAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

function hasIpv6(): boolean {
  return (networkInterfaces()['lo'] ?? []).some(({ address }) => address === '::1');
}

/** A daemon, and the places from which it can be reached. */
async function scene(t: TestContext): Promise<{ daemon: DaemonProcess; places: readonly Place[] }> {
  const host = hasIpv6() ? '[::]' : '0.0.0.0';
  const environment = { SENTINEL_METRICS_ADDR: `${host}:0` };
  const daemon = await startDaemonProcess(t, { config, workers: 1, environment });
  const port = Number(new URL(daemon.adminUrl()).port);
  const outer = outerAddress();
  if (outer === undefined) t.diagnostic('this machine has no address but loopback: no foreign peer');
  if (!hasIpv6()) t.diagnostic('this machine has no IPv6: no peer ::1');
  return {
    daemon,
    places: [
      { name: '127.0.0.1', to: { host: '127.0.0.1', port }, kind: 'loopback' },
      {
        name: 'a second loopback address',
        to: { host: '127.0.0.1', port, localAddress: '127.3.3.3' },
        kind: 'loopback',
      },
      ...(hasIpv6() ? ([{ name: '::1', to: { host: '::1', port }, kind: 'loopback' }] as const) : []),
      ...(outer === undefined
        ? []
        : ([{ name: 'an outer address', to: { host: outer, port }, kind: 'foreign' }] as const)),
      { name: 'the unix socket', to: { path: daemon.socket }, kind: 'socket' },
    ],
  };
}

interface Case {
  readonly title: string;
  readonly place: Place;
  readonly action: string;
  readonly lines: readonly string[];
  readonly expected: Verdict;
}

/** Asks all, some at a time; what is different is told together. */
async function hold(cases: readonly Case[]): Promise<void> {
  const wrong: string[] = [];
  const rest = [...cases];
  const run = async () => {
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
      const got = verdictOf(await ask(one.place, one.action, one.lines));
      if (got !== one.expected) wrong.push(`${one.title}: expected ${one.expected}, got ${got}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, run));
  assert.deepEqual(wrong, []);
}

function* casesOf(place: Place, who: string, lines: readonly string[], rights: Rights): Generator<Case> {
  for (const name of actionNames) {
    for (const action of actions[name]) {
      const expected = name === 'open' ? 'yes' : rights[name];
      yield { title: `${place.name}, ${who}: ${action}`, place, action, lines, expected };
    }
  }
}

test('without credentials, who is local may look and check; the socket needs proof for changes; others get nothing', async (t) => {
  const { places } = await scene(t);
  const cases = places.flatMap((place) =>
    Object.entries(heads).flatMap(([who, [lines, local]]) => {
      const standing = place.kind === 'socket' ? 'socket' : place.kind === 'loopback' && local ? 'local' : 'foreign';
      return [...casesOf(place, who, lines, anonymous[standing])];
    }),
  );
  assert.ok(cases.length > 1_000);
  await hold(cases);
});

test('with credentials they alone decide, wherever the request comes from', async (t) => {
  const { places } = await scene(t);
  const cases = places.flatMap((place) =>
    headsOfCredentials.flatMap((head) =>
      Object.entries(credentials).flatMap(([who, [field, rights]]) => [
        ...casesOf(place, `${who}, ${head}`, [...(heads[head]?.[0] ?? []), field], rights),
      ]),
    ),
  );
  await hold(cases);
});

test('a request that two programs could read differently is not judged at all', async (t) => {
  const { places } = await scene(t);
  const token = bearer('admin');
  for (const place of places) {
    const refuse = async (title: string, action: string, lines: readonly string[], status: number) =>
      assert.equal((await ask(place, action, lines)).status, status, `${place.name}: ${title}`);
    await refuse('absolute form', 'GET http://127.0.0.1:PORT/admin/status', ['Host: localhost', token], 400);
    await refuse('two Host fields', 'GET /admin/status', ['Host: localhost', 'Host: localhost', token], 400);
    await refuse('no Host field', 'GET /admin/status', [token], 400);
    await refuse('two Authorization fields', 'GET /admin/status', ['Host: localhost', bearer('viewer'), token], 400);
    await refuse('two Authorization fields', 'POST /admin/config/reload', ['Host: localhost', token, token], 400);
    await refuse('a path with an empty segment', 'GET //admin/status', ['Host: localhost', token], 404);
    await refuse('a path with a dot segment', 'GET /x/../admin/status', ['Host: localhost', token], 404);
    // Of HTTP/1.0 no Host is demanded; without one a loopback peer is not known to mean this machine.
    const old = await send(place.to, 'GET /admin/status HTTP/1.0', []);
    assert.equal(old.status, place.kind === 'socket' ? 200 : 403, `${place.name}: HTTP/1.0 without Host`);
  }
});

test('a user who is proven over the socket may change; the same proof means nothing elsewhere', async (t) => {
  const { daemon, places } = await scene(t);
  const prove = async (): Promise<string> => {
    const { head } = await send({ path: daemon.socket }, 'POST /admin/config/reload HTTP/1.1', [
      'Host: localhost',
      'Content-Length: 0',
      'Connection: close',
    ]);
    const nonce = /sentinel-peer nonce="([0-9a-f]{32})"/i.exec(head)?.[1] as string;
    writeFileSync(join(daemon.folder, 'auth', nonce), '');
    t.after(() => rmSync(join(daemon.folder, 'auth', nonce), { force: true }));
    return `Authorization: Sentinel-Peer ${nonce}`;
  };
  for (const place of places) {
    for (const name of ['mild', 'moderate'] as const) {
      const verdict = verdictOf(await ask(place, actions[name][0], ['Host: localhost', await prove()]));
      assert.equal(verdict, place.kind === 'socket' ? 'yes' : 403, `${place.name}: ${name}`);
    }
  }
});

test('whoever is refused is told why in a problem that names no secret', async (t) => {
  const { daemon, places } = await scene(t);
  const port = Number(new URL(daemon.adminUrl()).port);
  const [place] = places as [Place];
  const refused = await send({ host: '127.0.0.1', port }, 'GET /admin/status HTTP/1.1', ['Host: evil.example']);
  assert.match(refused.head, /content-type: application\/problem\+json/i);
  const stranger = await ask(place, 'GET /admin/status', ['Host: localhost', 'Authorization: Bearer secret-of-nobody']);
  assert.match(stranger.head, /www-authenticate: Bearer/i);
  assert.doesNotMatch(daemon.output(), /secret-of/, 'no token is in the log');
});
