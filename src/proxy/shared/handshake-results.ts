/** What becomes of a TLS handshake with a client: labels of `tls_handshakes_total`, and their order in its cell. */

/**
 * `full` and `resumed` by version; the version of the others was not settled. `failed`: the two sides could not agree.
 * `timeout`: not done in time. `closed`: the client went away. `displaced`: it gave way to newer ones, as too many were
 * open. `cut`: the proxy ended it, to stop.
 */
export type HandshakeResult = 'full' | 'resumed' | 'failed' | 'timeout' | 'closed' | 'displaced' | 'cut';

/** Labels of each place in the cell; "-" where there is no version. */
export const handshakeResults: readonly (readonly [version: string, result: HandshakeResult])[] = [
  ['TLSv1.2', 'full'],
  ['TLSv1.2', 'resumed'],
  ['TLSv1.3', 'full'],
  ['TLSv1.3', 'resumed'],
  ['-', 'failed'],
  ['-', 'timeout'],
  ['-', 'closed'],
  ['-', 'displaced'],
  ['-', 'cut'],
];

const places = new Map(handshakeResults.map(([version, result], index) => [`${version} ${result}`, index]));

/** Place in the cell of a handshake that ended well, or of one that did not. */
export function handshakeIndex(version: 'TLSv1.2' | 'TLSv1.3' | '-', result: HandshakeResult): number {
  return places.get(`${version} ${result}`) as number;
}
