/**
 * What is in every text that a rule could take something out of: a few looks, for skipping what is harmless, in long texts too. Wrong
 * only to the safe side. For the rules and for whoever reads line by line.
 */
import { dialectMarks } from './dialects.ts';
import { unseenMarks } from './encodings.ts';
import { nameHints } from './named-values.ts';
import { shapeMarks } from './secret-shapes.ts';

/** One of these is in everything that a rule could take: for skipping what is harmless, in long texts too. */
export const suspicions: readonly RegExp[] = [
  nameHints,
  ...shapeMarks,
  dialectMarks,
  /:\/\/[^\s"'<>]{0,4096}@|\w:[^\s"'<>:/]{1,256}@|(?:^|[\s"'])-(?:u|p|a|w|U|-(?:proxy-)?user\b)(?:\b|(?=\w))|BEGIN |PuTTY/m,
  /%[0-9a-f]{2}|\\u[0-9a-f{]|\\x[0-9a-f]|&#|&quot;|:(?:\d{2,5}|\*):[\w.*-]{1,63}:[\w.@*-]{1,63}:\S|(?<![\w.@-])[\w.@-]{1,64}:[./0-9A-Za-z]{13}(?:\s*$|\\n|"|:)/im,
  unseenMarks,
];

export function isSuspicious(text: string): boolean {
  return suspicions.some((one) => one.test(text));
}
