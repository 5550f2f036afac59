/**
 * Snapshots of a daemon whose configuration, environment, traffic and logs are full of secrets: none of them is in a byte of the
 * archive, of the six files beside it or of the record of the incident, under any profile, and two hosts are still told apart.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { callSentinel } from '../../cli/command-line.ts';
import { startDaemonProcess, testFolder } from '../../helpers/daemon.ts';
import { heldOut } from './held-out.ts';
import { known, planted } from './planted-secrets.ts';

const expected = heldOut.filter(({ expected, place }) => expected && place === undefined);
const adminToken = 'Zaunkönig-Admin-Token-1';
const hashed = createHash('sha256').update(adminToken).digest('hex');
const secrets = {
  interpolated: 'Zaunkönig-${x}-2'.replace('${x}', 'Wert'),
  literalKey: 'Zaunkoenig-Schluessel-3',
  bearer: 'hWq83kfLs02MxPqz71vB',
  commented: 'Zaunkoenig-Kommentar-4',
  matched: 'Zaunkoenig-Treffer-5',
  query: 'Zaunkoenig-Anfrage-6',
  cookie: 'Zaunkoenig-Keks-7',
  basic: Buffer.from('anna:Zaunkoenig-Basis-8').toString('base64'),
  note: 'Zaunkoenig-Notiz-9',
  environment: 'Zaunkoenig-Umgebung-10',
} as const;

const configText = (folder: string) => `
// the old password: ${secrets.commented}
listener "http" { address "127.0.0.1:0" }
observability {
  logging { file "${join(folder, 'sentinel.log')}" }
  admin { token "ci" { role "admin"; hash "sha256:${hashed}" } }
}
route "keyed" {
  priority "high"
  matches { header "X-Api-Key" "${secrets.matched}" }
  upstream "apps"
}
route "all" {
  upstream "apps"
  policies {
    request-headers { set { X-Api-Key "${secrets.literalKey}"; Authorization "Bearer ${secrets.bearer}"; X-Tenant "\${APP_VALUE}" } }
    timeout-secs 1
  }
}
upstream "apps" { targets { target "127.0.0.1:1"; target "localhost:2" } ; tls { sni "app-1.corp.example" } }
upstream "others" { targets { target "127.0.0.1:3" } ; tls { sni "app-2.corp.example" } }
`;

/** What must not be left of any of it. */
const gone = [
  ...planted.flatMap((one) => one.gone),
  ...expected.flatMap(({ secret, pieces = [] }) => [secret, ...pieces]),
  ...Object.values(known),
  ...Object.values(secrets),
  hashed,
  'Zaunkoenig-Basis-8',
  // Shorter ones stand in times, sizes and ids by chance.
].filter((one) => one.length >= 8);

const forms = [
  ...new Set(
    gone.flatMap((one) => [
      one,
      JSON.stringify(one).slice(1, -1),
      encodeURIComponent(one),
      Buffer.from(one).toString('hex'),
      ...['', 'a', 'ab'].flatMap((lead) => {
        const text = Buffer.from(lead + one).toString('base64url');
        const sure = text.slice(Math.ceil((lead.length * 4) / 3), Math.floor(((lead + one).length * 4) / 3) - 1);
        return sure.length >= 10 ? [sure] : [];
      }),
    ]),
  ),
];

function left(bytes: Buffer): readonly string[] {
  const text = bytes.toString();
  const same = text.replaceAll('+', '-').replaceAll('/', '_');
  return forms.filter((form) => text.includes(form) || same.includes(form));
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isFile() ? [join(one.parentPath, one.name)] : [],
  );
}

test('of a daemon full of secrets no snapshot holds one, under any profile', async (t) => {
  const folder = testFolder(t);
  const environment = {
    APP_VALUE: secrets.interpolated,
    DB_PASSWORD: secrets.environment,
    APP_SETTINGS: `postgres://app:${known.database}@db.corp.example/x`,
    REDIS_URL: known.redis,
    CHALLENGE_SECRET: known.challenge,
    PARTNER_TOKEN: known.header,
    PASSPHRASE: known.phrase,
    UMLAUT_SECRET: known.umlaut,
    NUMBER_SECRET: known.number,
  };
  const daemon = await startDaemonProcess(t, { folder, config: configText(folder), environment, workers: 1 });
  await Promise.all(
    [
      `/a?token=${secrets.query}&page=1`,
      `/b?next=${encodeURIComponent(`/c?password=${secrets.query}`)}`,
      `/d;jsessionid=${secrets.query}/e`,
    ].map(
      (path) =>
        new Promise<void>((done, fail) => {
          const headers = {
            cookie: `sid=${secrets.cookie}`,
            authorization: `Basic ${secrets.basic}`,
            referer: `http://a:${secrets.query}@b.example/`,
          };
          request(`${daemon.url()}${path}`, { headers, method: 'POST' }, (response) =>
            response.resume().on('end', done),
          )
            .on('error', fail)
            .end(`password=${secrets.query}`);
        }),
    ),
  );
  const time = new Date().toISOString();
  for (const { text } of [...planted, ...expected])
    appendFileSync(
      join(folder, 'sentinel.log'),
      `${JSON.stringify({ level: 'warn', time, message: text })}\n${JSON.stringify({ level: 'warn', time, message: 'apart' })}\n`,
    );
  appendFileSync(
    join(folder, 'sentinel.log'),
    `${JSON.stringify({ level: 'warn', time, message: 'app-1.corp.example and app-2.corp.example, not app-1.corp.example' })}\n`,
  );
  const incidents = join(folder, 'incidents');
  const commandEnvironment = {
    ...environment,
    SENTINEL_INCIDENTS: incidents,
    SENTINEL_ADMIN_SOCKET: daemon.socket,
    XDG_STATE_HOME: join(folder, 'state'),
    HOME: folder,
    PATH: process.env['PATH'] ?? '',
  };
  const run = (...args: readonly string[]) => callSentinel(args, { environment: commandEnvironment });
  const opened = await run('incident', 'open', 'INC-001', '--title', `lost password=${secrets.note}`, '--sev', '3');
  assert.equal(opened.code, 0, opened.stdout + opened.stderr);
  const noted = await run('incident', 'note', `token=${secrets.note}, Authorization: Bearer ${secrets.bearer}`);
  assert.equal(noted.code, 0, noted.stdout + noted.stderr);

  const pasted = await run('incident', 'note', expected.map(({ text }) => text).join('\n\n'));
  assert.equal(pasted.code, 0, pasted.stdout + pasted.stderr);

  for (const profile of ['internal', 'share', 'paranoid']) {
    const taken = await run('incident', 'snapshot', 'INC-001', '-c', daemon.configFile, '--redact', profile, '--json');
    assert.equal(taken.code, 0, taken.stdout + taken.stderr);
    const { file } = (JSON.parse(taken.stdout) as { data: { file: string } }).data;
    const packed = readFileSync(file);
    const unpacked = gunzipSync(packed);
    assert.deepEqual(left(packed), []);
    assert.deepEqual(left(unpacked), [], profile);
    const text = unpacked.toString();
    // What they stood in is there.
    assert.ok(text.split('[redacted]').length > 200, `${text.split('[redacted]').length}`);
    if (profile === 'internal') {
      assert.match(text, /jsessionid=\[redacted\]/);
      assert.match(text, /app-1\.corp\.example and app-2\.corp\.example, not app-1/);
      continue;
    }
    assert.equal(text.includes('corp.example'), false, `hosts under ${profile}`);
    const [, one, other, again] = /(\[HOST:\w+\]) and (\[HOST:\w+\]), not (\[HOST:\w+\])/.exec(text) ?? [];
    assert.ok(one !== undefined && one === again && one !== other, `${one} ${other} ${again}`);
    // The same host of the configuration has the same token.
    assert.ok(text.includes(`sni "${one}"`), `no sni ${one}`);
    assert.ok(text.includes(`sni "${other}"`), `no sni ${other}`);
  }
  for (const file of filesBelow(incidents)) assert.deepEqual(left(readFileSync(file)), [], file);
});
