/** `expect` of a route: a request with what has to become of it, run by `validate` and sent by `sentinel test --live`. */
import { isIP } from 'node:net';
import { kdlString } from '../../kdl/text.ts';
import { fieldName, fieldValue, method, nonEmptyText } from './http-types.ts';
import { collection, named, optional } from './keys.ts';
import { hostPattern } from './network-types.ts';
import { text, type ValueType, whole, Wrong } from './value-type.ts';

/** What follows the method: a path with or without a query, or a whole URL. */
const requestTarget: ValueType<string> = text('a path such as "/api/x?page=2", or a URL', (value) => {
  if (!/^(?:https?:\/\/[^/?#\s]+)?(?:\/|$)/i.test(value) || value === '') {
    return new Wrong('SNT-C151', value.includes('://') ? {} : { replacement: kdlString(`/${value}`) });
  }
  if (value.includes('#')) return new Wrong('SNT-C151', { help: 'a fragment (`#…`) is never sent' });
  if (/[^\x21-\x7e]/.test(value))
    return new Wrong('SNT-C151', { help: 'write spaces and other characters percent-encoded, as in `%20`' });
  return null;
});

const oneHost: ValueType<string> = text('a host such as "api.example.com"', (value) => {
  const wrong = hostPattern.read(value, '');
  if (wrong instanceof Wrong) return wrong;
  return value.startsWith('*.')
    ? new Wrong('SNT-C152', { help: 'a request is for one host: write one that the pattern stands for' })
    : null;
});

const oneAddress: ValueType<string> = text('an IP address', (value) =>
  value.includes('%') || isIP(value) === 0 ? new Wrong('SNT-C153') : null,
);

/** Entries have no name: several may stand in a route. */
export const expects = collection(
  {
    request: named(method, requestTarget, {
      meaning: 'The request: its method, and its path with the query, or its URL.',
      example: 'request "GET" "/api/users?page=2"',
    }),
    host: optional(oneHost, {
      meaning: 'The host that the request is for.',
      defaultNote: 'that of the URL, else none; sent to a listener, its address',
      example: 'host "api.example.com"',
    }),
    header: named(fieldName, fieldValue, {
      meaning: 'A field of the request. May be given again for further fields.',
      example: 'header "X-Env" "prod"',
    }),
    'client-ip': optional(oneAddress, {
      meaning: 'The address of the client.',
      interplay: '`sentinel test --live` has no other address than its own: such a request is asked about, not sent.',
      defaultNote: '127.0.0.1',
      example: 'client-ip "10.1.2.3"',
    }),
    listener: optional(nonEmptyText, {
      meaning: 'The listener that the request comes in at.',
      defaultNote: 'the first',
      example: 'listener "https"',
    }),
    route: optional(nonEmptyText, {
      meaning: 'The route that has to take it.',
      defaultNote: 'the route that the test stands in',
      example: 'route "admin"',
    }),
    upstream: optional(nonEmptyText, {
      meaning: 'The upstream that has to answer.',
      defaultNote: 'any',
      example: 'upstream "api-backend"',
    }),
    status: optional(whole({ min: 100, max: 599 }), {
      meaning: 'The status that the answer has to have; only a request that is sent can say.',
      defaultNote: 'anything below 500',
      example: 'status 200',
    }),
  },
  {
    meaning:
      'A route test: a request, and what has to become of it. `sentinel validate` and every reload hold it against the routes; `sentinel test --live` sends it through the running proxy.',
    item: 'expect',
    argument: { kind: 'none' },
    wrapped: false,
  },
);
