/** The entity tag of a static answer, made when a plan is compiled (RFC 9110 §8.8.3). */
import { createHash } from 'node:crypto';
import type { StaticResponse } from '../../config/model.ts';

/** A plan is compiled again whenever something moves; what was read with the file is hashed once. */
const known = new WeakMap<StaticResponse, StaticResponse>();

/**
 * The answer with a strong `ETag` of its content and media type: of those with status 200, for only they can be asked for
 * conditionally, and unless it has one that the operator wrote.
 */
export function tagged(answer: StaticResponse): StaticResponse {
  const named = answer.headers.some(([name]) => name.toLowerCase() === 'etag');
  if (answer.status !== 200 || named) return answer;
  let result = known.get(answer);
  if (result === undefined) {
    const hash = createHash('sha256').update(answer.bodyBase64);
    for (const [name, value] of answer.headers) if (/^content-/i.test(name)) hash.update(`\n${name}: ${value}`);
    result = { ...answer, headers: [...answer.headers, ['ETag', `"${hash.digest('base64url').slice(0, 22)}"`]] };
    known.set(answer, result);
  }
  return result;
}
