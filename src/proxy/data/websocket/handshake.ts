/**
 * The opening handshake of a WebSocket, as far as a proxy judges it (RFC 6455 §4, RFC 8441 §5): whether a request asks for
 * one in the right form, and what answers a key. Called by the guard that lets upgrades pass, by the attempt, and by
 * whoever speaks HTTP/2 to a target. The rest of the handshake is between the two ends.
 */
import { createHash } from 'node:crypto';
import type { RequestHead } from '../http1/request-head.ts';
import { trimmed } from '../http1/message-head.ts';

/** Base64 of 16 bytes. */
const keyForm = /^[A-Za-z0-9+/]{22}==$/;
const versionForm = /^\d{1,3}$/;
/** RFC 6455 §1.3. */
const suffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Whether an `Upgrade` value offers `websocket`, perhaps among others. */
export function namesWebSocket(upgrade: string): boolean {
  if (upgrade === 'websocket') return true;
  return upgrade.split(',').some((protocol) => trimmed(protocol).toLowerCase() === 'websocket');
}

/**
 * Whether the rest of a request that asks for a WebSocket is as it must be: no body, one version, and one key, which an
 * extended CONNECT (`http2`) does not have. Which versions are good is for the target to say.
 */
export function isHandshake(head: RequestHead, http2: boolean): boolean {
  if (head.framing !== 'none' || !versionForm.test(head.lookup('sec-websocket-version') ?? '')) return false;
  const key = head.lookup('sec-websocket-key');
  return http2 ? key === undefined : keyForm.test(key ?? '');
}

/** The key of a handshake that has none of its own: base64 of a trace id, which is 32 hex digits. */
export function keyFrom(traceId: string): string {
  return Buffer.from(traceId, 'hex').toString('base64');
}

/** `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(key).update(suffix).digest('base64');
}
