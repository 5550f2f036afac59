/** Methods that mean the same when they are asked twice (RFC 9110 §9.2.2). Asked before anything is sent again. */

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']);

export function isIdempotent(method: string): boolean {
  return idempotent.has(method);
}
