/** `load-balancing` and `discover` of an upstream: which targets there are, and which of them takes the next request. */
import { optionalVariant, required, setting, variant } from './keys.ts';
import { hostName } from './network-types.ts';
import { cookieName, hashKey } from './request-keys.ts';
import { seconds, whole } from './value-type.ts';

export const loadBalancing = variant(
  {
    round_robin: {},
    weighted: {},
    least_connections: {},
    ip_hash: {},
    random: {},
    p2c: {},
    peak_ewma: {},
    consistent_hash: {
      key: setting(hashKey, {
        meaning: 'What is hashed. Where the request does not have it, the address of the client.',
        default: { kind: 'client_ip' },
        example: 'key "cookie:session"',
      }),
    },
    sticky: {
      cookie: setting(cookieName, {
        meaning: 'Name of the signed cookie that leads a client back to its target.',
        default: 'sentinel-target',
      }),
      'ttl-secs': setting(seconds({ zero: 'as long as the browser keeps it' }), {
        meaning: 'How long the cookie lives.',
        default: 0,
      }),
    },
  },
  {
    meaning:
      'Which target takes the next request: in turn (`round_robin`), in turn by weight (`weighted`), the one with the fewest in flight (`least_connections`), always the same for one address (`ip_hash`), any (`random`), the less busy of two picked at random (`p2c`), the one that has answered fastest for its load (`peak_ewma`), always the same for one key (`consistent_hash`), or the one that a cookie names (`sticky`).',
    default: 'round_robin',
    example: 'load-balancing "sticky" { cookie "srv"; ttl-secs 3600 }',
  },
);

const interval = setting(seconds(), {
  meaning: 'Longest time between two questions; a shorter TTL of the answer is honoured.',
  default: 10,
});

export const discover = optionalVariant(
  {
    dns: {
      name: required(hostName, {
        meaning: 'A name whose addresses are the targets.',
        example: 'name "api.internal"',
      }),
      port: required(whole({ min: 1, max: 65_535 }), {
        meaning: 'Port of the targets.',
        example: 'port 8080',
      }),
      'interval-secs': interval,
    },
    srv: {
      name: required(hostName, {
        meaning: 'A service whose records are the targets, with their ports and weights.',
        example: 'name "_http._tcp.api.internal"',
      }),
      'interval-secs': interval,
    },
  },
  {
    meaning: 'Targets that DNS names, besides those that are written.',
    example: 'discover "dns" { name "api.internal"; port 8080 }',
  },
);
