/** Which certificate of a listener goes with which name: exact ones, then wildcards of one label. Asked in handshakes, for the `Host` of requests, and by whoever foretells both. */

export class ServerNames {
  readonly #exact = new Map<string, number>();
  /** By what follows the first label, with its dot. */
  readonly #wild = new Map<string, number>();

  /** @param lists Names of each certificate, lower case, exact or `*.suffix`; the first certificate with a name has it. */
  constructor(lists: readonly (readonly string[])[]) {
    for (const [index, names] of lists.entries()) {
      for (const name of names) {
        const [map, key] = name.startsWith('*.') ? [this.#wild, name.slice(1)] : [this.#exact, name];
        if (!map.has(key)) map.set(key, index);
      }
    }
  }

  /** Index of the certificate for `name`, lower case; -1 = none has it. */
  find(name: string): number {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    const dot = name.indexOf('.');
    // Something stands for the asterisk, so that `.example` is no name of `*.example`.
    return dot < 1 ? -1 : (this.#wild.get(name.slice(dot)) ?? -1);
  }
}

/** A name as clients write it, in the form of the table: lower case, without the dot of the root. */
export function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
