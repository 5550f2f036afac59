/** HAProxy as a peer: the measure for CPU a request. Its log goes to stdout, which the bench redirects into a file. */
import type { ConfigFile, Contender, ContenderSettings } from '../contender.ts';
import { versionOf } from '../processes.ts';

export const haproxy: Contender = {
  name: 'haproxy',
  find: () => {
    const version = versionOf('haproxy', ['-v']);
    return version === null ? { missing: 'haproxy is not installed' } : { version };
  },
  files,
  command: ({ dir }) => ['haproxy', '-db', '-f', `${dir}/haproxy.cfg`],
  env: () => ({}),
};

function files({
  dir,
  port,
  originPort,
  accessLog,
  routes,
  workers,
  guards,
  tls,
}: ContenderSettings): readonly ConfigFile[] {
  const log = accessLog ? '  log stdout format raw local0\n' : '';
  const httpLog = accessLog ? '  log global\n  option httplog\n' : '';
  // A map is how a HAProxy operator routes many prefixes: a thousand `acl` lines would be tried one after another.
  const route =
    routes.length === 0
      ? '  default_backend origin'
      : `  use_backend %[path,map_beg(${dir}/haproxy-routes.map)] if { path,map_beg(${dir}/haproxy-routes.map) -m found }`;
  const limit =
    guards === true
      ? `  stick-table type ip size 100k expire 30s store http_req_rate(1s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }
`
      : '';
  const check = guards === true ? '  option httpchk GET /small\n' : '';
  const checked = guards === true ? ' check inter 1s observe layer7 error-limit 50 on-error mark-down' : '';
  const tickets = tls?.resumes === false ? ' no-tls-tickets' : '';
  const secured = tls === null ? '' : ` ssl crt ${tls.bothFile} ssl-min-ver TLSv1.2 alpn http/1.1${tickets}`;
  const cache = tls === null ? '' : '  tune.ssl.cachesize 0\n';
  const configuration = `global
  nbthread ${workers}
  maxconn 4096
${cache}${log}
defaults
  mode http
${httpLog}  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s

frontend clients
  bind 127.0.0.1:${port} backlog 4096${secured}
${limit}${route}

backend origin
${check}  server origin 127.0.0.1:${originPort}${checked}
`;
  const main = { name: 'haproxy.cfg', text: configuration };
  if (routes.length === 0) return [main];
  return [main, { name: 'haproxy-routes.map', text: routes.map((prefix) => `${prefix} origin\n`).join('') }];
}
