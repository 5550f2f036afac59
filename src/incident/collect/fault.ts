/** Why an item is missing, where a source says so itself. Thrown by collectors, told in the manifest. */

/** A source cannot give what is wanted, for a reason that is said in words: a sentence without its full stop. */
export class CollectFault extends Error {}
