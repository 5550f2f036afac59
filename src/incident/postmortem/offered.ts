/** The file beside a post-mortem that holds new texts for parts that somebody edited. Its first line only; others fill and write it. */

/** What every such file begins with, so that nothing else is taken for one. */
export const offeredHead = '# New parts for the post-mortem of ';
