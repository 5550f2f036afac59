/**
 * Single texts without their secrets, by the same rules as bundles: what somebody types into a journal, or on a command line that is
 * kept. For the commands that write them; what is in a bundle passes the scrubber.
 */
import { LiteralSearch } from './literal-search.ts';
import { TextRules } from './text-rules.ts';

/** @param known Secret values of the configuration and the environment. */
export function textCleaner(known: Iterable<string>): (text: string) => string {
  const rules = new TextRules(new LiteralSearch(known), () => {});
  return (text) => {
    const lead = sentence.test(text) ? before : '';
    return rules.scrub(lead + text).slice(lead.length);
  };
}

/** `token=x1 has leaked` is a sentence; at the beginning of a line of a file all of it would be the value. */
const sentence = /^[\w.-]{1,80}[=:] ?[^\s"']*\d[^\s"']* [^\n]*$/;
const before = 'said ';
