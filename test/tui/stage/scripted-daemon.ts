/**
 * A daemon that plays a scene: it answers the admin API on a unix socket as its scene says, with a clock that stands still, and does
 * nothing else. Tests of the screen look at it; what it says has the shape of what a real one says (scripted-daemon.test.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type EndpointId, endpoints, fields } from '../../../src/admin/contract/endpoints.ts';
import type { Scene } from './scene.ts';

/** So that no second passes. */
const MOST_POLLS = 900;

export interface ScriptedDaemon {
  readonly socket: string;
  /** What was asked for: `GET /admin/status`, in order. */
  readonly asked: readonly string[];
  /** Another scene from now on. */
  play(scene: Scene): void;
  /** One piece of news to those who follow the stream. */
  tell(topic: 'events' | 'logs', data: unknown): void;
  /** As when its process dies: connections are cut, the socket file stays and nobody listens. */
  die(): Promise<void>;
}

/** Plays it until the test ends. @param at Where its socket is; default in a folder of its own. */
export async function playScene(t: TestContext, first: Scene, at?: string): Promise<ScriptedDaemon> {
  const socket = at ?? join(sceneFolder(t), 'admin.sock');
  const asked: string[] = [];
  const followers = new Set<ServerResponse>();
  let scene = first;
  let told = 0;
  // The clock goes on by a millisecond for each poll, so that each is a reading of its own; what is shown in seconds stands still.
  let polls = 0;
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    const url = new URL(request.url ?? '/', 'http://daemon');
    if (url.pathname === endpoints.status.path) polls += 1;
    for (const [field, value] of Object.entries(headersOf(scene, polls))) response.setHeader(field, value);
    if (url.pathname === endpoints.stream.path) follow(url, response, scene, followers);
    else answer(request, response, replyOf(scene, request.method ?? 'GET', url));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const die = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  t.after(die);
  return {
    socket,
    asked,
    play(next) {
      scene = next;
    },
    tell(topic, data) {
      told += 1;
      for (const follower of followers) {
        follower.write(`event: ${topic}\nid: c0ffee11;${topic}=${10_000 + told}\ndata: ${JSON.stringify(data)}\n\n`);
      }
    },
    die,
  };
}

/** For sockets of scripted daemons; gone when the test ends. */
export function sceneFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-scene-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function headersOf({ at, generation, revision }: Scene, polls: number): Readonly<Record<string, string>> {
  return {
    [fields.time]: new Date(Date.parse(at) + Math.min(polls, MOST_POLLS)).toISOString(),
    [fields.version]: '0.1.0',
    [fields.generation]: String(generation),
    [fields.digest]: '5e1f0c2d'.repeat(8),
    etag: `"${generation}.${revision}"`,
    'cache-control': 'no-store',
  };
}

function answer(request: IncomingMessage, response: ServerResponse, reply: unknown): void {
  if (reply !== undefined) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reply));
    return;
  }
  response.statusCode = 404;
  response.setHeader('content-type', 'application/problem+json');
  const detail = `${request.method} ${request.url} is in no scene`;
  response.end(
    JSON.stringify({ type: 'about:blank', title: 'No such endpoint', status: 404, detail, code: 'SNT-A003' }),
  );
}

/** Undefined = the scene does not say. */
function replyOf({ replies }: Scene, method: string, { pathname, searchParams }: URL): unknown {
  if (method !== 'GET') return undefined;
  const [id] = Object.entries(endpoints).find(([, one]) => one.method === 'GET' && one.path === pathname) ?? [];
  switch (id as EndpointId | undefined) {
    case undefined:
      return undefined;
    case 'clients':
      return replies.clients?.[(searchParams.get('by') ?? 'ip') as 'ip'];
    case 'requests':
      return replies.requests?.[(searchParams.get('kind') ?? 'all') as 'all'];
    case 'config':
      return replies.config?.[searchParams.get('block') ?? ''];
    default:
      return replies[id as keyof typeof replies];
  }
}

function follow(url: URL, response: ServerResponse, { at }: Scene, followers: Set<ServerResponse>): void {
  const topics = (url.searchParams.get('topics') ?? '').split(',');
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.write(
    `event: hello\nid: c0ffee11;events=400;logs=9000\ndata: ${JSON.stringify({ topics, heartbeat_ms: 10_000, at })}\n\n`,
  );
  followers.add(response);
  response.on('close', () => followers.delete(response));
}
