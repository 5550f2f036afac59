/**
 * Whether the end of a TLS connection was announced by a closure alert (close_notify). Without one the end may be anybody's
 * who can cut a wire (RFC 9112 §9.8). Node says `end` for both; they differ in whether the connection beneath has ended too.
 * Called by whoever opens a connection; reaches into parts of Node that are not documented, and says "no" where they are gone.
 */
import { constants } from 'node:os';
import type { TLSSocket } from 'node:tls';

export interface Closure {
  /** The other side has said that no more comes. */
  announced: boolean;
}

/** `uv_read_start` on what is being read already. */
const ALREADY = -constants.errno.EALREADY;

/** The stream under a TLS handle: `reading` is false while it is paused. */
interface Beneath {
  readonly reading: boolean;
  readStart(): number;
}

/** Notes how `socket` ends. Asked for after its `end`. */
export function watchClosure(socket: TLSSocket): Closure {
  const closure: Closure = { announced: false };
  const { push } = socket;
  // With `onread` nothing else is pushed: this is no way that bytes take.
  socket.push = (chunk, encoding) => {
    if (chunk === null) closure.announced = endedAbove(socket);
    return push.call(socket, chunk, encoding);
  };
  return closure;
}

/** The stream that carries TLS has not ended: so it was TLS that did. One that is not being read cannot be seen to end. */
function endedAbove(socket: TLSSocket): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly _parent?: Beneath } | null };
  const beneath = handle?._parent;
  return beneath !== undefined && (beneath.reading === false || beneath.readStart() === ALREADY);
}
