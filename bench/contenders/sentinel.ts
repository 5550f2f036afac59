/** sentinel itself, as it is built in `dist/`. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import launcher from '../../bin/launch.js';
import type { Contender, ContenderSettings, ContenderTls } from '../contender.ts';

const entry = fileURLToPath(new URL('../../dist/cli/sentinel.js', import.meta.url));

export const sentinel: Contender = {
  name: 'sentinel',
  find: () => {
    if (!existsSync(entry)) return { missing: 'dist/ is not built: npm run build' };
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return { version: `${version}, Node ${process.versions.node}` };
  },
  files: (settings) => [{ name: 'bench.kdl', text: configuration(settings) }],
  command: ({ dir, workers }) => [
    process.execPath,
    ...launcher.daemonFlags,
    entry,
    'run',
    '-c',
    `${dir}/bench.kdl`,
    '--workers',
    String(workers),
  ],
  env: () => ({ NODE_ENV: 'production' }),
};

/** The same program with the last of the routes alone: what the others cost shows beside it, in the same rounds. */
export const sentinelOneRoute: Contender = {
  ...sentinel,
  name: 'sentinel-1',
  files: (settings) => sentinel.files({ ...settings, routes: settings.routes.slice(-1) }),
};

/** The same program with nothing beside the request: what the guards and the access log cost shows beside it. */
export const sentinelBare: Contender = {
  ...sentinel,
  name: 'sentinel-bare',
  files: (settings) => sentinel.files({ ...settings, guards: false, accessLog: false }),
};

/** The same program with nothing that shows what goes on: what seeing costs shows beside it. */
export const sentinelBlind: Contender = {
  ...sentinel,
  name: 'sentinel-blind',
  files: (settings) => sentinel.files({ ...settings, observed: false, accessLog: false }),
};

function configuration(settings: ContenderSettings): string {
  const { dir, port, sparePort, originPort, accessLog, routes, guards, observed, tls } = settings;
  const prefixes = routes.length === 0 ? ['/'] : routes;
  const log = accessLog ? `    access-log { enabled #true; file "${dir}/sentinel-access.log" }` : '';
  return `schema-version "1.0"
server {
    pid-file "${dir}/sentinel.pid"
}
listeners {
${tls === null ? `    listener "http" { address "127.0.0.1:${port}" }` : secured(port, tls)}
}
routes {
${prefixes.map((prefix, number) => `    route "r${number}" { matches { path-prefix "${prefix}" }; upstream "origin" }`).join('\n')}
}
upstreams {
    upstream "origin" {
        target "127.0.0.1:${originPort}"
        connection-pool { max-connections 200; max-idle 128 }
${guards === undefined ? '' : guards ? guarded : unguarded}    }
}
${guards === true ? rateLimit : ''}observability {
    metrics { ${observed === false ? 'enabled #false' : `address "127.0.0.1:${sparePort}"`} }
    admin { socket "${dir}/admin.sock" }
    logging {
        level "warn"
${log}
    }
${observed === true ? `    tracing { backend "otlp" { endpoint "http://127.0.0.1:${originPort}" } }\n` : ''}}
`;
}

function secured(port: number, { certFile, keyFile, resumes }: ContenderTls): string {
  return `    listener "https" {
        address "127.0.0.1:${port}"
        protocol "https"
        tls { cert-file "${certFile}"; key-file "${keyFile}"; session-resumption #${resumes} }
    }`;
}

const guarded = `        health-check { type "http" { path "/small" }; interval-secs 1; timeout-secs 1 }
        circuit-breaker { failure-threshold 5 }
        passive-health { failure-rate 50 }
`;
const unguarded = `        circuit-breaker { enabled #false }
        passive-health { enabled #false }
`;
const rateLimit = `rate-limit { requests-per-second 1000000; key "client_ip" }
`;
