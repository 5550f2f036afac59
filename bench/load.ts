/** One run of wrk against one proxy, and the one request before it that shows the answer is right. */
import { spawn } from 'node:child_process';
import { type IncomingMessage, request as sendPlain } from 'node:http';
import { request as sendSecured } from 'node:https';
import { text } from 'node:stream/consumers';
import { onCore } from './processes.ts';
import type { Workload } from './workloads.ts';

export interface LoadResult {
  readonly requests: number;
  readonly durationUs: number;
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers that were not 2xx or 3xx; the first request of a run has shown that they should be 200. */
  readonly badStatus: number;
  readonly socketErrors: number;
  readonly timeouts: number;
}

export const connections = 64;

export interface LoadSettings {
  readonly seconds: number;
  readonly core: number | null;
  /** Ends the run early, which then throws. */
  readonly signal: AbortSignal;
}

export async function runLoad(workload: Workload, port: number, settings: LoadSettings): Promise<LoadResult> {
  const { seconds, core, signal } = settings;
  const script = new URL('workload.lua', import.meta.url).pathname;
  const url = `${workload.tls === null ? 'http' : 'https'}://127.0.0.1:${port}${workload.path}`;
  const command = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
  const [program, ...args] = onCore(core, command);
  const child = spawn(program!, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
    env: {
      ...process.env,
      BENCH_METHOD: workload.method,
      BENCH_BODY_BYTES: String(workload.requestBytes),
      BENCH_CLOSE: workload.closes ? '1' : '0',
    },
  });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const output = await Promise.race([text(child.stdout), failed]);
  const line = /^BENCH (\{.*\})$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`wrk gave no figures for ${url}:\n${output}`);
  return JSON.parse(line) as LoadResult;
}

/** Throws unless the proxy answers the workload's request with 200 and a body of the right length. */
export async function checkAnswer(workload: Workload, port: number): Promise<void> {
  const { status, bytes } = await new Promise<{ status: number; bytes: number }>((resolve, reject) => {
    const { path, method, tls } = workload;
    const request = { host: '127.0.0.1', port, path, method, agent: false } as const;
    const secured = { ...request, rejectUnauthorized: false } as const;
    const answered = (response: IncomingMessage): void => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }));
      response.on('error', reject);
    };
    const sent = tls === null ? sendPlain(request, answered) : sendSecured(secured, answered);
    sent.on('error', reject);
    sent.setTimeout(5_000, () => sent.destroy(new Error('no answer within 5 s')));
    sent.end(Buffer.alloc(workload.requestBytes));
  });
  if (status !== 200 || bytes !== workload.responseBytes) {
    const expected = `200 with ${workload.responseBytes} bytes`;
    throw new Error(`${workload.method} ${workload.path}: expected ${expected}, got ${status} with ${bytes}`);
  }
}
