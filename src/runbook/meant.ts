/** What was probably meant, as problems of runbooks say it: in words, since no command corrects runbooks. */
import type { Suggestion } from '../config/diagnostic.ts';

/** @param word null = nothing comes near */
export function meant(word: string | null): Suggestion | null {
  return word === null ? null : { text: `did you mean \`${word}\`?`, edit: null };
}
