/** How lines of subjects are made: one mark, harmless words. Called by the other files of this folder. */
import type { Case } from '../../case.ts';
import type { SectionName } from '../../facts.ts';
import type { Mark, ReportLine } from '../report.ts';
import { plain } from '../words.ts';

export function line(mark: Mark, words: string): ReportLine {
  return { mark, words: plain(words) };
}

/** What stands in the place of a section that is not known; why, and what was tried, stands in a list of its own. */
export function unknownLine(of: Case, section: SectionName, what: string): readonly ReportLine[] {
  return of.why(section) === null ? [] : [line('unknown', `${what} not known`)];
}

/** No process was found: what only a running daemon can tell is no question then. */
export function isDown({ process }: Case): boolean {
  return process !== null && process.pid === null;
}
