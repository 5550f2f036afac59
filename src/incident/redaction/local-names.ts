/**
 * Names of hosts that are known, found in a text wherever they stand: those of the configuration, of targets, of certificates. A
 * name that is also a word (`app`, `web`) counts only where a host is meant. For the identities of a bundle.
 */
export class LocalNames {
  readonly #anywhere: RegExp | null;
  readonly #inPlace: RegExp | null;

  constructor(names: Iterable<string>) {
    const plain = [...new Set([...names].map(bare))].filter(
      (name) => name.length >= 2 && !/^(?:localhost|[\d.]+|.*:.*)$/.test(name),
    );
    plain.sort((one, other) => other.length - one.length);
    // With a dot, a digit or a hyphen it is no word.
    const told = plain.filter((name) => /[.\d-]/.test(name));
    const words = plain.filter((name) => !/[.\d-]/.test(name));
    this.#anywhere = form(told, (names) => `(?:(?<=%2F|%40|%3A|%3D|%20)|(?<![\\w-]))(?:${names})(?![\\w-])`);
    this.#inPlace = form(
      words,
      (names) =>
        `(?<=://|@|\\bhost[=:]\\s?["']?|%2F|%40)(?:${names})(?![\\w-])|(?<![\\w.-])(?:${names})(?=:\\d{2,5}(?!\\d))`,
    );
  }

  replaceIn(text: string, token: (name: string) => string): string {
    let rest = text;
    if (this.#anywhere !== null) rest = rest.replace(this.#anywhere, token);
    return this.#inPlace === null ? rest : rest.replace(this.#inPlace, token);
  }
}

/** `*.example.com` and `example.com.` are `example.com`. */
function bare(name: string): string {
  return name.toLowerCase().replace(/^\*\./, '').replace(/:\d+$/, '').replace(/\.$/, '');
}

function form(names: readonly string[], around: (names: string) => string): RegExp | null {
  if (names.length === 0) return null;
  return new RegExp(around(names.map((name) => name.replace(/[^\w]/g, '\\$&')).join('|')), 'gi');
}
