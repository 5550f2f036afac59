/** Requests written in short, and what the tests of the request head ask of them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { HeadLimits } from '../../../src/proxy/data/http1/head.ts';
import { RequestHead } from '../../../src/proxy/data/http1/request-head.ts';
import { bytes, usualLimits } from './message-reader.ts';

/** The head, or the answer to it when it is refused: status, cause where it is not `bad_request`, reason. */
export function parse(text: string, limits: Partial<HeadLimits> = {}): RequestHead | string {
  const buf = bytes(`junk${text}more`);
  const head = new RequestHead();
  const fault = head.parse(buf, 4, buf.length - 4, { ...usualLimits, ...limits });
  return fault === null
    ? head
    : `${fault.status} ${fault.cause === 'bad_request' ? '' : `${fault.cause} `}${fault.reason}`;
}

export function good(text: string, limits?: Partial<HeadLimits>): RequestHead {
  const head = parse(text, limits);
  if (typeof head === 'string') assert.fail(`${JSON.stringify(text)} was refused: ${head}`);
  return head;
}

/** A GET with these field lines after Host. */
export function withFields(...lines: string[]): string {
  return ['GET / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');
}

export function withLine(line: string): string {
  return `${line}\r\nHost: a\r\n\r\n`;
}

export function refuses(
  title: string,
  cases: readonly (readonly [string, string])[],
  limits?: Partial<HeadLimits>,
): void {
  it(title, () => {
    for (const [text, answer] of cases) assert.equal(parse(text, limits), answer, JSON.stringify(text));
  });
}
