/**
 * Compares what two readers made of the same bytes, and names the first place where they part. Used by the differential
 * test and the fuzz target, which then ask `known-differences.ts` whether it is one that is meant.
 */
import { bytes, readPieces, type ReadMessage, type ReadResult } from './message-reader.ts';
import type { NodeMessage, NodeResult } from './node-reader.ts';

export interface Difference {
  /** We refuse what Node takes or awaits; we take what Node refuses; both take it but read it differently. */
  readonly kind: 'stricter' | 'narrower' | 'framing';
  /** The stream before the message at which they part, its head, and all after that. */
  readonly before: string;
  readonly head: string;
  readonly body: string;
  /** The method that it answers; null for requests. */
  readonly answering: string | null;
  readonly ourFault: string | null;
  readonly nodeFault: string | null;
  readonly detail: string;
}

/** The first difference that matters, or null. */
export function compare(text: string, answering: string | null, ours: ReadResult, node: NodeResult): Difference | null {
  let i = 0;
  const differ = (kind: Difference['kind'], detail: string): Difference => {
    const at = ours.messages[i]?.at ?? ours.lastAt;
    const rest = text.slice(at);
    const headEnd = rest.indexOf('\r\n\r\n', rest.startsWith('\r\n') ? 2 : 0);
    const head = headEnd < 0 ? rest : rest.slice(0, headEnd + 4);
    const body = rest.slice(head.length);
    return {
      kind,
      before: text.slice(0, at),
      head,
      body,
      answering,
      ourFault: ours.fault,
      nodeFault: node.fault,
      detail,
    };
  };
  for (; ; i++) {
    const mine = ours.messages[i];
    const theirs = node.messages[i];
    if (!mine?.complete || !theirs?.complete) break;
    const unlike = unlikeness(mine, theirs);
    if (unlike !== null) return differ('framing', unlike);
    if (asksForUpgrade(theirs)) return null;
  }
  const mine = ours.messages[i];
  const theirs = node.messages[i];
  if (theirs !== undefined && asksForUpgrade(theirs)) return null;
  if (mine?.complete) return node.fault === null ? differ('framing', 'Node waits for more') : differ('narrower', '');
  if (ours.ignored > 0)
    return answering === null && node.fault !== null ? differ('narrower', 'after the last message') : null;
  if (ours.fault !== null) return node.fault !== null && !theirs?.complete ? null : differ('stricter', '');
  if (theirs?.complete) return differ('framing', 'we wait for more');
  if (node.fault !== null) {
    // Node judges field by field, we judge a head when it is whole.
    const whole = readPieces(answering, [bytes(`${text}\r\n\r\n`)]);
    return ours.waiting && whole.fault !== null ? null : differ('narrower', 'we wait for more');
  }
  if (mine === undefined || theirs === undefined)
    return mine === theirs ? null : differ('framing', 'one waits for the head');
  const unlike = unlikeness(mine, theirs);
  return unlike === null ? null : differ('framing', unlike);
}

function unlikeness(mine: ReadMessage, theirs: NodeMessage): string | null {
  if (mine.line.trimEnd() !== theirs.line.trimEnd()) return `line ${mine.line} / ${theirs.line}`;
  if (mine.body !== theirs.body) return `body ${JSON.stringify(mine.body)} / ${JSON.stringify(theirs.body)}`;
  if (list(mine.fields) !== list(theirs.fields)) return `fields ${list(mine.fields)} / ${list(theirs.fields)}`;
  const kept = theirs.trailers.filter(([name]) => !droppedTrailers.has(name.toLowerCase()));
  return list(mine.trailers) === list(kept) ? null : `trailers ${list(mine.trailers)} / ${list(kept)}`;
}

/** llhttp stops at a request that asks for an upgrade, whatever is done with it, and does not even read its body. */
function asksForUpgrade({ fields }: NodeMessage): boolean {
  const has = (name: string, value: RegExp): boolean =>
    fields.some((field) => field[0].toLowerCase() === name && value.test(field[1]));
  return has('connection', /upgrade/i) && has('upgrade', /./);
}

/**
 * Of the fields that the message maker knows, those that a trailer may not carry (RFC 9110 §6.5.1), or may not imitate;
 * Node keeps them.
 */
const droppedTrailers = new Set(
  (
    'connection content-length content_length cookie expect host keep-alive proxy-connection te transfer-encoding ' +
    'transfer_encoding upgrade user-agent x_forwarded_for'
  ).split(' '),
);

function list(fields: readonly (readonly [string, string])[]): string {
  return JSON.stringify(fields);
}
