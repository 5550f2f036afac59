/**
 * The whole configuration language, in one table. Whatever reads, settles, prints or documents a configuration walks it;
 * a key exists nowhere else. (`include` is not in it: it is gone before the table is consulted.)
 */
import { alerts } from './alerts.ts';
import { contacts } from './contacts.ts';
import { healthCheckKeys } from './health.ts';
import { history } from './history.ts';
import { filePath } from './http-types.ts';
import { incidents } from './incidents.ts';
import { optional, optionalBlock, setting } from './keys.ts';
import { limits } from './limits.ts';
import { listeners } from './listeners.ts';
import { observability } from './observability.ts';
import { policyKeys } from './policies.ts';
import { rateLimitKeys } from './rate-limits.ts';
import { routes } from './routes.ts';
import { security } from './security.ts';
import { server } from './server.ts';
import { connectionPoolKeys, timeoutKeys, upstreams } from './upstreams.ts';
import { text, Wrong } from './value-type.ts';

/** No `choice`: another version is not a slip of the pen, and must not be corrected like one. */
const schemaVersion = text('"1.0"', (version) => (version === '1.0' ? null : new Wrong('SNT-C110')));

export const root = {
  'schema-version': setting(schemaVersion, {
    meaning: 'Version of the language that the file is written in.',
    default: '1.0',
  }),
  server,
  listeners,
  routes,
  upstreams,
  'connection-pool': optionalBlock(connectionPoolKeys, {
    meaning: 'What the upstreams leave unsaid in their own `connection-pool`.',
    defaultsFor: 'upstreams',
  }),
  timeouts: optionalBlock(timeoutKeys, {
    meaning: 'What the upstreams leave unsaid in their own `timeouts`.',
    defaultsFor: 'upstreams',
  }),
  policies: optionalBlock(policyKeys, {
    meaning: 'What the routes leave unsaid in their own `policies`.',
    defaultsFor: 'routes',
  }),
  'health-check': optionalBlock(healthCheckKeys, {
    meaning: 'Gives every upstream with targets a check, and is what they leave unsaid in their own `health-check`.',
    defaultsFor: 'upstreams',
  }),
  'rate-limit': optionalBlock(rateLimitKeys, {
    meaning: 'In force for every route, and what the routes leave unsaid in their own `rate-limit`.',
    defaultsFor: 'routes',
  }),
  limits,
  security,
  observability,
  alerts,
  contacts,
  history,
  incidents,
  'state-dir': optional(filePath('a path of a folder'), {
    meaning: 'Where keys and state are kept that outlive the process.',
    defaultNote: '`/var/lib/sentinel`, or `$XDG_STATE_HOME/sentinel` where that is not writable',
    example: 'state-dir "/var/lib/sentinel"',
  }),
};

export type Root = typeof root;
