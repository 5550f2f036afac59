/**
 * Chunked framing of a body that came unframed (RFC 9112 §7.1). Called by whoever writes a body of unknown length; the
 * spans themselves are written by the caller, between `chunkHead` and `chunkEnd`.
 */

/** What goes before a payload span of `length` bytes; `length` must not be 0, which would end the body. */
export function chunkHead(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** What goes after each payload span. */
export const chunkEnd = '\r\n';

/** The end of the body: the last chunk and the trailer section. */
export function lastChunk(trailers: readonly (readonly [string, string])[]): string {
  return `0\r\n${trailerSection(trailers)}`;
}

/** The trailer section alone, for a body whose last chunk's size line has been sent; latin1. */
export function trailerSection(trailers: readonly (readonly [string, string])[]): string {
  let section = '';
  for (const [name, value] of trailers) section += `${name}: ${value}\r\n`;
  return `${section}\r\n`;
}
