/**
 * Reads messages with Node's own parser (llhttp), by giving a real `node:http` server or client a socket made of memory.
 * The differential test and the fuzz target hold the parsers of the data plane against it.
 */
import http, { type IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';

export interface NodeMessage {
  /** The first line, put together from what Node tells of it. */
  readonly line: string;
  readonly fields: readonly (readonly [string, string])[];
  body: string;
  trailers: readonly (readonly [string, string])[];
  complete: boolean;
}

export interface NodeResult {
  readonly messages: readonly NodeMessage[];
  /** Code of the parse error; null when all bytes were good. */
  readonly fault: string | null;
}

class MemorySocket extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

interface Reading {
  readonly messages: NodeMessage[];
  fault: string | null;
}

const maxHeaderSize = 256 * 1024;
const readings = new WeakMap<object, Reading>();
const server = http.createServer({ maxHeaderSize, requireHostHeader: false, keepAliveTimeout: 0 });
server.on('request', takeRequest).on('checkContinue', takeRequest).on('checkExpectation', takeRequest);
server.on('connect', (request: IncomingMessage) => {
  record(readings.get(request.socket)!, request, requestLine(request)).complete = true;
});
server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
  readings.get(socket)!.fault ??= error.code ?? error.message;
});

/** The requests that Node finds in `pieces`, fed one after another. */
export async function readRequestsWithNode(pieces: readonly Buffer[]): Promise<NodeResult> {
  const socket = new MemorySocket();
  const reading: Reading = { messages: [], fault: null };
  readings.set(socket, reading);
  server.emit('connection', socket);
  await deliver(socket, pieces, reading);
  socket.destroy();
  return reading;
}

/** The response to a request with `method` that Node finds in `pieces`; then the connection ends. */
export async function readResponseWithNode(method: string, pieces: readonly Buffer[]): Promise<NodeResult> {
  const socket = new MemorySocket();
  const reading: Reading = { messages: [], fault: null };
  const options = { method, createConnection: () => socket, maxHeaderSize, insecureHTTPParser: false };
  const request = http.request(options);
  request.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('HPE_')) reading.fault ??= error.code;
  });
  request.on('information', (info) => {
    const line = `HTTP/${info.httpVersion} ${info.statusCode} ${info.statusMessage}`;
    reading.messages.push({ line, fields: pairs(info.rawHeaders), body: '', trailers: [], complete: true });
  });
  const take = (response: IncomingMessage): void => {
    const line = `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`;
    collect(response, record(reading, response, line));
  };
  request.on('response', take);
  request.on('upgrade', (response) => {
    const line = `HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`;
    record(reading, response, line).complete = true;
  });
  request.end();
  await settled();
  await deliver(socket, pieces, reading);
  socket.emit('end');
  await settled();
  request.destroy();
  socket.destroy();
  return reading;
}

/** No request is answered: an answer might end the connection before all of it is read. */
function takeRequest(request: IncomingMessage): void {
  collect(request, record(readings.get(request.socket)!, request, requestLine(request)));
}

async function deliver(socket: Duplex, pieces: readonly Buffer[], reading: Reading): Promise<void> {
  for (const piece of pieces) {
    if (reading.fault !== null) break;
    socket.emit('data', piece);
    await settled();
  }
}

function requestLine(request: IncomingMessage): string {
  return `${request.method} ${request.url} HTTP/${request.httpVersion}`;
}

function record(reading: Reading, incoming: IncomingMessage, line: string): NodeMessage {
  const message = { line, fields: pairs(incoming.rawHeaders), body: '', trailers: [], complete: false };
  reading.messages.push(message);
  return message;
}

function collect(incoming: IncomingMessage, message: NodeMessage): void {
  incoming.on('data', (chunk: Buffer) => {
    message.body += chunk.toString('latin1');
  });
  const finish = (): void => {
    message.complete = incoming.complete;
    message.trailers = pairs(incoming.rawTrailers);
  };
  // The server may drop the connection over a later message before this one, read in full, has come to its end.
  incoming.on('end', finish).on('error', finish);
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]!, raw[2 * i + 1]!]);
}

/** Streams hand their data on in later turns of the event loop. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => void setImmediate(resolve));
}
