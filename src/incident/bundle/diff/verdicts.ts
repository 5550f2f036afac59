/** What differs between two bundles in what was wrong, and what happened in between. For `bundle-diff.ts`. */
import { withoutTokens } from './configurations.ts';
import {
  bothOf,
  type Compared,
  type Difference,
  type Fields,
  fieldsOf,
  listOf,
  paired,
  type Pair,
  wordOf,
} from './reading.ts';

export function verdictsOf(pair: Pair): Compared {
  const [a, b] = [pair.a.manifest.verdict, pair.b.manifest.verdict];
  const said = (one: typeof a): string =>
    one === null ? 'no verdict' : [one.severity, one.status].filter((word) => word !== null).join(' ');
  const head: readonly Difference[] = said(a) === said(b) ? [] : [{ sign: '~', words: `${said(a)} → ${said(b)}` }];
  const both = bothOf(pair, 'verdict.json');
  if ('why' in both) return head.length === 0 ? both : head;
  const causes = (reply: Fields): readonly Fields[] => listOf(fieldsOf(reply, 'verdict'), 'causes');
  const nameOf = (one: Fields): string => {
    const resource = fieldsOf(one, 'resource');
    const name = `${wordOf(one, 'cause') ?? '?'} ${wordOf(resource, 'kind') ?? ''} ${wordOf(resource, 'name') ?? ''}`;
    return pair.tokens ? withoutTokens(name) : name;
  };
  const { came, gone } = paired(causes(both.a), causes(both.b), nameOf);
  const line = (sign: '+' | '-', one: Fields): Difference => ({
    sign,
    words: `cause ${wordOf(one, 'cause') ?? '?'}: ${wordOf(one, 'detail') ?? ''}`,
  });
  return [...head, ...came.map((one) => line('+', one)), ...gone.map((one) => line('-', one))];
}

/** What B has seen and A has not, the newest last. */
export function eventsOf(pair: Pair): Compared {
  const both = bothOf(pair, 'state/events.json');
  if ('why' in both) return both;
  const nameOf = (one: Fields): string => `${wordOf(one, 'at') ?? ''} ${wordOf(one, 'kind') ?? ''}`;
  const before = new Set(listOf(both.a, 'events').map(nameOf));
  const created = Date.parse(pair.a.manifest.created);
  return listOf(both.b, 'events')
    .filter(
      (one) => !before.has(nameOf(one)) && Date.parse(wordOf(one, 'last_at') ?? wordOf(one, 'at') ?? '') >= created,
    )
    .filter((one) => wordOf(one, 'severity') !== 'debug')
    .map((one) => {
      const detail = wordOf(one, 'detail');
      const subject = wordOf(one, 'subject');
      return {
        sign: '+',
        words: `${wordOf(one, 'at') ?? '?'} ${wordOf(one, 'kind') ?? '?'}${subject === null ? '' : ` ${subject}`}: ${wordOf(one, 'words') ?? ''}${detail === null ? '' : ` (${detail})`}`,
      };
    });
}
