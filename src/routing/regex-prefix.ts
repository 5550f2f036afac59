/**
 * The text that every match of a `path-regex` must begin with, so that `Matcher` tries only the expressions that can
 * match. Reads the pattern cautiously: what it does not understand only makes the answer shorter, never wrong.
 */

const quantifiers = '*+?{';
const special = `.^$()[]|\\${quantifiers}}`;

/** Literal beginning of an expression anchored with `^`; empty when it has none. */
export function regexLiteralPrefix(source: string): string {
  if (!source.startsWith('^') || hasTopLevelAlternation(source)) return '';
  let prefix = '';
  for (let at = 1; at < source.length; at++) {
    let literal = source.charAt(at);
    if (literal === '\\') {
      literal = source.charAt(++at);
      // `\d`, `\b`, `\1` … are classes, assertions and references; only punctuation stands for itself.
      if (literal === '' || /\w/.test(literal)) break;
    } else if (special.includes(literal)) {
      break;
    }
    const quantifier = source.charAt(at + 1);
    if (quantifier !== '' && quantifiers.includes(quantifier)) return quantifier === '+' ? prefix + literal : prefix;
    prefix += literal;
  }
  return prefix;
}

function hasTopLevelAlternation(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '\\') at++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) return true;
  }
  return false;
}
