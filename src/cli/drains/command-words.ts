/** The words of a command line as an operator writes it for `--exec`: quotes and backslashes as in a shell, and nothing else of one. */
import { SentinelError } from '../../base/errors.ts';

/** What stands for what in the words. */
export type Places = Readonly<Record<'target' | 'host' | 'port' | 'upstream', string>>;

/** @throws SNT-P040 an open quote, or no word at all */
export function commandWords(text: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quote === '' && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (char === quote) {
      quote = '';
    } else if (quote === '' && (char === "'" || char === '"')) {
      quote = char;
      word ??= '';
    } else if (char === '\\' && quote !== "'" && at + 1 < text.length) {
      word = (word ?? '') + (text[++at] as string);
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw unusable(`the quote ${quote} is not closed`);
  if (word !== null) words.push(word);
  const [program, ...rest] = words;
  if (program === undefined || program === '') throw unusable('it is empty');
  return [program, ...rest];
}

/** The words with what stands for `{target}`, `{host}`, `{port}` and `{upstream}`: never taken apart again. */
export function filled(words: readonly string[], places: Places): readonly string[] {
  return words.map((word) => word.replace(/\{(target|host|port|upstream)\}/g, (_, name: keyof Places) => places[name]));
}

/** @param address `10.0.0.1:80`, `[::1]:80`, `unix:/run/app.sock` */
export function placesOf(upstream: string, address: string): Places {
  const [, v6, v4, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address) ?? [];
  return { target: address, upstream, host: v6 ?? v4 ?? address, port: port ?? '' };
}

function unusable(why: string): SentinelError {
  return new SentinelError('SNT-P040', `--exec cannot be run: ${why}`, {
    hint: `sentinel drain --rolling api --exec 'ssh {host} systemctl restart app'`,
  });
}
