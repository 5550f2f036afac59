/** Secrets in headers and URLs, as they are really logged. Data of the held-out test; nothing here was ever valid anywhere. */
import { deflateRawSync } from 'node:zlib';
import { type HeldOut, b64, held, jwt, made, unexpected } from './held-out-secret.ts';

export const headers: readonly HeldOut[] = [
  held(
    'curl -v bearer',
    made('curl', 40),
    (s) =>
      `> GET /v1/pay HTTP/2\n> Host: api.example.com\n> user-agent: curl/8.5.0\n> authorization: Bearer ${s}\n> accept: */*\n>\n< HTTP/2 401`,
  ),
  held(
    'curl -v digest',
    made('digest', 32, 'hex'),
    (s) => `> Authorization: Digest username="ops", realm="admin", nonce="b7c9", uri="/x", response="${s}", qop=auth`,
  ),
  held(
    'curl command with -u',
    'Sommer-2026x',
    (s) => `+ curl -sS -u deploy:${s} https://registry.example.com/v2/_catalog`,
  ),
  held(
    'curl command with -H',
    made('-H', 32),
    (s) => `$ curl -H 'X-Auth-Token: ${s}' https://swift.example.com/v1/AUTH_x`,
  ),
  held('curl long option for a user', 'pa55-Wort!', (s) => `curl --user "svc:${s}" --retry 3 https://api.example.com`),
  held(
    'set-cookie of an express session',
    made('sid', 32, 'url'),
    (s) => `< set-cookie: connect.sid=s%3A${s}.kS9; Path=/; HttpOnly; Secure; SameSite=Lax`,
  ),
  held(
    'cookies in HAR',
    made('har', 26, 'lower'),
    (s) =>
      `{"request":{"method":"GET","url":"https://shop.example.com/","cookies":[{"name":"PHPSESSID","value":"${s}","httpOnly":true}],"headersSize":-1}}`,
  ),
  held(
    'headers in HAR',
    made('harh', 36),
    (s) =>
      `{"log":{"entries":[{"request":{"headers":[{"name":"x-api-key","value":"${s}"},{"name":"accept","value":"*/*"}]}}]}}`,
  ),
  held(
    'header pairs of Node',
    made('raw', 30),
    (s) => `rawHeaders: [ 'Host', 'a.example', 'Authorization', 'Token ${s}', 'Accept', '*/*' ]`,
  ),
  held(
    'gRPC metadata',
    made('grpc', 34, 'url'),
    (s) => `level=debug msg="invoke" metadata=map[authorization:[Bearer ${s}] x-request-id:[7c1]]`,
  ),
  held(
    'headers of a Go dump',
    made('goh', 40),
    (s) => `http: request headers: map[Accept:[*/*] X-Vault-Token:[${s}] User-Agent:[Go-http-client/1.1]]`,
  ),
  held(
    'proxy authorization',
    b64('corp\\jdoe:Herbst#26'),
    (s) => `CONNECT idp.example.com:443 HTTP/1.1\nProxy-Authorization: Basic ${s}\nProxy-Connection: Keep-Alive`,
  ),
  held('hub signature', made('hub', 64, 'hex'), (s) => `X-Hub-Signature-256: sha256=${s}`),
  held(
    'stripe signature',
    made('stripe', 64, 'hex'),
    (s) => `Stripe-Signature: t=1795000000,v1=${s},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`,
  ),
  held(
    'AWS signature 4',
    made('sig4', 64, 'hex'),
    (s) =>
      `Authorization: AWS4-HMAC-SHA256 Credential=AKIAQ3EGRIGXOD5EXAMP/20261120/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=${s}`,
  ),
  held(
    'header name that is the secret',
    made('hname', 24, 'lower'),
    (s) => `unknown request header "x-${s}: 1" dropped`,
    unexpected,
  ),
  held('websocket protocol with token', made('wsp', 40), (s) => `Sec-WebSocket-Protocol: bearer, ${s}`),
];

export const urls: readonly HeldOut[] = [
  held(
    'nginx log: token in query',
    made('nginx', 32),
    (s) =>
      `203.0.113.9 - - [20/Nov/2026:14:05:12 +0000] "GET /dl/report.pdf?access_token=${s}&lang=de HTTP/1.1" 200 5120 "-" "Mozilla/5.0"`,
  ),
  held(
    'nginx log: token in the referrer',
    made('ref', 32),
    (s) =>
      `203.0.113.9 - - [20/Nov/2026:14:05:12 +0000] "GET /a.css HTTP/1.1" 200 51 "https://app.example.com/reset?reset_token=${s}" "Mozilla/5.0"`,
  ),
  held(
    'OAuth code',
    made('code', 43, 'url'),
    (s) => `302 Location: https://app.example.com/callback?code=${s}&state=xyzABC123&session_state=1f2e`,
  ),
  held(
    'OAuth state',
    made('state', 43, 'url'),
    (s) => `GET /callback?error=access_denied&state=${s} HTTP/1.1`,
    unexpected,
  ),
  held(
    'id_token in a fragment',
    jwt('frag'),
    (s) => `location: https://spa.example.com/#id_token=${s}&token_type=Bearer&expires_in=3600`,
  ),
  held(
    'PKCE verifier',
    made('pkce', 64, 'url'),
    (s) => `POST /token grant_type=authorization_code&redirect_uri=https%3A%2F%2Fa.example%2Fcb&code_verifier=${s}`,
  ),
  held(
    'client_secret of a token request',
    made('csec', 40),
    (s) => `body: client_id=web&client_secret=${s}&grant_type=client_credentials`,
  ),
  held(
    'SAML response',
    deflateRawSync(
      '<samlp:Response ID="_1"><saml:NameID>jdoe@example.com</saml:NameID><ds:SignatureValue>abc</ds:SignatureValue></samlp:Response>',
    ).toString('base64'),
    (s) => `GET /acs?SAMLResponse=${encodeURIComponent(s)}&RelayState=%2Fhome HTTP/1.1`,
  ),
  held(
    'S3 signed URL',
    made('s3', 64, 'hex'),
    (s) =>
      `fetching https://b.s3.eu-west-1.amazonaws.com/k.gz?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAQ3EGRIGXOD5EXAMP%2F20261120&X-Amz-Expires=900&X-Amz-Signature=${s}`,
  ),
  held(
    'S3 session token in a signed URL',
    made('s3t', 220, 'base64'),
    (s) => `https://b.s3.amazonaws.com/k?X-Amz-Security-Token=${encodeURIComponent(s)}&X-Amz-SignedHeaders=host`,
  ),
  held(
    'GCS signed URL',
    made('gcs', 128, 'hex'),
    (s) =>
      `GET https://storage.googleapis.com/b/o.bin?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Expires=600&X-Goog-Signature=${s}`,
  ),
  held(
    'Azure SAS',
    made('sas', 43, 'base64'),
    (s) =>
      `https://acct.blob.core.windows.net/c/b?sv=2024-11-04&ss=b&srt=sco&sp=rl&se=2026-11-21T00:00:00Z&sig=${encodeURIComponent(`${s}=`)}`,
  ),
  held(
    'CloudFront signed URL',
    made('cf', 120, 'url'),
    (s) => `GET https://d111.cloudfront.net/v.mp4?Expires=1795000000&Signature=${s}__&Key-Pair-Id=K2JCJMDEHXQW5F`,
  ),
  held(
    'CloudFront cookie',
    made('cfc', 100, 'url'),
    (s) => `cookie: CloudFront-Policy=eyJTdGF0ZW1l; CloudFront-Signature=${s}; CloudFront-Key-Pair-Id=K2JC`,
  ),
  held(
    'Slack webhook',
    made('slack', 24),
    (s) => `POST https://hooks.slack.com/services/T0ABCDEFG/B0HIJKLMN/${s}: 404 no_service`,
  ),
  held(
    'Discord webhook',
    made('disc', 68, 'url'),
    (s) => `notify failed: https://discord.com/api/webhooks/123456789012345678/${s} 429`,
  ),
  held(
    'Teams webhook',
    made('teams', 32, 'hex'),
    (s) =>
      `https://corp.webhook.office.com/webhookb2/6b1f8d2e-0a5f-4b53-8d55-0f4a9cbb5d11@1f/IncomingWebhook/${s}/9c7d`,
  ),
  held(
    'Telegram bot in the path',
    `AA${made('tg', 33, 'url')}`,
    (s) => `GET https://api.telegram.org/bot712345678:${s}/sendMessage?chat_id=1 -> 400`,
  ),
  held(
    'PagerDuty routing key',
    made('pd', 32, 'lower'),
    (s) => `{"routing_key":"${s}","event_action":"trigger","payload":{"summary":"down"}}`,
  ),
  held(
    'URL with user and password',
    'k%C3%A4se-9!',
    (s) => `error: unable to access 'https://ci-bot:${s}@git.example.com/infra.git/': 403`,
  ),
  held('URL whose user is the token', made('urluser', 40), (s) => `Cloning https://${s}@github.com/acme/infra.git`),
  held(
    'password reset link',
    made('reset', 40, 'url'),
    (s) => `mail sent: https://app.example.com/users/password/edit?reset_password_token=${s}`,
  ),
  held('magic link in the path', made('magic', 48, 'url'), (s) => `GET /auth/magic/${s} HTTP/1.1 302`),
  held('signed cookie in query', made('jses', 32, 'upper'), (s) => `GET /shop/cart;jsessionid=${s}?x=1 HTTP/1.1`),
  held('double-encoded query', made('dbl', 32), (s) => `GET /login?next=%2Fcb%3Faccess_token%3D${s}%26x%3D1 HTTP/1.1`),
  held('Sentry DSN', made('sentry', 32, 'hex'), (s) => `SENTRY_DSN=https://${s}@o11.ingest.sentry.io/42`),
  held(
    'Google API key',
    `AIza${made('goog', 35, 'url')}`,
    (s) => `GET https://maps.googleapis.com/maps/api/js?key=${s}&v=3 403`,
  ),
];
