/** How an upstream finds out that a target is bad: active checks, passive health, and a circuit breaker. */
import { hostHeader, nonEmptyText, anyText } from './http-types.ts';
import { block, list, optional, optionalBlock, setting, variant } from './keys.ts';
import { probePath, statusRange } from './request-keys.ts';
import { seconds, toggle, whole } from './value-type.ts';

const threshold = whole({ min: 1, max: 4095 });
const percent = whole({ min: 1, max: 100, unit: 'percent' });

const probeTypes = {
  http: {
    path: setting(probePath, {
      meaning: 'What is asked for, with GET.',
      default: '/health',
    }),
    'expected-status': list(statusRange, {
      meaning: 'Statuses that count as healthy.',
      default: [[200, 200]],
      example: 'expected-status 200 204 "3xx" "400-404"',
    }),
    host: optional(
      { ...hostHeader, expected: 'a host to send' },
      {
        meaning: '`Host` of the question.',
        defaultNote: 'the address of the target',
        example: 'host "api.example.com"',
      },
    ),
    'expected-body': optional(nonEmptyText, {
      meaning: 'Text that the first 64 KiB of the body must contain.',
      example: 'expected-body "ok"',
    }),
  },
  tcp: {},
  grpc: {
    service: setting(anyText, {
      meaning: 'The service that `grpc.health.v1.Health/Check` asks about; empty = the server as a whole.',
      default: '',
    }),
  },
};

export const healthCheckKeys = {
  enabled: setting(toggle, {
    meaning: 'Whether targets are asked; `#false` takes one upstream out of a top-level `health-check`.',
    default: true,
  }),
  type: variant(probeTypes, {
    meaning: 'What is asked: a page, whether a connection comes up, or the health service of gRPC.',
    default: 'http',
    example: 'type "http" { path "/health"; expected-status 200 }',
  }),
  'interval-secs': setting(seconds(), {
    meaning: 'Time between two questions to one target, with some jitter.',
    default: 10,
  }),
  'timeout-secs': optional(seconds(), {
    meaning: 'How long an answer may take; later is a failure.',
    interplay: 'At most `interval-secs`.',
    defaultNote: '`5`, or `interval-secs` where that is shorter',
  }),
  'healthy-threshold': setting(threshold, {
    meaning: 'Successes in a row after which a target takes requests again.',
    default: 2,
  }),
  'unhealthy-threshold': setting(threshold, {
    meaning: 'Failures in a row after which a target takes no more requests.',
    default: 3,
  }),
};

/** Null where neither the upstream nor the top level has one. */
export const healthCheck = optionalBlock(healthCheckKeys, {
  meaning: 'Asks each target from time to time whether it is well; unwritten, nobody asks.',
  interplay: 'A target that fails takes no requests until it has succeeded often enough.',
  inherits: 'health-check',
  offSwitch: 'enabled',
});

export const passiveHealth = block(
  {
    enabled: setting(toggle, {
      meaning: 'Whether failing requests eject a target.',
      default: true,
    }),
    'failure-rate': setting(percent, {
      meaning: 'Share of failures among the last `window-requests` requests that ejects a target.',
      interplay: 'Failures are 5xx responses, connections that fail or break, and timeouts.',
      default: 50,
    }),
    'window-requests': setting(whole({ min: 1, max: 1000 }), {
      meaning: 'How many of the last requests to a target are looked at; with fewer nothing is ejected.',
      default: 100,
    }),
    'eject-secs': setting(seconds(), {
      meaning: 'How long the first ejection lasts; each further one lasts as much longer.',
      default: 30,
    }),
    'max-ejected-percent': setting(whole({ min: 0, max: 100, unit: 'percent', zero: 'none' }), {
      meaning: 'Share of the targets that may be ejected at once; never the last one, and none below `min-healthy`.',
      default: 50,
    }),
  },
  {
    meaning: 'Takes targets out that fail real requests. In force unless switched off.',
  },
);

/** Of a route; a target's have `enabled` besides. */
export const breakerKeys = {
  'failure-threshold': setting(threshold, {
    meaning: 'Failures in a row that open it.',
    default: 5,
  }),
  'success-threshold': setting(threshold, {
    meaning: 'Successes while half-open that close it.',
    default: 2,
  }),
  'timeout-secs': setting(seconds(), {
    meaning: 'How long it stays open before it lets requests through to try.',
    aliases: ['timeout-seconds'],
    default: 30,
  }),
  'half-open-max-requests': setting(whole({ min: 1, max: 62 }), {
    meaning: 'Requests that may be under way at once while it is half-open.',
    default: 3,
  }),
};

export const targetBreaker = block(
  {
    enabled: setting(toggle, {
      meaning: 'Whether there are breakers.',
      default: true,
    }),
    ...breakerKeys,
  },
  {
    meaning:
      'A circuit breaker for each target: after failures in a row it takes no request for a while. In force unless switched off.',
  },
);

export const routeBreaker = optionalBlock(breakerKeys, {
  meaning:
    'A circuit breaker for the route as a whole: open, its requests go to `fallback-upstream`, or are refused with 503. Written = on.',
});
