/** Caddy as a peer. */
import type { Contender, ContenderSettings } from '../contender.ts';
import { versionOf } from '../processes.ts';

export const caddy: Contender = {
  name: 'caddy',
  find: () => {
    const version = versionOf('caddy', ['version']);
    return version === null ? { missing: 'caddy is not installed' } : { version };
  },
  files: (settings) => [{ name: 'Caddyfile', text: configuration(settings) }],
  command: ({ dir }) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', `${dir}/Caddyfile`],
  env: ({ dir, workers }) => ({
    GOMAXPROCS: String(workers),
    HOME: dir,
    XDG_DATA_HOME: `${dir}/caddy-data`,
    XDG_CONFIG_HOME: `${dir}/caddy-config`,
  }),
};

function configuration({ dir, port, originPort, accessLog, routes }: ContenderSettings): string {
  const log = accessLog
    ? `  log {
    output file ${dir}/caddy-access.log {
      roll_disabled
    }
  }
`
    : '';
  const matchers = routes.length === 0 ? [''] : routes.map((prefix) => `${prefix}* `);
  return `{
  admin off
  auto_https off
  log {
    level ERROR
    exclude http.log.access
  }
}

http://127.0.0.1:${port} {
${log}${matchers
  .map(
    (matcher) => `  reverse_proxy ${matcher}127.0.0.1:${originPort} {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }`,
  )
  .join('\n')}
}
`;
}
