/** nginx as a peer, and the parts of its configuration that the origin shares. */
import { userInfo } from 'node:os';
import type { Contender, ContenderSettings, ContenderTls } from '../contender.ts';
import { versionOf } from '../processes.ts';

export const nginx: Contender = {
  name: 'nginx',
  find: () => {
    const version = versionOf('nginx', ['-v']);
    return version === null ? { missing: 'nginx is not installed' } : { version };
  },
  files: (settings) => [{ name: 'nginx.conf', text: configuration(settings) }],
  command: ({ dir }) => nginxCommand(dir, 'nginx.conf'),
  env: () => ({}),
};

export function nginxCommand(dir: string, file: string): readonly string[] {
  return ['nginx', '-p', dir, '-c', `${dir}/${file}`, '-e', 'stderr'];
}

/** What both nginx processes need to run from a directory of their own instead of the system's. */
export function nginxPlaces(dir: string, name: string): { readonly main: string; readonly http: string } {
  // Started by root, nginx would give its workers to a user that may not enter `dir`.
  const user = userInfo().uid === 0 ? `user ${userInfo().username};\n` : '';
  return {
    main: `${user}daemon off;
pid ${dir}/${name}.pid;
error_log stderr error;`,
    http: ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `  ${kind}_temp_path ${dir}/${name}-${kind};`)
      .join('\n'),
  };
}

/** With resumption it is by tickets, as everywhere here: the cache of one process would spare nothing to others. */
function secured({ certFile, keyFile, resumes }: ContenderTls): string {
  return `    ssl_certificate ${certFile};
    ssl_certificate_key ${keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache off;
    ssl_session_tickets ${resumes ? 'on' : 'off'};
`;
}

function configuration({ dir, port, originPort, accessLog, routes, workers, tls }: ContenderSettings): string {
  const places = nginxPlaces(dir, 'nginx');
  const prefixes = routes.length === 0 ? ['/'] : routes;
  return `${places.main}
worker_processes ${workers};
events {
  worker_connections 4096;
}
http {
${places.http}
  access_log ${accessLog ? `${dir}/nginx-access.log combined` : 'off'};
  keepalive_requests 100000000;
  # With the default of 16k a POST of 16 KiB waits 40 ms for a delayed ACK.
  client_body_buffer_size 64k;
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096${tls === null ? '' : ' ssl'};
${tls === null ? '' : secured(tls)}    proxy_http_version 1.1;
    proxy_set_header Connection "";
${prefixes.map((prefix) => `    location ${prefix} { proxy_pass http://origin; }`).join('\n')}
  }
}
`;
}
