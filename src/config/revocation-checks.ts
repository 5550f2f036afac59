/**
 * Whether revocation lists do what they are meant to: OpenSSL refuses every certificate of an authority that has no list, or
 * one that is out of date, the good certificates too. Called by `certificate-checks.ts`. Reads no file.
 */
import { oneLine } from '../certs/distinguished-name.ts';
import { spanText as lasting } from '../certs/lifetime.ts';
import type { Bundle } from '../certs/material.ts';
import { listsOf, subjectOf } from '../certs/revocations.ts';
import type { CheckContext } from './check-values.ts';
import type { Setting } from './tree.ts';

/** @param file Of the lists. */
export function warnOfRevocations(
  context: CheckContext,
  authorities: Bundle,
  revocations: Bundle,
  file: Setting<string | null>,
  nowMs: number,
): void {
  if (file.span === null) return;
  const lists = listsOf(revocations);
  for (const authority of authorities.certificates) {
    const own = lists.filter(({ issuer }) => subjectOf(authority)?.equals(issuer) === true);
    const name = oneLine(authority.subject);
    if (own.length === 0) {
      context.warning('SNT-C188', file.span, `there is no revocation list of the authority ${name}`, {
        label: 'all that it has issued is refused',
        help: 'add its list: each authority of `ca-file` needs one, roots that issued only other authorities too',
      });
    } else if (own.every(({ nextUpdate }) => nextUpdate !== null && nextUpdate.getTime() < nowMs)) {
      const ends = own.map(({ nextUpdate }) => nextUpdate?.getTime() ?? 0);
      const since = lasting(nowMs - Math.max(...ends));
      context.warning('SNT-T047', file.span, `the revocation list of ${name} was to be replaced ${since} ago`, {
        label: 'all that the authority has issued is refused',
      });
    } else if (own.every(({ thisUpdate }) => thisUpdate.getTime() > nowMs)) {
      context.warning('SNT-T047', file.span, `the revocation list of ${name} is not valid yet`, {
        label: 'all that the authority has issued is refused',
      });
    }
  }
}
