/** The upstream of every measurement: one nginx that answers from memory and the page cache. Its CPU is not counted. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { nginxCommand, nginxPlaces } from './contenders/nginx.ts';
import { checkAnswer } from './load.ts';
import { freePort, onCore, Running, type Usage } from './processes.ts';
import { sinkBody, smallBody, workloads } from './workloads.ts';

export interface Origin extends AsyncDisposable {
  readonly port: number;
  usage(): Usage;
}

/** Throws when nginx is not installed or cannot start. */
export async function startOrigin(dir: string, core: number | null, signal: AbortSignal): Promise<Origin> {
  const port = await freePort();
  mkdirSync(`${dir}/files`);
  for (const { path, responseBytes } of workloads.filter(({ path }) => path.endsWith('.bin'))) {
    writeFileSync(`${dir}/files${path}`, Buffer.alloc(responseBytes, 'sentinel '));
  }
  // nginx refuses a POST to a file only when there is one.
  writeFileSync(`${dir}/files/sink`, '');
  writeFileSync(`${dir}/origin.conf`, originConfiguration(dir, port));
  const running = new Running('origin', onCore(core, nginxCommand(dir, 'origin.conf')), dir);
  try {
    await running.untilReady(() => checkAnswer(workloads[0]!, port), signal);
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return { port, usage: () => running.usage(), [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

export function originConfiguration(dir: string, port: number): string {
  const places = nginxPlaces(dir, 'origin');
  const quoted = (text: string): string => `"${text.replace('\n', '\\n')}"`;
  return `${places.main}
worker_processes 1;
events {
  worker_connections 4096;
}
http {
${places.http}
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_body_buffer_size 64k;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${dir}/files;
    location / { return 200 ${quoted(smallBody)}; }
    location = /64k.bin { }
    location = /1m.bin { }
    # 'return' alone would answer before the body has come; a mirror makes nginx read all of it first.
    location = /sink {
      mirror /mirrored;
      error_page 405 =200 @received;
    }
    location = /mirrored { internal; return 204; }
    location @received { return 200 ${quoted(sinkBody)}; }
  }
}
`;
}
