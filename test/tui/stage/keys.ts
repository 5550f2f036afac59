/** What a terminal sends for keys that have a name. Called by the terminal of the tests; knows nothing of what the keys do. */

const named = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  delete: '\x1b[3~',
  enter: '\r',
  escape: '\x1b',
  tab: '\t',
  'shift-tab': '\x1b[Z',
  backspace: '\x7f',
  space: ' ',
} as const;

/** `ctrl-c`: the letter by the control key. */
export type KeyName = keyof typeof named | `ctrl-${string}`;

export function bytesOfKey(key: KeyName): string {
  if (key in named) return named[key as keyof typeof named];
  return String.fromCharCode(key.charCodeAt('ctrl-'.length) & 0x1f);
}
