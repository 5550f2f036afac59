/**
 * A small reverse proxy on `node:http` and `undici`, written as one would: what sentinel's own framing is measured
 * against. Started by the bench; no part of the product.
 *
 *     node bench/reference-proxy.ts PORT ORIGIN ROUTES-FILE [LOG-FILE]
 */
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const [port, origin, routesFile, logFile] = process.argv.slice(2) as [string, string, string, string?];
const prefixes = new Set(JSON.parse(readFileSync(routesFile, 'utf8')) as string[]);
const log = logFile ? createWriteStream(logFile) : null;
const pool = new Pool(origin, { connections: 128, pipelining: 1 });
const hopByHop = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-connection'];

createServer((request, response) => {
  if (prefixes.size > 0 && !prefixes.has(request.url!.slice(0, request.url!.indexOf('/', 1) + 1))) {
    response.writeHead(404).end();
    return;
  }
  if (log !== null) logWhenDone(request, response);
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const options: Dispatcher.DispatchOptions = {
    method: request.method as Dispatcher.HttpMethod,
    path: request.url!,
    headers: { ...endToEnd(request.headers), 'x-forwarded-for': request.socket.remoteAddress! },
    body: hasBody ? request : null,
  };
  pool.dispatch(options, {
    onRequestStart(controller) {
      response.on('close', () => {
        if (!response.writableFinished) controller.abort(new Error('the client is gone'));
      });
    },
    onResponseStart(_controller, status, headers) {
      response.writeHead(status, endToEnd(headers));
    },
    onResponseData(controller, chunk) {
      if (response.write(chunk)) return;
      controller.pause();
      response.once('drain', () => controller.resume());
    },
    onResponseEnd() {
      response.end();
    },
    onResponseError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  });
}).listen(Number(port), '127.0.0.1', 4096);

process.once('SIGTERM', () => process.exit(0));

function endToEnd<T extends IncomingHttpHeaders>(headers: T): T {
  const kept = { ...headers };
  for (const name of hopByHop) delete kept[name];
  return kept;
}

function logWhenDone(request: IncomingMessage, response: ServerResponse): void {
  const start = performance.now();
  // Asked for now: the socket is gone when the client leaves before the answer is done.
  const client = request.socket.remoteAddress;
  response.on('finish', () => {
    const { method, url, headers } = request;
    log!.write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        client,
        method,
        url,
        host: headers.host,
        status: response.statusCode,
        ms: performance.now() - start,
      })}\n`,
    );
  });
}
