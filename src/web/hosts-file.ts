/** The names that a machine gives addresses to by itself (`/etc/hosts`, hosts(5)), read again when the file changes. */
import { stat, readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';

/** Addresses of one name by family, in the order in which they were given. */
export interface Addresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

/** A text file that is read again when it has changed; missing or unreadable is as good as empty. */
export class WatchedText {
  readonly #path: string;
  #stamp = '';
  #text = '';

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp !== this.#stamp) {
        this.#text = await readFile(this.#path, 'utf8');
        this.#stamp = stamp;
      }
    } catch {
      this.#text = '';
      this.#stamp = '';
    }
    return this.#text;
  }
}

/** What the file says of `name`; null when it does not know it. */
export function hostsEntry(text: string, name: string): Addresses | null {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const found = text.split('\n').flatMap((line) => {
    const [address = '', ...names] = (line.split('#')[0] as string).trim().split(/\s+/);
    return names.some((known) => known.toLowerCase() === wanted) ? [address] : [];
  });
  const addresses = { v4: found.filter(isIPv4), v6: found.filter(isIPv6) };
  return addresses.v4.length + addresses.v6.length === 0 ? null : addresses;
}
