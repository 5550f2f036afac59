/** JSON as it is shown to people too: on a terminal it neither moves the cursor nor reads as it is not. The same value for programs. */

/** What `JSON.stringify` leaves as it is: DEL and C1 controls, marks of direction, ends of lines that JSON does not know as such. */
const unsafe = /[\u007f-\u009f]|\p{Bidi_Control}|[\u2028\u2029]/gu;

/** The JSON text of a value, with what terminals obey as escapes. @param indent Spaces of each level; 0 = one line. */
export function plainJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(unsafe, escapeUnicode);
}

function escapeUnicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
