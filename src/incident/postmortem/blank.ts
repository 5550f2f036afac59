/** What somebody still has to write: marked by one sign, so that it is seen, searched and counted. Pure. */

/** Stands before every blank and nowhere else. */
const blankSign = '✎';

export function blank(what: string): string {
  return `${blankSign} [${what}]`;
}

/** How many there are in a text. */
export function blanksIn(text: string): number {
  return text.split(blankSign).length - 1;
}
