/** What every proxy is measured with. Fixed, so that results of different days can be compared. */

export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly requestBytes: number;
  /** Body of the answer; a proxy that gives another is not measured. */
  readonly responseBytes: number;
  /** A new connection from the client for each request. */
  readonly closes: boolean;
  /** Prefixes that are routed one by one; none = everything goes one way. */
  readonly routes: readonly string[];
  /** With health checks, breaker, passive health and a rate limit; proxies that have no such thing stand aside. */
  readonly guarded: boolean;
  /** With all that shows what goes on: access log, metrics, traces; held against the same without. Only with the access log on. */
  readonly observed: boolean;
  /** Over TLS; proxies that are not set up for it here stand aside. Null = plain. */
  readonly tls: { readonly resumes: boolean } | null;
}

export const smallBody = 'x'.repeat(127) + '\n';
export const sinkBody = 'received\n';

const get = {
  method: 'GET',
  requestBytes: 0,
  responseBytes: smallBody.length,
  closes: false,
  routes: [] as readonly string[],
  guarded: false,
  observed: false,
  tls: null,
} as const;

const thousand = Array.from({ length: 1000 }, (_, number) => `/svc-${number}/`);

export const workloads: readonly Workload[] = [
  { ...get, name: 'small-get', title: 'small GET, keep-alive', path: '/small' },
  { ...get, name: '64k', title: '64 KiB download', path: '/64k.bin', responseBytes: 64 * 1024 },
  { ...get, name: '1m', title: '1 MiB download', path: '/1m.bin', responseBytes: 1024 * 1024 },
  {
    ...get,
    name: 'post-16k',
    title: '16 KiB POST',
    method: 'POST',
    path: '/sink',
    requestBytes: 16 * 1024,
    responseBytes: sinkBody.length,
  },
  { ...get, name: 'new-conn', title: 'new connection per request', path: '/small', closes: true },
  { ...get, name: 'guarded', title: 'small GET, all guards on', path: '/small', guarded: true },
  { ...get, name: 'observed', title: 'small GET, access log, metrics and traces on', path: '/small', observed: true },
  { ...get, name: 'tls-get', title: 'small GET over TLS, keep-alive', path: '/small', tls: { resumes: true } },
  {
    ...get,
    name: 'tls-new',
    title: 'new TLS connection per request, whole handshakes',
    path: '/small',
    closes: true,
    tls: { resumes: false },
  },
  {
    ...get,
    name: 'tls-resumed',
    title: 'new TLS connection per request, sessions resumed',
    path: '/small',
    closes: true,
    tls: { resumes: true },
  },
  { ...get, name: 'routes-1000', title: '1,000 routes, the last one hit', path: '/svc-999/small', routes: thousand },
];
