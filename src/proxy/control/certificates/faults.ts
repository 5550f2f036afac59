/** Certificate files that cannot be used, as one error with a line for each. Made by `certificates.ts`, told by start and reload. */
import { SentinelError } from '../../../base/errors.ts';
import type { UnusableFile } from './reading.ts';
import { useWords } from './uses.ts';

export class CertificateFaults extends SentinelError {
  /** One sentence each, with its code. */
  readonly problems: readonly string[];

  /** @param unusable At least one. */
  constructor(unusable: readonly UnusableFile[]) {
    const [{ use, fault }] = unusable as [UnusableFile];
    const more = unusable.length - 1;
    super(fault.code, `${useWords(use)}: ${fault.message}${more === 0 ? '' : ` (and ${more} more)`}`, {
      hint: fault.hint ?? `sentinel cert-check ${fault.file}`,
    });
    this.problems = unusable.map((one) => unusableWords(one));
  }
}

/**
 * `[SNT-T007] certificate of listener "https": the key …`.
 * @param others How many more uses the same files have.
 */
export function unusableWords({ use, fault }: UnusableFile, others = 0): string {
  const places = others === 0 ? '' : ` (and in ${others} more ${others === 1 ? 'place' : 'places'})`;
  return `[${fault.code}] ${useWords(use)}${places}: ${fault.message}`;
}
