/** How a body ended, and what of a chunked ending is still to be written. Passed from the reading side to the writing side. */
import { lastChunk, trailerSection } from './http1/encode.ts';

export interface BodyEnd {
  readonly trailers: readonly (readonly [name: string, value: string])[];
  /** What framed spans have carried of the ending: nothing (the body came unframed), the size line of the last chunk, or all of it. */
  readonly carried: 'nothing' | 'last-size' | 'all';
}

export const unframedEnd: BodyEnd = { trailers: [], carried: 'nothing' };

/** What a chunked writer must add. */
export function chunkedEnding(end: BodyEnd): string {
  switch (end.carried) {
    case 'nothing':
      return lastChunk(end.trailers);
    case 'last-size':
      return trailerSection(end.trailers);
    case 'all':
      return '';
  }
}
