/**
 * The HTTP/2 form of a response towards a client: its head, its body, how it ends. Waits with the head until it is known
 * what follows it, so that a small answer costs two writes; decides nothing about when to reset.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { type BodyEnd, unframedEnd } from '../../body-end.ts';
import type { ResponseHead } from '../../http1/response-head.ts';
import { addField, addFieldLines, type FieldObject, noFields } from '../../http2/field-list.ts';
import type { ResponseStart } from '../../request/exchange.ts';
import { keptLines } from '../../request/forward-response.ts';
import { FRAME_BYTES } from './conduct.ts';

/** Spans up to this size are copied: their buffer is wanted back. */
const COPY_BYTES = 4096;

const writer = Symbol('answer writer');
type Written = ServerHttp2Stream & { [writer]: AnswerWriter };

export class AnswerWriter {
  /** Payload and text of fields, with a frame's head for each: what the stream cost before compression. */
  written = 0;
  readonly #stream: ServerHttp2Stream;
  /** The final head, until it is known what follows it. */
  #start: ResponseStart | null = null;
  /** A span that is due. */
  #span: Buffer | null = null;
  /** A span of another's buffer may not have left yet. */
  #lent = false;
  #end: BodyEnd = unframedEnd;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    (stream as Written)[writer] = this;
  }

  /** Takes the final head. */
  begin(start: ResponseStart): void {
    this.#start = start;
  }

  interim(head: ResponseHead): void {
    const list: string[] = [];
    addFieldLines(list, keptLines(head));
    const fields = noFields();
    for (let i = 0; i < list.length; i += 2) addField(fields, list[i] as string, list[i + 1] as string);
    this.#inform(head.status, fields);
  }

  sendContinue(): void {
    this.#inform(100, noFields());
  }

  body(buffer: Buffer, from: number, to: number): void {
    if (from >= to) return;
    if (this.#span !== null) this.#writeSpan();
    const span = buffer.subarray(from, to);
    const small = to - from <= COPY_BYTES;
    this.#span = small ? Buffer.from(span) : span;
    if (!small) this.#lent = true;
    this.written += to - from + FRAME_BYTES;
  }

  /** The response is complete. */
  end(end: BodyEnd): void {
    const stream = this.#stream;
    if (this.#start !== null) this.#sendHead(this.#span === null, end.trailers.length === 0);
    this.#end = end;
    if (!stream.destroyed && !stream.writableEnded) {
      if (this.#span === null) stream.end();
      else stream.end(this.#span);
    }
    this.#span = null;
  }

  /** Writes what is queued; true when more may come at once. */
  flush(): boolean {
    const stream = this.#stream;
    if (this.#start !== null) this.#sendHead(false, false);
    if (this.#span !== null) this.#writeSpan();
    return !stream.writableNeedDrain || stream.destroyed;
  }

  /** Forgets what is queued. */
  discard(): void {
    this.#start = null;
    this.#span = null;
  }

  /** True while spans given to `body` are still referred to. */
  get retainsSpans(): boolean {
    if (this.#lent && this.#span === null && this.#stream.writableLength === 0) this.#lent = false;
    return this.#lent;
  }

  /** All of the body has left: the trailers may follow. */
  sendTrailers(): void {
    if (this.#stream.destroyed || this.#stream.closed) return;
    const fields = noFields();
    for (const [name, value] of this.#end.trailers) {
      addField(fields, name, value);
      this.written += name.length + value.length;
    }
    this.#stream.sendTrailers(fields);
  }

  /**
   * Sends the head. `empty` = no body follows; `whole` = all that follows is at hand. Where it is not, only trailers may end
   * the stream: a stream that node:http2 resets it would end first, as if the answer were complete.
   */
  #sendHead(empty: boolean, whole: boolean): void {
    const start = this.#start as ResponseStart;
    const stream = this.#stream;
    this.#start = null;
    if (stream.destroyed || stream.closed) return;
    const list = [':status', String(start.status)];
    addFieldLines(list, start.fields);
    // Nor has a 205 content (RFC 9110 §15.3.6): node:http2 sends none, and a length that is not met would be malformed.
    if (start.length >= 0 && start.status !== 204 && start.status !== 205)
      list.push('content-length', String(start.length));
    for (const text of list) this.written += text.length;
    this.written += FRAME_BYTES;
    const endStream = !start.hasBody || (empty && whole);
    const waitForTrailers = !endStream && !whole;
    if (waitForTrailers) stream.on('wantTrailers', wantsTrailers);
    stream.respond(list as never, { endStream, waitForTrailers, sendDate: false } as never);
  }

  #writeSpan(): void {
    if (this.#start !== null) this.#sendHead(false, false);
    const span = this.#span as Buffer;
    this.#span = null;
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(span);
  }

  #inform(status: number, fields: FieldObject): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed || stream.headersSent) return;
    stream.additionalHeaders(Object.assign(fields, { ':status': status }));
  }
}

/** One listener for all streams. */
function wantsTrailers(this: ServerHttp2Stream): void {
  try {
    (this as Written)[writer].sendTrailers();
  } catch (error) {
    this.destroy(error as Error);
  }
}
