/** The proxy that one writes in an afternoon, `bench/reference-proxy.ts`: the measure for what own framing is worth. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../contender.ts';

const entry = fileURLToPath(new URL('../reference-proxy.ts', import.meta.url));

export const reference: Contender = {
  name: 'reference',
  find: () => {
    const manifest = readFileSync(new URL('../../node_modules/undici/package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return { version: `node:http + undici ${version}, Node ${process.versions.node}` };
  },
  files: ({ routes }) => [{ name: 'reference-routes.json', text: JSON.stringify(routes) }],
  command: ({ dir, port, originPort, accessLog }) => [
    process.execPath,
    entry,
    String(port),
    `http://127.0.0.1:${originPort}`,
    `${dir}/reference-routes.json`,
    accessLog ? `${dir}/reference-access.log` : '',
  ],
  env: () => ({ NODE_ENV: 'production' }),
};
