/**
 * Proofs of domain control (RFC 8555 §8.3): whoever issues certificates asks for them at any time, runs no scripts and waits
 * for no maintenance to end. Which routes name their path; asked by the table, `route explain` and the challenge guard.
 */
import type { PathMatch } from '../config/model.ts';

/** Below it an authority looks for the proof. */
export const acmePrefix = '/.well-known/acme-challenge/';

/** Whether a path of `matches` names the place of the proofs or something below it: then it is asked before all others. */
export function namesAcmePath(path: PathMatch | null): boolean {
  if (path === null || path.kind === 'regex') return false;
  return path.path.startsWith(acmePrefix) || (path.kind === 'prefix' && `${path.path}/` === acmePrefix);
}
