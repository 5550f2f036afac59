/** What http checks ask with, and how they judge an answer, whatever the protocol. A redirect is an answer like any other. */
import type { HealthCheckConfig } from '../../../config/model.ts';
import { failed, passed, type ProbeFinding } from './probe-result.ts';

export type HttpCheck = Extract<HealthCheckConfig['type'], { readonly kind: 'http' }>;

/** How much of a body is read for `expected-body`. */
export const BODY_BYTES = 64 << 10;

/** Fields of the request beside the host. */
export function probeFields(via: string | null): Readonly<Record<string, string>> {
  return { 'user-agent': 'sentinel-health-check', accept: '*/*', ...(via === null ? {} : { via }) };
}

/** @param body At most `BODY_BYTES`. */
export function judgeAnswer({ expectedStatus, expectedBody }: HttpCheck, status: number, body: Buffer): ProbeFinding {
  if (!expectedStatus.some(([from, to]) => status >= from && status <= to)) {
    const loop = status === 508 ? ': it may lead back to this proxy' : '';
    return failed('L7STS', `answered ${status}, expected ${statusWords(expectedStatus)}${loop}`, status);
  }
  if (expectedBody !== null && !body.includes(expectedBody)) {
    const read = body.length === BODY_BYTES ? 'the first 64 KiB' : `the ${body.length} bytes`;
    return failed('L7RSP', `answered ${status}, but ${read} of its body do not contain the expected text`, status);
  }
  return passed('L7OK', status, `answered ${status}`);
}

function statusWords(ranges: HttpCheck['expectedStatus']): string {
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(' or ');
}
