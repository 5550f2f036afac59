/**
 * Kinds of secrets, each in the form and at the place in which an outage brings it into a bundle. `gone` are the texts of which
 * nothing may be left. None of them opens anything; those that scanners of repositories know are put together here.
 */
import type { ContentKind } from '../../../src/incident/redaction/scrubber.ts';

export interface Planted {
  readonly kind: string;
  /** What it would be in, in a bundle. */
  readonly place: 'config' | 'env' | 'header' | 'url' | 'log' | 'body' | 'event' | 'argv' | 'label' | 'file';
  readonly content: ContentKind;
  readonly text: string;
  readonly gone: readonly string[];
}

const hex = (length: number) =>
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'.repeat(3).slice(0, length);
const mixed = (length: number) => 'Zt7Qm2Xw9Lr4Kp8Vn3Bd6Hs1Yc5Gf0JaEuTiOxRqWzMlNkPjSbDvFhCg'.repeat(4).slice(0, length);
const b64 = (text: string) => Buffer.from(text).toString('base64');
const b64url = (text: string) => Buffer.from(text).toString('base64url');
const log = (message: string, more: Record<string, unknown> = {}) =>
  `${JSON.stringify({ time: '2026-11-20T14:05:12.004Z', level: 'warn', event: 'upstream_error', msg: message, ...more })}\n`;

export const jwt = `${b64url('{"alg":"HS256","typ":"JWT"}')}.${b64url('{"sub":"4711","name":"Anna Vogel","iat":1516239022}')}.${mixed(43)}`;
const jwtParts = jwt.split('.') as [string, string, string];
const pemBody = [
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu',
  'NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s+CLOyS56YyCFGeJZ',
  'qgtzJ6GR3eqoYSW9b9UMvkBpZODSctWSNGj3P7jRFDO5VoTwCQAWbFnOjDfH5Ulg',
  'p2PKSQnSJP3AJLQNFNe7br1XbrhV',
];
const pem = (label: string, lines: readonly string[] = pemBody) =>
  `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----`;
const pieces = [...pemBody.slice(0, 4), 'p2PKSQnSJP3AJLQNFNe7br1XbrhV'];

/** What the configuration and the environment hold: known to whoever makes the bundle, wherever it stands. */
export const known = {
  database: 'kuh-Wiese_7!Regen',
  redis: 'redis://:Loch%2FNess%40Fjord9@10.9.8.7:6379/2',
  redisPassword: 'Loch/Ness@Fjord9',
  challenge: '0f1e2d3c4b5a69788796a5b4c3d2e1f0ffeeddccbbaa99887766554433221100',
  header: 'Tannenzapfen-im-Herbst-1987',
  phrase: 'vier Raben fliegen nach Osten',
  umlaut: 'Grüße-aus-Köln-42',
  number: '8419532706',
} as const;

const rows: Planted[] = [];
const add = (
  kind: string,
  place: Planted['place'],
  content: ContentKind,
  text: string,
  ...gone: readonly string[]
): void => void rows.push({ kind, place, content, text, gone });

// Schemes of `Authorization`.
add(
  'bearer token in a header of a log',
  'header',
  'ndjson',
  log('sent', { authorization: `Bearer ${mixed(32)}` }),
  mixed(32),
);
add('bearer token in prose', 'log', 'text', `retry with Authorization: Bearer ${mixed(30)} failed\n`, mixed(30));
add('bearer token of letters alone', 'log', 'text', 'curl: Bearer abcdefghijklmnop was refused\n', 'abcdefghijklmnop');
add(
  'basic login in a header',
  'header',
  'text',
  `> Authorization: Basic ${b64('anna:Fischbrot77')}\n`,
  b64('anna:Fischbrot77'),
);
add('basic login in a URL', 'url', 'text', 'GET https://anna:Fischbrot78@example.com/a failed\n', 'Fischbrot78');
add('login of curl', 'argv', 'text', 'curl -u anna:Fischbrot79 https://example.com/\n', 'Fischbrot79');
add(
  'login of curl in a list of arguments',
  'argv',
  'json',
  '{"argv":["curl","-u","anna:Fischbrot80","https://example.com/"]}',
  'Fischbrot80',
);
add(
  'digest login',
  'header',
  'text',
  `Authorization: Digest username="anna", realm="x", nonce="${hex(16)}", response="6629fae49393a05397450978507c4ef1"\n`,
  '6629fae49393a05397450978507c4ef1',
);
add(
  'digest login in JSON',
  'header',
  'ndjson',
  log(`sent Digest username="anna", response="7729fae49393a05397450978507c4ef2"`),
  '7729fae49393a05397450978507c4ef2',
);
add(
  'negotiate ticket',
  'header',
  'text',
  'WWW: Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa+gMDAuBgkqhkiC9\n',
  'YIIJvwYGKwYBBQUCoIIJszCCCa',
);
add(
  'header folded over lines',
  'header',
  'text',
  `Authorization:\r\n Basic ${b64('bert:Hafermilch')}\r\nHost: a.example\r\n`,
  b64('bert:Hafermilch'),
);
add(
  'header folded after its scheme',
  'header',
  'text',
  `proxy-authorization: Digest username="bert",\n   response="8829fae49393a05397450978507c4ef3"\nhost: a\n`,
  '8829fae49393a05397450978507c4ef3',
);
add(
  'AWS signature',
  'header',
  'text',
  `Authorization: AWS4-HMAC-SHA256 Credential=${'AKIA'}IOSFODNN7EXAMPLE/20261120/eu/s3/aws4_request, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024\n`,
  'fe5f80f77d5fa3beca038a248ff027d0',
  'AKIAIOSFODNN7EXAMPLE',
);
add(
  'header given to curl',
  'argv',
  'text',
  `curl -H 'X-Api-Key: Kranich-Flug-11' -H "Authorization: Token Storch22" http://x/\n`,
  'Kranich-Flug-11',
  'Storch22',
);
add(
  'list of raw headers',
  'header',
  'json',
  '{"rawHeaders":["Host","a","Authorization","Storch Nest 33","X-Api-Key","Storch44"]}',
  'Storch Nest 33',
  'Storch44',
);
add(
  'headers as names and values',
  'header',
  'json',
  '{"headers":[{"name":"X-Auth-Token","value":"Reiher-55"},{"value":"Reiher-66","name":"Cookie"}]}',
  'Reiher-55',
  'Reiher-66',
);

// Tickets.
add('JWT', 'log', 'ndjson', log(`token ${jwt} has expired`), jwtParts[1], jwtParts[2]);
add('JWT in a query', 'url', 'text', `GET /a?id_token=${jwt}&x=1 HTTP/1.1\n`, jwtParts[1], jwtParts[2]);
add('JWT in a path', 'url', 'ndjson', log('refused', { path: `/v/${jwt}/confirm` }), jwtParts[1], jwtParts[2]);
add('JWT in a cookie', 'header', 'text', `Cookie: theme=dark; jwt=${jwt}; lang=de\n`, jwtParts[1], jwtParts[2]);
add(
  'JWT split at its dots',
  'body',
  'json',
  JSON.stringify({ a: jwtParts[0], token: jwtParts[1], signature: jwtParts[2] }),
  jwtParts[1],
  jwtParts[2],
);
add(
  'JWT wrapped at 80 columns',
  'log',
  'text',
  `${`the ticket was Bearer ${jwt}`.replace(/.{80}/g, '$&\n')}\nnext line\n`,
  jwtParts[1].slice(0, 40),
  jwtParts[2].slice(-20),
);
add(
  'JWT cut over two log lines',
  'log',
  'ndjson',
  log(`seen ${jwt.slice(0, 70)}`) + log(`${jwt.slice(70)} and so on`),
  jwt.slice(40, 70),
  jwt.slice(70, 100),
);
add(
  'SAML response',
  'body',
  'text',
  `POST /acs SAMLResponse=${encodeURIComponent(b64(`<samlp:Response ID="${mixed(20)}">`))}\n`,
  b64(`<samlp:Response ID="${mixed(20)}">`).slice(0, 30),
);

// Keys of clouds and services.
add('AWS key id', 'log', 'text', `key ${'AKIA'}Q3EGSOMEKEYID234 is not allowed\n`, 'AKIAQ3EGSOMEKEYID234');
add('AWS temporary key id', 'log', 'text', `${'ASIA'}Q3EGSOMEKEYID235,x\n`, 'ASIAQ3EGSOMEKEYID235');
add(
  'AWS secret key by its name',
  'env',
  'text',
  'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
);
add(
  'AWS secret key alone',
  'log',
  'text',
  'loaded wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ from disk\n',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEZ',
);
add(
  'AWS session token',
  'body',
  'json',
  `{"Credentials":{"SessionToken":"IQoJb3JpZ2luX2Vj${mixed(40)}","AccessKeyId":"${'ASIA'}Q3EGSOMEKEYID236"}}`,
  `IQoJb3JpZ2luX2Vj${mixed(40)}`,
  'ASIAQ3EGSOMEKEYID236',
);
add(
  'GCP service account',
  'body',
  'json',
  JSON.stringify(
    { type: 'service_account', project_id: 'x', private_key_id: hex(40), private_key: `${pem('PRIVATE KEY')}\n` },
    null,
    2,
  ),
  ...pieces,
);
add(
  'GCP API key',
  'url',
  'text',
  `GET /maps?key=${'AIza'}SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY HTTP/1.1\n`,
  'SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY',
);
add('Google OAuth token', 'log', 'ndjson', log(`got ${'ya29.'}a0AfH6SMB${mixed(30)}`), `a0AfH6SMB${mixed(30)}`);
add('GitHub token', 'log', 'ndjson', log(`clone with ${'ghp_'}${mixed(36)}`), mixed(36));
add('GitHub fine-grained token', 'env', 'text', `X=${'github_pat_'}11ABCDEFG0_${mixed(50)}\n`, mixed(50));
add(
  'GitHub app token in a URL',
  'url',
  'text',
  `https://x-access-token:${'ghs_'}${mixed(36)}@github.com/a/b.git\n`,
  mixed(36),
);
add('GitLab token', 'log', 'text', `remote: ${'glpat-'}Xy7Zt2_Qw9Lr4Kp8Vn3B denied\n`, 'Xy7Zt2_Qw9Lr4Kp8Vn3B');
add(
  'Slack token',
  'log',
  'text',
  `${'xoxb-'}263594206564-2343594206574-FGqddMF8t08v8N7Oq4i57vs1 \n`,
  'FGqddMF8t08v8N7Oq4i57vs1',
);
add(
  'Slack webhook',
  'config',
  'text',
  `alert to https://hooks.slack.com/${'services'}/T00000000/B00000000/Wq7Zt2Qw9Lr4Kp8Vn3Bd6Hs1\n`,
  'Wq7Zt2Qw9Lr4Kp8Vn3Bd6Hs1',
);
add('Stripe key', 'body', 'json', `{"k":"${'sk_'}live_${mixed(24)}"}`, mixed(24));
add('Twilio key', 'log', 'text', `sid ${'SK'}${hex(32)} used\n`, hex(32));
add('Twilio auth token', 'env', 'text', `TWILIO_AUTH_TOKEN=${hex(32)}\n`, hex(32));
add(
  'SendGrid key',
  'log',
  'text',
  `mail: ${'SG'}.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr\n`,
  'ngeVfQFYQlKU0ufo8x5d1A',
  'TwL2iGABf9DHoTf',
);
add('npm token', 'file', 'text', `//registry.npmjs.org/:_authToken=${'npm_'}${mixed(36)}\n`, mixed(36));
add('PyPI token', 'log', 'text', `upload ${'pypi-'}AgEIcHlwaS5vcmc${mixed(40)}\n`, `AgEIcHlwaS5vcmc${mixed(40)}`);
add(
  'Azure storage key',
  'config',
  'text',
  `DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=${b64(mixed(64))};EndpointSuffix=core.windows.net\n`,
  b64(mixed(64)),
);
add(
  'Azure signature of a URL',
  'url',
  'ndjson',
  log('refused', {
    query: `sv=2022-11-02&ss=b&sig=${encodeURIComponent('fZ3/Qm2Xw9Lr4Kp8+Vn3Bd6Hs1Yc5Gf0Ja=')}&se=2026`,
  }),
  'fZ3%2FQm2Xw9Lr4Kp8',
);
add(
  'Azure AD client secret',
  'log',
  'text',
  `azure said: ${'abc8Q~'}Rt7Zt2Qw9Lr4Kp8Vn3Bd6Hs1Yc5Gf0JaE is wrong\n`,
  'Rt7Zt2Qw9Lr4Kp8Vn3Bd6Hs1Yc5Gf0JaE',
);
add('DigitalOcean token', 'log', 'text', `doctl ${'dop_v1_'}${hex(64)}\n`, hex(64));
add(
  'Heroku key',
  'env',
  'text',
  'HEROKU_API_KEY=01234567-89ab-cdef-0123-456789abcdee\n',
  '01234567-89ab-cdef-0123-456789abcdee',
);
add('Datadog keys', 'env', 'text', `DD_API_KEY=${hex(32)}\nexport DD_APPLICATION_KEY=${hex(40)}\n`, hex(32));
add(
  'New Relic key',
  'log',
  'text',
  `license ${hex(36)}${'FFFFNRAL'} and ${'NRAK-'}1A2B3C4D5E6F7G8H9I0J1K2L3M4\n`,
  hex(36),
  '1A2B3C4D5E6F7G8H9I0J1K2L3M4',
);
add('OpenAI style key', 'log', 'ndjson', log(`refused: ${'sk-'}proj-${mixed(48)}`), mixed(48));
add('Anthropic style key', 'header', 'text', `x-api-key: ${'sk-'}ant-api03-${mixed(40)}\n`, mixed(40));
add(
  'Telegram bot',
  'url',
  'text',
  `https://api.telegram.org/bot110201543:${'AA'}HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage\n`,
  'HdqTcvCH1vGWJxfSeofSAs0K5PALDsaw',
);
add('Discord webhook', 'config', 'text', `https://discord.com/api/${'webhooks'}/1234567890/${mixed(60)}\n`, mixed(60));
add('HashiCorp Vault token', 'env', 'text', `VAULT=${'hvs.'}CAESI${mixed(40)}\n`, mixed(40));
add(
  'Google OAuth client secret',
  'body',
  'json',
  `{"web":{"client_secret":"${'GOCSPX-'}Zt7Qm2Xw9Lr4Kp8Vn3Bd6Hs"}}`,
  'Zt7Qm2Xw9Lr4Kp8Vn3Bd6Hs',
);
add('Shopify token', 'log', 'text', `${'shpat_'}${hex(32)} expired\n`, hex(32));
add('Mailgun key', 'log', 'text', `${'key-'}${hex(32)} expired\n`, hex(32));
add(
  'age key',
  'file',
  'text',
  `${'AGE-SECRET-KEY-'}1QJPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHC\n`,
  '1QJPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
);

// Keys in armour.
for (const label of [
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'OPENSSH PRIVATE KEY',
])
  add(`PEM ${label} over lines`, 'file', 'text', `before\n${pem(label)}\nafter\n`, ...pieces);
add(
  'PGP key',
  'file',
  'text',
  `${pem('PGP PRIVATE KEY BLOCK', ['Version: GnuPG v2', '', ...pemBody, '=aB3d'])}\n`,
  ...pieces,
);
add(
  'PEM with a passphrase',
  'file',
  'text',
  `${pem('RSA PRIVATE KEY', ['Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,52A8E', '', ...pemBody])}\n`,
  ...pieces,
);
add('PEM in one line', 'env', 'text', `TLS_KEY="${pem('PRIVATE KEY').replaceAll('\n', '\\n')}"\n`, ...pieces);
add(
  'PEM in one line without line ends',
  'log',
  'text',
  `key: ${pem('PRIVATE KEY').replaceAll('\n', ' ')} loaded\n`,
  ...pieces,
);
add('PEM in a message', 'log', 'ndjson', log(`cannot parse ${pem('EC PRIVATE KEY')}`), ...pieces);
add('PEM cut off', 'log', 'ndjson', log(pem('PRIVATE KEY').slice(0, 220)) + log('serving'), ...pieces.slice(0, 2));
add('PEM cut off in a text', 'log', 'text', `${pem('PRIVATE KEY').slice(0, 220)}\n`, ...pieces.slice(0, 2));
add(
  'PEM with a log line for each line',
  'log',
  'ndjson',
  pem('PRIVATE KEY')
    .split('\n')
    .map((line) => log(line))
    .join(''),
  ...pieces,
);
add(
  'PEM in the journal of the system',
  'log',
  'text',
  pem('PRIVATE KEY')
    .split('\n')
    .map((line) => `Nov 20 14:05:12 prod-1 app[7]: ${line}\n`)
    .join(''),
  ...pieces,
);
add(
  'PEM in YAML',
  'config',
  'text',
  `tls:\n  key: |\n${pem('PRIVATE KEY').replace(/^/gm, '    ')}\n  other: 1\n`,
  ...pieces,
);
add(
  'PEM in base64',
  'body',
  'json',
  JSON.stringify({ data: { 'tls.crt2': b64(pem('RSA PRIVATE KEY')) } }),
  b64(pem('RSA PRIVATE KEY')).slice(0, 60),
);
add(
  'PKCS#12 in base64',
  'body',
  'json',
  `{"store":"MIIKPAIBAzCCCgIGCSqGSIb3DQEHAaCCCfMEggnvMIIJ6zCCBG8GCSqGSIb3DQEHBqCCBGAw${mixed(60)}"}`,
  mixed(60),
);
add(
  'key of PuTTY',
  'file',
  'text',
  `PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 2\n${pemBody[0]}\n${pemBody[1]}\nPrivate-MAC: ${hex(40)}\n`,
  pemBody[0] as string,
  pemBody[1] as string,
);

// Cookies and sessions.
add('cookie', 'header', 'text', 'Cookie: SID=Hk29dkfJ2; csrftoken=Kd82ls9\n', 'Hk29dkfJ2', 'Kd82ls9');
add(
  'cookie that is set',
  'header',
  'ndjson',
  log('got', { 'set-cookie': ['app=Wm93kdls; Path=/; HttpOnly'] }),
  'Wm93kdls',
);
add('session id in a query', 'url', 'text', 'GET /cart?PHPSESSID=kd93jfls02mf HTTP/1.1\n', 'kd93jfls02mf');
add(
  'session id in a path',
  'url',
  'text',
  'GET /cart;jsessionid=0A1B2C3D4E5F66778899 HTTP/1.1\n',
  '0A1B2C3D4E5F66778899',
);
add(
  'token in a fragment',
  'url',
  'text',
  'Referer: https://a.example/cb#access_token=Mq2Zt7Xw9&token_type=bearer\n',
  'Mq2Zt7Xw9',
);
add('code of a login', 'url', 'text', 'GET /callback?code=4%2F0AY0e-g7Qx&state=Zx81kd HTTP/1.1\n', '4%2F0AY0e-g7Qx');

// Connection strings.
add('postgres URL', 'env', 'text', 'postgres://app:Elch!p@ss/w#rd@db.internal:5432/shop\n', 'Elch!p', 'ss/w#rd');
add(
  'mysql URL',
  'log',
  'ndjson',
  log('cannot reach mysql://root:Dachs%40Bau@db/shop?ssl=1'),
  'Dachs%40Bau',
  'Dachs@Bau',
);
add(
  'mongodb URL',
  'log',
  'text',
  'mongodb+srv://u:Otter-9-Fluss@cluster0.mongodb.net/x?retryWrites=true\n',
  'Otter-9-Fluss',
);
add('redis URL with a password alone', 'log', 'text', 'redis://:Iltis-7@10.0.0.5:6379/0\n', 'Iltis-7');
add('amqp URL', 'log', 'text', 'amqps://svc:Marder_8@mq:5671/%2f\n', 'Marder_8');
add('JDBC URL', 'log', 'text', 'jdbc:postgresql://db/shop?user=app&password=Wiesel_6&ssl=true\n', 'Wiesel_6');
add(
  'ADO connection string',
  'config',
  'json',
  '{"x":"Server=db;Database=shop;User Id=sa;Password=Hermelin$5;Encrypt=yes"}',
  'Hermelin$5',
);
add('DSN of Go', 'log', 'text', 'dial app:Zobel%4Z@tcp(db:3306)/shop failed\n', 'Zobel%4Z');

// Files of logins.
add('.netrc', 'file', 'text', 'machine api.example login anna password Forelle3\n', 'Forelle3');
add('.pgpass', 'file', 'text', 'db.internal:5432:shop:app:Karpfen2\n', 'Karpfen2');
add('htpasswd bcrypt', 'file', 'text', `anna:$2y$05$${mixed(53)}\n`, mixed(53));
add('htpasswd apr1', 'file', 'text', 'bert:$apr1$Xk2z8d1Q$9sD8fKd0sLq2Zt7Qm2Xw90\n', '9sD8fKd0sLq2Zt7Qm2Xw90');
add('htpasswd crypt', 'file', 'text', 'carl:rqXexS6ZhobKA\n', 'rqXexS6ZhobKA');
add('htpasswd SHA', 'file', 'text', 'dora:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n', 'W6ph5Mm5Pz8GgiULbPgzG37mj9g');
add(
  'shadow',
  'file',
  'text',
  'root:$6$rounds=5000$saltsalt$Zt7Qm2Xw9Lr4Kp8Vn3Bd6Hs1:19000:0:99999:7:::\n',
  'Zt7Qm2Xw9Lr4Kp8Vn3Bd6Hs1',
);
add(
  'argon2 hash',
  'body',
  'json',
  '{"h":"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG"}',
  'RdescudvJCsgt3ub',
);

// Names of many spellings.
add(
  'environment dump',
  'env',
  'text',
  'PATH=/bin\nDB_PASSWORD=Hecht und Zander 1\nHOME=/root\nAPI_TOKEN=Zander2\n',
  'Hecht und Zander 1',
  'Zander2',
);
add(
  'environment as JSON',
  'env',
  'json',
  '{"env":{"PATH":"/bin","DB_PASS":"Aal-1","SMTP_PASSWORD":"Aal-2"}}',
  'Aal-1',
  'Aal-2',
);
add(
  'environment as a list',
  'env',
  'json',
  '{"env":[{"name":"DB_PASSWORD","value":"Aal-3"},{"name":"A","value":"b"}],"Env":["DB_PASSWORD=Aal-4"]}',
  'Aal-3',
  'Aal-4',
);
add('argument --password', 'argv', 'text', 'cmd --user x --password Barsch1 --verbose\n', 'Barsch1');
add(
  'argument --password= in a list',
  'argv',
  'json',
  '{"argv":["cmd","--password=Barsch2","--api-token","Barsch3"]}',
  'Barsch2',
  'Barsch3',
);
add(
  'argument -p',
  'argv',
  'text',
  'mysql -h db -u app -pBarsch4 shop\nsshpass -p Barsch5 ssh x\n',
  'Barsch4',
  'Barsch5',
);
add(
  'YAML',
  'config',
  'text',
  'db:\n  user: app\n  password: Quappe eins # old\n  apiKey: "Quappe2"\n',
  'Quappe eins',
  'Quappe2',
);
add(
  'YAML block',
  'config',
  'text',
  'db:\n  password: >-\n    Quappe drei\n    Quappe vier\n  port: 5432\n',
  'Quappe drei',
  'Quappe vier',
);
add('YAML list', 'config', 'text', 'passwords:\n  - Quappe5\n  - Quappe6\nport: 1\n', 'Quappe5', 'Quappe6');
add(
  'YAML of Kubernetes',
  'config',
  'text',
  'env:\n- name: DB_PASSWORD\n  value: Quappe7\n- name: A\n  value: b\n',
  'Quappe7',
);
add(
  'TOML',
  'config',
  'text',
  '[db]\npassword = "Schleie 1"\nclient-secret = \'Schleie2\'\nsigning_key = """\nSchleie3\n"""\n',
  'Schleie 1',
  'Schleie2',
  'Schleie3',
);
add('INI', 'config', 'text', '[db]\r\nPassword = Schleie vier\r\nPort = 1\r\n', 'Schleie vier');
add(
  'Java properties',
  'config',
  'text',
  'spring.datasource.password = Plötze eins\ndb.passwd:Plötze2\nlong.secret=Plötze3\\\n  Plötze4\n',
  'Plötze eins',
  'Plötze2',
  'Plötze3',
  'Plötze4',
);
add(
  'XML',
  'config',
  'text',
  '<db><user>a</user><dbPassword>Rotauge1</dbPassword><add key="ApiKey" value="Rotauge2"/><x secret="Rotauge3"/></db>\n',
  'Rotauge1',
  'Rotauge2',
  'Rotauge3',
);
add(
  'XML with CDATA',
  'config',
  'text',
  '<password><![CDATA[Rotauge4]]></password><property name="db.password">Rotauge5</property>\n',
  'Rotauge4',
  'Rotauge5',
);
add(
  'camel case, kebab case, capitals',
  'body',
  'json',
  '{"dbPassword":"Stör1","pass-word":"Stör2","PASS_WORD":"Stör3","PassWord":"Stör4","db.password":"Stör5","user[password]":"Stör6","X-API-KEY":"Stör7","accessToken":"Stör8"}',
  'Stör1',
  'Stör2',
  'Stör3',
  'Stör4',
  'Stör5',
  'Stör6',
  'Stör7',
  'Stör8',
);
add('numbers', 'body', 'json', '{"password":483920,"pin":4839,"nested":{"secret":77123}}', '483920', '77123', '4839,');
add(
  'lists and objects of secrets',
  'body',
  'json',
  '{"secrets":{"db":"Wels1","mail":{"x":"Wels2"}},"passwords":["Wels3"],"credentials":{"user":"a","key":"Wels4"}}',
  'Wels1',
  'Wels2',
  'Wels3',
  'Wels4',
);
add('form', 'body', 'text', 'user=a&password=Lachs+eins%21&submit=1\n', 'Lachs+eins', 'Lachs%20eins');
add(
  'multipart form',
  'body',
  'text',
  'Content-Disposition: form-data; name="password"\r\n\r\nLachs2!x9\r\n--b\r\n',
  'Lachs2!x9',
);
add('prose', 'log', 'ndjson', log('login with password is Lachs3!x9 failed'), 'Lachs3!x9');

// In something else.
add(
  'JSON in JSON',
  'log',
  'ndjson',
  log(`body was ${JSON.stringify({ user: 'a', password: 'Huchen 1"x' })}`),
  'Huchen 1',
);
add(
  'JSON in JSON in JSON',
  'log',
  'ndjson',
  log('body', { body: JSON.stringify({ inner: JSON.stringify({ password: 'Huchen 2, drei' }) }) }),
  'Huchen 2, drei',
);
add('JSON in JSON in a text', 'log', 'text', `got {"a":"{\\"password\\":\\"Huchen 4\\"}"} from b\n`, 'Huchen 4');
add(
  'JSON in a query in a log',
  'url',
  'ndjson',
  log('refused', { query: `state=${encodeURIComponent('{"password":"Huchen 5"}')}` }),
  'Huchen%205',
  'Huchen 5',
);
add(
  'query in a query',
  'url',
  'text',
  `GET /in?next=${encodeURIComponent(`/a?token=${encodeURIComponent('Äsche/1')}`)} HTTP/1.1\n`,
  '%25C3%2584sche%252F1',
);
add(
  'base64 of JSON',
  'body',
  'json',
  `{"data":"${b64('{"user":"a","password":"Aesche2"}')}"}`,
  b64('{"user":"a","password":"Aesche2"}').slice(8, 40),
);
add(
  'wrapped base64',
  'body',
  'text',
  `${b64(`some words before it so that it is longer than a line, and then password=Aesche3x and more of it`).replace(/.{76}/g, '$&\n')}\n`,
  b64('password=Aesche3x').slice(2, 18),
);
add(
  'escapes',
  'body',
  'text',
  'got {"\\u0070assword":"\\u0041esche4"} and \\x70assword=Aesche5\n',
  '\\u0041esche4',
  'Aesche5',
);
add(
  'entities',
  'body',
  'text',
  'got {&quot;password&quot;:&quot;Aesche6&quot;} &#112;assword&#61;Aesche7\n',
  'Aesche6',
  'Aesche7',
);
add('percent-encoded name and value', 'url', 'text', 'q=%70assword%3DAesche8%26x%3D1\n', 'Aesche8');
add(
  'colours within a token',
  'log',
  'text',
  `key ${'ghp_'}${mixed(18)}\u001b[31m${mixed(36).slice(18)}\u001b[0m here\n`,
  mixed(18),
  mixed(36).slice(18),
);
add('characters of no width within a name', 'log', 'ndjson', log('pass\u200bword=Aesche9'), 'Aesche9');
add('number of a card', 'body', 'ndjson', log('paid with 4111 1111 1111 1111'), '4111 1111 1111 1111');
add('IBAN', 'body', 'ndjson', log('refund to DE89 3704 0044 0532 0130 00'), '3704 0044 0532');
add(
  'label of a metric',
  'label',
  'prometheus',
  `app_calls_total{route="a",api_key="Brasse-1",url="https://u:Brasse2@h/"} 4\n`,
  'Brasse-1',
  'Brasse2',
);

// Of the configuration.
add(
  'value in the environment of a configuration',
  'config',
  'kdl',
  `upstreams {\n  upstream "a" { target "10.0.0.1:80" }\n}\n// old password: Zingel1\nroutes { route "r" { policies { request-headers { set { X-Api-Key "Zingel2" ; Authorization "Bearer Zingel3" } } } } }\n`,
  'Zingel1',
  'Zingel2',
  'Zingel3',
);
add(
  'hash of an admin token',
  'config',
  'kdl',
  `observability { admin { token "ci" { role "admin"; hash "sha256:${hex(64)}" } } }\n`,
  hex(64),
);
add(
  'redis of a rate limit',
  'config',
  'kdl',
  'rate-limit { backend "redis" { url "redis://:Zingel4@10.0.0.5:6379" } }\n',
  'Zingel4',
);
add(
  'configuration that cannot be read',
  'config',
  'kdl',
  'routes { route "r" {\n  password "Zingel5"\n  Authorization "Basic enp6enp6eg=="\n',
  'Zingel5',
  'enp6enp6eg',
);
add(
  'difference of configurations',
  'config',
  'text',
  '--- a\n+++ b\n-  X-Api-Key "Zingel6"\n+  X-Api-Key "Zingel7"\n',
  'Zingel6',
  'Zingel7',
);
add(
  'reason of an event',
  'event',
  'ndjson',
  log('', {
    event: 'config_reload_failed',
    reason: 'set header to "Bearer Zingel8x": refused',
    old: { token: 'Zingel9' },
  }),
  'Zingel8x',
  'Zingel9',
);

// Known values, in every form.
const k = known.database;
add('known value', 'log', 'ndjson', log(`said ${k}!`), k);
add(
  'known value in capitals of hexadecimals',
  'log',
  'text',
  `x ${Buffer.from(k).toString('hex').toUpperCase()} y\n`,
  Buffer.from(k).toString('hex').toUpperCase(),
);
for (const offset of [0, 1, 2])
  add(
    `known value in longer base64, alignment ${offset}`,
    'body',
    'ndjson',
    log('body', { data: b64(`\u0001${'ab'.repeat(6)}${'c'.repeat(offset)}${known.header}\u0002\u0003tail`) }),
    ...middleOf(known.header, offset),
  );
add('known value in base64url', 'log', 'text', `x=${b64url(known.umlaut)}\n`, b64url(known.umlaut).slice(0, -1));
add(
  'known value percent-encoded',
  'url',
  'text',
  `GET /a?x=${encodeURIComponent(known.redisPassword)} HTTP/1.1\n`,
  encodeURIComponent(known.redisPassword),
);
add(
  'known value percent-encoded twice',
  'url',
  'text',
  `GET /a?x=${encodeURIComponent(encodeURIComponent(known.redisPassword))} HTTP/1.1\n`,
  encodeURIComponent(encodeURIComponent(known.redisPassword)),
);
add(
  'known value, every character escaped',
  'log',
  'text',
  `x "${Array.from(k, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"\n`,
  '\\u006b\\u0075\\u0068',
);
add(
  'known value as entities',
  'body',
  'text',
  `<p>${Array.from(k, (one) => `&#${one.charCodeAt(0)};`).join('')}</p>\n`,
  '&#107;&#117;&#104;',
);
add(
  'known value split over two log lines',
  'log',
  'ndjson',
  log(`the value ${k.slice(0, 8)}`) + log('other') + log(`${k.slice(8)} was refused`),
  k.slice(0, 8),
  k.slice(8),
);
add(
  'known value after a short first half',
  'log',
  'ndjson',
  log(`the value ${known.header.slice(0, 3)}`) + log(`${known.header.slice(3)} was refused`),
  known.header.slice(3),
);
add(
  'known value wrapped at 80 columns',
  'log',
  'text',
  `${'x'.repeat(68)} ${known.header.slice(0, 11)}\n${known.header.slice(11)} y\n`,
  known.header.slice(0, 11),
  known.header.slice(11),
);
add(
  'known value cut at the end',
  'log',
  'ndjson',
  log(`tried ${known.phrase.slice(0, 20)}…`),
  known.phrase.slice(0, 20),
);
add('known value with colours', 'log', 'text', `x ${k.slice(0, 6)}\u001b[1m${k.slice(6)}\u001b[0m\n`, k.slice(6));
add('known value in a name of JSON', 'body', 'json', `{"by":{"${known.header}":1}}`, known.header);
add('known number', 'body', 'json', `{"a":${known.number},"b":"${known.number}"}`, known.number);
add('known value in a label', 'label', 'prometheus', `x_total{path="/a/${known.header}"} 1\n`, known.header);
add('known URL of a redis', 'event', 'ndjson', log(`cannot reach ${known.redis}`), 'Loch%2FNess', known.redis);
add('known hash', 'config', 'json', `{"sha":"${known.challenge.toUpperCase()}"}`, known.challenge.toUpperCase());

/** What is the same of it whatever stands around. */
function middleOf(value: string, offset: number): readonly string[] {
  const lead = Buffer.from(`\u0001${'ab'.repeat(6)}${'c'.repeat(offset)}`);
  const text = Buffer.concat([lead, Buffer.from(value)]).toString('base64');
  return [text.slice(Math.ceil((lead.length * 4) / 3), -4)];
}

export const planted: readonly Planted[] = rows;
