/** `routes`: which requests go where. */
import { anyText, fieldName, fieldValue, method, nonEmptyText, pathRegex, priority, urlPath } from './http-types.ts';
import { expects } from './expects.ts';
import { routeBreaker } from './health.ts';
import { block, collection, list, named, optional, required, setting } from './keys.ts';
import { hostPattern, network } from './network-types.ts';
import { policyKeys } from './policies.ts';
import { retryPolicy } from './retries.ts';
import { toggle } from './value-type.ts';

const matches = block(
  {
    path: list(urlPath, {
      meaning: 'The whole path, exactly.',
      example: 'path "/x"',
    }),
    'path-prefix': list(urlPath, {
      meaning:
        'The beginning of the path. `/api` matches `/api` and `/api/x` but not `/apix`; `/api/` matches everything under it.',
      example: 'path-prefix "/api/"',
    }),
    'path-regex': list(pathRegex, {
      meaning: 'A regular expression, found anywhere in the path unless `^` and `$` bind it.',
      example: 'path-regex #"^/v\\d+/"#',
    }),
    host: list(hostPattern, {
      meaning:
        'The host that the client asked for, without port and in any case. `*.` stands for one or more labels in front.',
      example: 'host "api.example.com" "*.example.com"',
    }),
    method: list(method, {
      meaning: 'The method, with its case.',
      example: 'method "GET" "POST"',
    }),
    header: named(fieldName, fieldValue, {
      meaning: 'A field with one of these values; without values, the field with any value.',
      interplay: 'Several values of one name are alternatives; several names must all match.',
      example: 'header "X-Env" "prod"',
    }),
    'query-param': named(nonEmptyText, anyText, {
      meaning: 'A parameter of the query with one of these values; without values, the parameter with any value.',
      interplay: 'Several values of one name are alternatives; several names must all match.',
      example: 'query-param "debug" "1"',
    }),
    'client-ip': list(network, {
      meaning: 'The address of the client, or its network.',
      interplay: 'The client is who connects, unless that is one of `trusted-proxies`: then who is named by it.',
      example: 'client-ip "10.0.0.0/8"',
    }),
  },
  {
    meaning: 'What a request must be like. Without it the route takes every request.',
    interplay:
      '`path`, `path-prefix` and `path-regex` are one kind: any of them suffices. So do any host, any method, any client. The kinds must all match. Inside one priority an exact host comes before `*.` and that before none; an exact path before the longest prefix and that before a regular expression; more conditions before fewer; then the order of the file.',
  },
);

export const routes = collection(
  {
    priority: setting(priority, {
      meaning:
        'Routes of a higher priority are asked first: `low` 10, `normal` 50, `high` 100, `critical` 1000, or a number.',
      default: 50,
    }),
    matches,
    upstream: required(nonEmptyText, {
      meaning: 'The upstream that answers.',
      interplay:
        '`emergency-static` (503, `Retry-After: 60`) and `maintenance-page` (503, HTML, `Retry-After: 900`) are built in and may be redefined.',
      example: 'upstream "api-backend"',
    }),
    'fallback-upstream': optional(nonEmptyText, {
      meaning:
        'The upstream that answers when no target of `upstream` can take the request, or the circuit breaker of the route is open.',
      example: 'fallback-upstream "backup-backend"',
    }),
    enabled: setting(toggle, {
      meaning: 'A route that is not enabled takes no request.',
      default: true,
    }),
    policies: block(policyKeys, {
      meaning: 'What happens to the requests that this route takes.',
      inherits: 'policies',
    }),
    'circuit-breaker': routeBreaker,
    'retry-policy': retryPolicy,
    expect: expects,
  },
  {
    meaning: 'Which requests go where. The argument is the name of the route.',
    item: 'route',
    argument: { kind: 'id', noun: 'route' },
  },
);
