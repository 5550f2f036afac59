/** What answers a row of the seed runbooks: the shape that the tables `answers-of-*.ts` are written in. */
import type { ShownName } from './shown-by.ts';

export interface RowAnswer {
  /** What does it here, in Markdown without links; commands of ours stand between backticks. */
  readonly here: string;
  /** Where that is described: paths from the root of the project, with the anchor of a heading. */
  readonly places: readonly string[];
  readonly tests: readonly ShownName[];
  /** What is wrong with the row; null = nothing. */
  readonly wrong: string | null;
}

/** `process-crash#rollback` is a runbook, `docs/limits.md#memory` a page. */
export function answer(here: string, places: string, ...tests: readonly ShownName[]): RowAnswer {
  const paths = places.split(' ').filter((place) => place !== '');
  return { here, places: paths.map(pathOf), tests, wrong: null };
}

/** Of a row that misleads: what is wrong, and what is done instead. */
export function misleads(wrong: string, here: string, places: string, ...tests: readonly ShownName[]): RowAnswer {
  return { ...answer(here, places, ...tests), wrong };
}

function pathOf(place: string): string {
  if (place.includes('/') || place.startsWith('README.md')) return place;
  const [id = '', anchor] = place.split('#');
  return `runbooks/${id}.md${anchor === undefined ? '' : `#${anchor}`}`;
}
