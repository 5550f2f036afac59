/** `policies`: what a route does with the requests that it takes, and with the responses. */
import { editableFieldName, fieldValue, hostHeader, urlPath } from './http-types.ts';
import { block, list, optional, pairs, setting } from './keys.ts';
import { rateLimit } from './rate-limits.ts';
import { choice, seconds, size, toggle } from './value-type.ts';

const headerOperationKeys = {
  rename: pairs(editableFieldName, editableFieldName, {
    meaning: 'Gives a field another name and keeps its value.',
    example: 'rename { "X-Old" "X-New" }',
  }),
  remove: list(editableFieldName, {
    meaning: 'Drops fields.',
    example: 'remove "Cookie" "X-Debug"',
  }),
  set: pairs(editableFieldName, fieldValue, {
    meaning: 'Sets a field to one value, whatever it was before.',
    example: 'set { "X-Frame-Options" "DENY" }',
  }),
  add: pairs(editableFieldName, fieldValue, {
    meaning: 'Adds a field beside those of the same name.',
    example: 'add { "Vary" "Origin" }',
  }),
};

const order =
  'Done in this order: `rename`, `remove`, `set`, `add`. A field that the route names replaces every operation of the top-level `policies` on that field; the others stay. Fields that frame the message or belong to one connection, and `Host`, cannot be touched.';

export const policyKeys = {
  'timeout-secs': setting(seconds({ zero: 'the upstream decides' }), {
    meaning: 'Longest time from the last byte of the request to the head of the response; then 504.',
    interplay:
      'The shorter of this and `timeouts.request-secs` of the upstream is in force. A body that flows is never cut.',
    default: 0,
  }),
  'max-body-size': optional(size, {
    meaning: 'Longest request body; beyond it 413, also while it streams.',
    interplay: 'The stricter of this and `limits.max-body-size-bytes` is in force, where both are written.',
    defaultNote: '`limits.max-body-size-bytes`',
    boundBy: 'max-body-size-bytes',
    example: 'max-body-size "10MB"',
  }),
  'failure-mode': setting(choice('closed', 'open'), {
    meaning:
      'What happens when a guard itself cannot decide, as when its store is away or its table is full: `closed` refuses with 503, `open` lets the request pass and counts it.',
    default: 'closed',
  }),
  'buffer-requests': setting(toggle, {
    meaning: 'Takes the whole request body, within `max-body-size`, before a target is asked.',
    interplay: 'A request that is buffered can be tried again, and a slow client holds no target.',
    default: false,
  }),
  websocket: setting(toggle, {
    meaning: 'Whether requests may become WebSockets; if not, asking for one is answered with 403.',
    default: true,
  }),
  'websocket-idle-secs': setting(seconds({ zero: 'no bound' }), {
    meaning: 'Longest silence of a WebSocket in both directions before it is closed.',
    default: 3600,
  }),
  'rate-limit': rateLimit,
  forwarded: setting(choice('x-forwarded', 'rfc7239', 'both', 'none'), {
    meaning:
      'How the client is named to the target: `X-Forwarded-For`, `-Proto` and `-Host`, or `Forwarded` of RFC 7239.',
    interplay: 'What the client itself sent is kept only from `trusted-proxies` of the listener.',
    default: 'x-forwarded',
  }),
  'request-headers': block(headerOperationKeys, {
    meaning: 'Operations on the header fields of the request.',
    interplay: order,
    layering: 'field',
  }),
  'response-headers': block(headerOperationKeys, {
    meaning: 'Operations on the header fields of the response.',
    interplay: order,
    layering: 'field',
  }),
  rewrite: block(
    {
      'strip-prefix': optional(urlPath, {
        meaning: 'Taken off the front of the path, where it is there and ends at a `/` or at the end.',
        example: 'strip-prefix "/api"',
      }),
      prefix: optional(urlPath, {
        meaning: 'Put before the path, after `strip-prefix`.',
        example: 'prefix "/v2"',
      }),
    },
    { meaning: 'Changes the path that the target sees. The query stays.' },
  ),
  'host-header': setting(hostHeader, {
    meaning:
      'The `Host` that the target sees: that of the client (`preserve`), the address of the target (`upstream`), or a literal host.',
    default: 'preserve',
  }),
};
