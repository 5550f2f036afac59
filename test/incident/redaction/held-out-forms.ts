/** Secrets in forms that hide them, and in configuration and environment. Data of the held-out test; nothing here was ever valid anywhere. */
import { type HeldOut, b64, environment, held, hexDump, kdl, made, unexpected, wrapped } from './held-out-secret.ts';

export const forms: readonly HeldOut[] = [
  held(
    'GraphQL variables',
    'graf-Linie-1',
    (s) =>
      `{"operationName":"Login","query":"mutation Login($e:String!,$p:String!){login(email:$e,password:$p){id}}","variables":{"e":"a@example.com","password":"${s}"}}`,
  ),
  held('GraphQL literal', 'graf-Punkt-2', (s) => `mutation { login(email: "a@example.com", password: "${s}") { id } }`),
  held(
    'multipart form',
    'mehr-teilig-3',
    (s) =>
      `------WebKitFormBoundary7MA\r\nContent-Disposition: form-data; name="password"\r\n\r\n${s}\r\n------WebKitFormBoundary7MA--`,
  ),
  held('form body', 'form+blatt%214', (s) => `POST /login user=ops&passwd=${s}&remember=1`),
  held('JSON in JSON', 'innen-innen-5', (s) =>
    JSON.stringify({ body: JSON.stringify({ payload: JSON.stringify({ password: s }) }) }),
  ),
  held('JSON with unicode escapes', 'schräg&strich', () => `{"password":"schr\\u00e4g\\u0026strich"}`, {
    pieces: ['strich'],
  }),
  held('hex dump of a header', made('hexd', 24), (s) => hexDump(`Authorization: Bearer ${s}\r\n`), {
    expected: false,
    pieces: [made('hexd', 24).slice(0, 10)],
  }),
  held(
    'quoted-printable',
    made('qp', 90),
    (s) => `Content-Transfer-Encoding: quoted-printable\n\ntoken=3D${s.slice(0, 60)}=\n${s.slice(60)}`,
    { pieces: [made('qp', 90).slice(0, 50), made('qp', 90).slice(60)] },
  ),
  held(
    'base64 wrapped at 76',
    b64(`{"password":"gewickelt-6","more":"${made('wrap', 80)}"}`),
    (s) => `Content-Transfer-Encoding: base64\n\n${wrapped(s, 76)}`,
    { expected: false, pieces: [b64(`{"password":"gewickelt-6","more":"${made('wrap', 80)}"}`).slice(0, 76)] },
  ),
  held(
    'bearer split over two lines',
    made('split', 40),
    (s) => `authorization: Bearer ${s.slice(0, 20)}\\\n${s.slice(20)}`,
    { pieces: [made('split', 40).slice(0, 20), made('split', 40).slice(20)] },
  ),
  held('key wrapped after the name', made('wrapn', 40), (s) => `api_key:\n  ${s}`),
  held('YAML block', made('yblock', 40), (s) => `password: |\n  ${s}\nuser: ops`),
  held('yaml folded', made('yfold', 40), (s) => `client_secret: >-\n    ${s}\nclient_id: web`),
  held(
    'secret in a file name',
    made('fname', 40, 'hex'),
    (s) => `ENOENT: no such file or directory, open '/run/secrets/token-${s}'`,
    unexpected,
  ),
  held(
    'SNI that is the secret',
    made('sni', 32, 'hex'),
    (s) => `TLS handshake for ${s}.webhook.example.com failed`,
    unexpected,
  ),
  held('colour codes between', made('ansi', 32), (s) => `\u001b[33mpassword\u001b[0m=\u001b[36m${s}\u001b[0m`),
  held('logfmt with quotes', 'log Form 7!', (s) => `level=error msg="login failed" user=ops password="${s}" took=3ms`),
  held('logfmt escaped', 'log"Form\\8', () => `level=error password="log\\"Form\\\\8" took=3ms`, {
    pieces: ['Form\\\\8'],
  }),
  held('words around it', 'Satz-Bau-9', (s) => `Login failed for user ops with password '${s}' from 10.0.0.1`),
  held('password is …', 'Wort-Wahl-10', (s) => `the new password is ${s}, please change it`),
  held('CLI flag, two words', 'Flagge-11', (s) => `exec: backup --db-password ${s} --host db`),
  held('CLI flag, equals', 'Flagge-12', (s) => `exec: backup --secret=${s} --host db`),
  held('JSON argv', 'Flagge-13', (s) => `{"argv":["backup","--password","${s}","--host","db"]}`),
  held('camel case', made('camel', 20), (s) => `{"dbPassword":"${s}","accessKeyId":"x"}`),
  held('German field', 'Pass-wort-14', (s) => `{"passwort":"${s}"}`, unexpected),
  held('passphrase', 'vier Worte ohne Sinn', (s) => `ssl_passphrase="${s}"`),
  held('env dump', made('envd', 30), (s) => `PATH=/usr/bin\nHOME=/root\nSTRIPE_WEBHOOK_SECRET=whsec_${s}\nLANG=C`),
  held('export', made('expo', 30), (s) => `export APP_ENCRYPTION_KEY='${s}'`),
  held('systemd Environment=', made('sysd', 20), (s) => `Environment="API_SECRET=${s}" "LANG=C"`),
  held('journald line', 'Tage-Buch-15', (s) => `Nov 20 14:05:12 prod-1 app[812]: connecting with password=${s}`),
  held('journald json', made('jd', 28), (s) => `{"__CURSOR":"s=1","MESSAGE":"X-Api-Key: ${s}","_PID":"812"}`),
  held('CSRF token', made('csrf', 64, 'url'), (s) => `<input type="hidden" name="csrf_token" value="${s}">`),
  held('session id in JSON', made('sess', 40), (s) => `{"event":"login","session_id":"${s}","ip":"10.0.0.1"}`),
  held('set with tuple', 'Tupel-16-x', (s) => `[('user','app'),('password','${s}')]`),
  held('SQL', 'Tabelle-17', (s) => `ERROR: CREATE USER app WITH PASSWORD '${s}' failed`),
  held('SQL identified by', 'Tabelle-18', (s) => `GRANT ALL ON *.* TO 'app'@'%' IDENTIFIED BY '${s}'`),
  held(
    'Kafka JAAS',
    'Jaas-Kaffee-19',
    (s) =>
      `sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="app" password="${s}";`,
  ),
  held('Windows net use', 'netz-Laufwerk-20', (s) => `net use Z: \\\\srv\\share /user:corp\\ops ${s}`, unexpected),
  held('encryption key in hex', made('enc', 64, 'hex'), (s) => `encryption_key: "${s}"`),
  held('TLS key log', made('keylog', 96, 'hex'), (s) => `CLIENT_RANDOM ${made('cr', 64, 'hex')} ${s}`),
];

export const configured: readonly HeldOut[] = [
  held('request header set', made('kdlh', 36), (s) => `request-headers { set { "X-Backend-Key" "${s}" } }`, kdl),
  held(
    'authorization header set',
    made('kdla', 36),
    (s) => `request-headers { add { "Authorization" "Bearer ${s}" } }`,
    kdl,
  ),
  held('raw string', made('kdlr', 36), (s) => `request-headers { set { "X-Auth-Token" #"${s}"# } }`, kdl),
  held(
    'rate-limit redis',
    'limit-Wort-21',
    (s) => `rate-limit { requests-per-second 10; backend "redis" { url "redis://:${s}@10.1.1.30:6379/0" } }`,
    kdl,
  ),
  held('comment', 'kommentar-22', (s) => `// old password: ${s}`, kdl),
  held('slashdash', 'abgehakt-23', (s) => `/-auth { password "${s}" }`, kdl),
  held('block comment', made('kdlc', 40), (s) => `/* token = ${s} */`, kdl),
  held('token hash', made('kdlt', 64, 'hex'), (s) => `token "oncall" { role "operator"; hash "sha256:${s}" }`, kdl),
  held('forward auth URL', 'vor-waerts-24', (s) => `auth { forward "http://svc:${s}@127.0.0.1:9000/verify" }`, kdl),
  held('header matcher', made('kdlm', 32), (s) => `matches { header "X-Internal-Token" "${s}" }`, kdl),
  held('query matcher', made('kdlq', 32), (s) => `matches { query-param "api_key" "${s}" }`, kdl),
  held(
    'tracing endpoint',
    made('kdlo', 32),
    (s) => `backend "otlp" { endpoint "https://otel:${s}@otel.example.com:4318" }`,
    kdl,
  ),
  held('property of a typo', 'tipp-Fehler-25', (s) => `databse url="x" pasword="${s}" secret-key="${s}"`, kdl),
  held('variable of the configuration', made('envkdl', 22), (s) => `BACKEND_THING=${s}`, environment),
  held('variable with a usual name', 'umwelt-Wort-26', (s) => `DB_PASSWORD=${s}`, environment),
  held('variable with a URL', 'umwelt-Wort-27', (s) => `DATABASE_URL=postgres://app:${s}@db/app`, environment),
];
