/** HTTP/1.1 messages as tests read them off a wire: a plain reader of its own, so that no test trusts the parser it tests. */

export type Fields = readonly (readonly [name: string, value: string])[];

export interface RawMessage {
  readonly startLine: string;
  /** The head as it came, empty line included. */
  readonly head: string;
  readonly fields: Fields;
  /** Payload. */
  readonly body: Buffer;
  readonly trailers: Fields;
  readonly framing: Framing;
  /** False when the connection ended before the message did. */
  readonly complete: boolean;
  /** Bytes that it takes, framing included. */
  readonly size: number;
}

export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** The value of a field, several joined by `, `; undefined when there is none. */
export function field(fields: Fields, name: string): string | undefined {
  const values = fields.filter(([given]) => given.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** The request at the start of `bytes`; null when its head has not all come. */
export function readRequest(bytes: Buffer, ended = false): RawMessage | null {
  return readMessage(bytes, ended, (fields) => announcedFraming(fields) ?? 'none');
}

/** The response at the start of `bytes` to a request by `method`; null when its head has not all come. */
export function readResponse(bytes: Buffer, method: string, ended: boolean): RawMessage | null {
  return readMessage(bytes, ended, (fields, startLine) => {
    const status = Number(startLine.split(' ')[1]);
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    return announcedFraming(fields) ?? 'close';
  });
}

function announcedFraming(fields: Fields): Framing | null {
  if (field(fields, 'transfer-encoding') !== undefined) return 'chunked';
  return field(fields, 'content-length') === undefined ? null : 'length';
}

function readMessage(
  bytes: Buffer,
  ended: boolean,
  framingOf: (fields: Fields, startLine: string) => Framing,
): RawMessage | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = bytes.toString('latin1', 0, headEnd + 4);
  const [startLine = '', ...lines] = head.slice(0, -4).split('\r\n');
  const fields = lines.map(fieldOf);
  const framing = framingOf(fields, startLine);
  const rest = bytes.subarray(headEnd + 4);
  const body = readBody(rest, framing, Number(field(fields, 'content-length') ?? 0), ended);
  return { startLine, head, fields, framing, ...body, size: headEnd + 4 + body.size };
}

type Body = Pick<RawMessage, 'body' | 'trailers' | 'complete' | 'size'>;

function readBody(rest: Buffer, framing: Framing, length: number, ended: boolean): Body {
  switch (framing) {
    case 'none':
      return { body: Buffer.alloc(0), trailers: [], complete: true, size: 0 };
    case 'length': {
      const body = rest.subarray(0, length);
      return { body, trailers: [], complete: body.length === length, size: body.length };
    }
    case 'close':
      return { body: rest, trailers: [], complete: ended, size: rest.length };
    case 'chunked':
      return readChunks(rest);
  }
}

function readChunks(rest: Buffer): Body {
  const parts: Buffer[] = [];
  const partial = (): Body => ({ body: Buffer.concat(parts), trailers: [], complete: false, size: rest.length });
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd === -1) return partial();
    const sizeText = rest.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+(;.*)?$/i.test(sizeText)) throw new Error(`not a chunk size: ${JSON.stringify(sizeText)}`);
    const size = Number.parseInt(sizeText, 16);
    at = lineEnd + 2;
    if (size === 0) break;
    parts.push(rest.subarray(at, at + size));
    if (at + size + 2 > rest.length) return partial();
    if (rest.toString('latin1', at + size, at + size + 2) !== '\r\n') throw new Error('a chunk lacks its CRLF');
    at += size + 2;
  }
  const trailers: (readonly [string, string])[] = [];
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd === -1) return partial();
    if (lineEnd === at) return { body: Buffer.concat(parts), trailers, complete: true, size: at + 2 };
    trailers.push(fieldOf(rest.toString('latin1', at, lineEnd)));
    at = lineEnd + 2;
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
