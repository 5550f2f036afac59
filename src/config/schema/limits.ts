/** `limits`: what one daemon takes on, and what one request may look like. */
import { block, setting } from './keys.ts';
import { whole } from './value-type.ts';

const count = whole({ min: 0, zero: 'off' });
const bytes = whole({ min: 0, zero: 'off', unit: 'bytes' });

export const limits = block(
  {
    'max-total-connections': setting(count, {
      meaning:
        'Client connections held at once, over all listeners and workers; beyond it 503 and the connection is closed.',
      interplay: '`server.max-connections` is the same; the stricter of both is in force.',
      aliases: ['max-connections'],
      default: 10_000,
    }),
    'max-connections-per-client': setting(count, {
      meaning:
        'Connections of one address at once, IPv6 by /64, over all listeners and workers; beyond it 503 and the connection is closed.',
      default: 0,
    }),
    'max-requests-per-connection': setting(count, {
      meaning: 'Requests on one client connection before it is closed.',
      interplay:
        '`keepalive-max-requests` of a listener is the same for that listener; the stricter of both is in force.',
      default: 0,
    }),
    'max-in-flight-requests': setting(count, {
      meaning: 'Requests carried at once, over all workers; beyond it 503 with the cause `in_flight_limit`.',
      default: 10_000,
    }),
    'max-queued-requests': setting(count, {
      meaning:
        'Requests that may wait for a connection to a target, over all targets; beyond it 503 with the cause `queue_full`.',
      interplay: '`connection-pool.max-pending` bounds each target alone.',
      default: 1000,
    }),
    'max-requests-per-second-global': setting(count, {
      meaning: 'Requests in a second, over all clients; beyond it 503.',
      default: 0,
    }),
    'max-requests-per-second-per-client': setting(count, {
      meaning: 'Requests of one address in a second, IPv6 by /64; beyond it 429.',
      default: 0,
    }),
    'max-memory-bytes': setting(bytes, {
      meaning: 'Resident memory of the process above which new requests are refused with 503.',
      default: 0,
    }),
    'max-header-count': setting(count, {
      meaning: 'Header fields of a request; beyond it 431.',
      default: 100,
    }),
    'max-header-size-bytes': setting(bytes, {
      meaning: 'Bytes of the header section of a request; beyond it 431.',
      default: 16_384,
    }),
    'max-header-name-bytes': setting(bytes, {
      meaning: 'Bytes of one field name; beyond it 431.',
      default: 256,
    }),
    'max-header-value-bytes': setting(bytes, {
      meaning: 'Bytes of one field value; beyond it 431.',
      default: 8192,
    }),
    'max-uri-bytes': setting(bytes, {
      meaning: 'Bytes of the request target; beyond it 414.',
      default: 8192,
    }),
    'max-body-size-bytes': setting(bytes, {
      meaning: 'Bytes of a request body; beyond it 413, also while it streams.',
      interplay:
        '`policies.max-body-size` of a route may be stricter; it may be wider only where this key is not written.',
      default: 10_485_760,
    }),
  },
  {
    meaning: 'What the daemon takes on. 0 switches a limit off.',
    interplay:
      'May be given more than once, so that an emergency block can be put before a file: the strictest value of each key is in force, with a warning that names both lines. 0 is never the strictest.',
    repeat: 'strictest',
  },
);
