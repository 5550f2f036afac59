/** An admin server on a unix socket that behaves as a test tells it to: answers, hangs, drips, says nonsense. For tests of the feed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** What becomes of a request; the path is without its query. */
export type Behaviour = (path: string, response: ServerResponse, query: URLSearchParams) => void;

export interface AdminServer {
  readonly socket: string;
  /** Paths with their queries, in order. */
  readonly asked: string[];
  /** Connections so far. */
  connections(): number;
  behave(behaviour: Behaviour): void;
  /** As when the process dies. */
  die(): Promise<void>;
}

export const startedAt = '2026-01-01T00:00:00.000Z';

/** Says what a daemon says, as far as the feed reads it. */
export function plainReply(path: string, more: { readonly startedAt?: string } = {}): unknown {
  switch (path) {
    case '/admin/status':
      return { started_at: more.startedAt ?? startedAt, windows: {}, counts: { requests_total: 7 } };
    case '/admin/upstreams':
      return { upstreams: [] };
    case '/admin/identity':
      return { actor: 'user alice', role: 'operator', via: 'socket' };
    case '/admin/events':
      return { at: startedAt, events: [{ seq: 1 }], omitted: 0, kept_since: null, resume: 'one' };
    case '/admin/logs':
      return { at: startedAt, lines: [{ message: 'first' }], omitted: 0, resume: 'one' };
    case '/admin/clients':
      return { clients: [] };
    default:
      return {};
  }
}

/** What every reply carries. */
export const facts = {
  'content-type': 'application/json',
  'x-sentinel-time': startedAt,
  'x-sentinel-version': 'test',
  'x-sentinel-generation': '3',
  etag: '"3-1"',
};

export const answers: Behaviour = (path, response) => {
  if (path === '/admin/stream') {
    response.writeHead(200, { ...facts, 'content-type': 'text/event-stream' });
    response.flushHeaders();
    return;
  }
  reply(response, plainReply(path));
};

export function reply(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, facts);
  response.end(JSON.stringify(value));
}

export function refuses(status: number, code: string, detail: string): Behaviour {
  return (_path, response) => reply(response, { type: 'about:blank', title: 't', status, detail, code }, status);
}

/** Accepts, and never answers. */
export const hangs: Behaviour = () => {};

/** The head of a reply, and then a byte now and then. */
export const drips: Behaviour = (_path, response) => {
  response.writeHead(200, facts);
  const drop = setInterval(() => response.write(' '), 10);
  response.on('close', () => clearInterval(drop));
};

/** @param socket Default a new one. */
export async function startAdminServer(
  t: TestContext,
  first: Behaviour = answers,
  socket?: string,
): Promise<AdminServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-feed-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = socket ?? join(folder, 'admin.sock');
  const asked: string[] = [];
  let behaviour = first;
  let connections = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://daemon');
    asked.push(`${url.pathname}${url.search}`);
    behaviour(url.pathname, response, url.searchParams);
  });
  server.on('connection', () => void connections++);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const die = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.after(die);
  return {
    socket: path,
    asked,
    connections: () => connections,
    behave: (next) => void (behaviour = next),
    die,
  };
}
