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
  { ...get, name: 'routes-1000', title: '1,000 routes, the last one hit', path: '/svc-999/small', routes: thousand },
];
