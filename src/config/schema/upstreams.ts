/** `upstreams`: who answers — groups of targets, or a response kept in the configuration itself. */
import { discover, loadBalancing } from './balancing.ts';
import { healthCheck, passiveHealth, targetBreaker } from './health.ts';
import { anyText, editableFieldName, fieldValue, filePath, mediaType } from './http-types.ts';
import { block, collection, optional, optionalBlock, pairs, required, setting } from './keys.ts';
import { targetAddress } from './network-types.ts';
import { countOrPercent } from './request-keys.ts';
import { upstreamTls } from './tls.ts';
import { choice, seconds, whole } from './value-type.ts';

export const connectionPoolKeys = {
  'max-connections': setting(whole({ min: 1, max: 1_000_000 }), {
    meaning: 'Connections to one target at once, over all workers.',
    default: 200,
  }),
  'max-idle': setting(whole({ min: 0, max: 1_000_000, zero: 'none is kept' }), {
    meaning: 'Connections to one target that are kept open for the next request.',
    default: 50,
  }),
  'idle-timeout-secs': setting(seconds(), {
    meaning: 'How long an idle connection is kept.',
    interplay:
      'Keep it below the idle timeout of the target, so that no request meets a connection that is just being closed.',
    default: 120,
  }),
  'max-lifetime-secs': setting(seconds({ zero: 'no bound' }), {
    meaning: 'How old a connection may grow before it is not used again.',
    default: 300,
  }),
  'max-pending': setting(whole({ min: 0, max: 1_000_000, zero: 'none may wait' }), {
    meaning:
      'Requests that may wait for a connection to one target, over all workers; then 503 with the cause `queue_full`.',
    interplay: '`limits.max-queued-requests` bounds all targets together.',
    default: 1000,
  }),
};

export const timeoutKeys = {
  'connect-secs': setting(seconds(), {
    meaning: 'Longest time for a connection to a target to come up; also the longest wait for a free one.',
    default: 5,
  }),
  'request-secs': setting(seconds({ zero: 'off' }), {
    meaning: 'Longest time from the last byte of the request to the head of the response; then 504.',
    interplay: 'The shorter of this and `timeout-secs` of the route is in force.',
    default: 30,
  }),
  'read-secs': setting(seconds({ zero: 'off' }), {
    meaning: 'Longest silence of the target between bytes of a response body.',
    default: 15,
  }),
  'write-secs': setting(seconds({ zero: 'off' }), {
    meaning: 'Longest time that the target may not take any byte of a request body.',
    default: 15,
  }),
};

const targets = collection(
  {
    address: required(targetAddress, {
      meaning: 'Where the target listens.',
      example: 'address "10.1.1.10:8080"',
    }),
    weight: setting(whole({ min: 0, max: 65535, zero: 'takes no new request' }), {
      meaning:
        'Its share of the requests, relative to the other targets, under `weighted`. 0 takes it out under every policy.',
      default: 1,
    }),
  },
  {
    meaning: 'The servers behind the upstream. Also written `target "10.1.1.10:8080" weight=1`.',
    item: 'target',
    argument: { kind: 'key', key: 'address' },
    properties: ['weight'],
  },
);

const staticResponse = optionalBlock(
  {
    status: setting(whole({ min: 200, max: 599 }), {
      meaning: 'Status of the response.',
      default: 200,
    }),
    'content-type': optional(mediaType, {
      meaning: '`Content-Type` of the response.',
      defaultNote: '`text/plain; charset=utf-8` where there is a body',
    }),
    body: optional(anyText, {
      meaning: 'The body, as text.',
      interplay: 'Not together with `body-file`.',
    }),
    'body-file': optional(filePath(), {
      meaning: 'A file whose content is the body, read when the configuration is loaded; at most 1 MiB.',
      interplay: 'Not together with `body`.',
    }),
    headers: pairs(editableFieldName, fieldValue, {
      meaning: 'Further fields of the response.',
      example: 'headers { "Retry-After" "900" }',
    }),
  },
  { meaning: 'Answers from the configuration itself, without any target.' },
);

export const upstreams = collection(
  {
    targets,
    discover,
    'load-balancing': loadBalancing,
    'min-healthy': setting(countOrPercent, {
      meaning:
        'Targets that must stay, as a count or a share: passive health ejects no further, and below it the upstream is degraded.',
      default: { count: 1 },
      example: 'min-healthy "50%"',
    }),
    'slow-start-secs': setting(seconds({ zero: 'at once' }), {
      meaning: 'How long a target that comes back takes to get its whole share of the requests.',
      default: 0,
    }),
    'health-check': healthCheck,
    'passive-health': passiveHealth,
    'circuit-breaker': targetBreaker,
    'connection-pool': block(connectionPoolKeys, {
      meaning: 'Connections kept to each target.',
      inherits: 'connection-pool',
    }),
    timeouts: block(timeoutKeys, {
      meaning: 'How long targets may take.',
      inherits: 'timeouts',
    }),
    tls: upstreamTls,
    'http-version': setting(choice('1.1', '2'), {
      meaning: 'What targets are spoken to in: HTTP/1.1, or HTTP/2, which gRPC needs.',
      interplay: 'Without `tls`, `2` begins with HTTP/2 at once (prior knowledge); with it, a target must agree to it.',
      default: '1.1',
    }),
    static: staticResponse,
  },
  {
    meaning:
      'Who answers. The argument is the name of the upstream. It has targets, written or discovered, or a static response.',
    item: 'upstream',
    aloneWith: 'static',
    argument: { kind: 'id', noun: 'upstream' },
  },
);
