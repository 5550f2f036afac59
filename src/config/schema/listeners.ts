/** `listeners`: where clients connect. */
import { nonEmptyText } from './http-types.ts';
import { collection, list, optional, required, setting } from './keys.ts';
import { listenAddress, network } from './network-types.ts';
import { listenerTls } from './tls.ts';
import { choice, seconds, toggle, whole } from './value-type.ts';

export const listeners = collection(
  {
    address: required(listenAddress, {
      meaning: 'Where to listen. Port 0 lets the kernel choose.',
      interplay:
        'No two listeners, and not the metrics address, may share one; `0.0.0.0` and `[::]` take every address of their port.',
      example: 'address "0.0.0.0:8080"',
    }),
    protocol: setting(choice('http', 'https'), {
      meaning: 'What clients speak: HTTP/1.1 and 1.0 as they are, or within TLS, where HTTP/2 is offered too.',
      interplay: '`https` needs a `tls` block, and `http` has none.',
      default: 'http',
    }),
    tls: listenerTls,
    'max-concurrent-streams': setting(whole({ min: 1, max: 1000 }), {
      meaning: 'Requests that one HTTP/2 connection may have open at once.',
      default: 100,
    }),
    'request-timeout-secs': setting(seconds({ zero: 'off' }), {
      meaning: 'Longest silence of a client between bytes of a request body.',
      interplay: 'A body that keeps flowing is never cut.',
      default: 60,
    }),
    'header-timeout-secs': setting(seconds(), {
      meaning:
        'Longest time from the first byte of a request head to its last; also bounds a connection that never sends one.',
      default: 10,
    }),
    'keepalive-timeout-secs': setting(seconds(), {
      meaning: 'How long a connection may idle between two requests.',
      default: 75,
    }),
    'keepalive-max-requests': optional(whole({ min: 0, zero: 'no bound' }), {
      meaning: 'Requests on one connection before it is closed.',
      interplay: 'The same as `limits.max-requests-per-connection`; the stricter of both is in force.',
      defaultNote: '`limits.max-requests-per-connection`',
      boundBy: 'max-requests-per-connection',
    }),
    'default-route': optional(nonEmptyText, {
      meaning: 'The route that takes what no other route matched.',
      interplay: 'Without it such a request is answered with 404 and the cause `no_route`.',
      example: 'default-route "fallback"',
    }),
    backlog: setting(whole({ min: 1, max: 65535 }), {
      meaning: 'Connections that may wait to be accepted.',
      interplay: 'The kernel caps it at `net.core.somaxconn`.',
      default: 4096,
    }),
    'trusted-proxies': list(network, {
      meaning:
        'Peers whose `X-Forwarded-*`, `Forwarded` and `X-Correlation-Id` are believed and extended. Those of all others are replaced.',
      example: 'trusted-proxies "10.0.0.0/8" "192.0.2.7"',
    }),
    'proxy-protocol': setting(toggle, {
      meaning: 'Whether every connection begins with a PROXY protocol header, version 1 or 2, that names the client.',
      interplay: 'A connection without one is closed.',
      default: false,
    }),
  },
  {
    meaning: 'Where clients connect. The argument is the name of the listener.',
    item: 'listener',
    argument: { kind: 'id', noun: 'listener' },
  },
);
