/** `sentinel tap`: requests as they finish, those that match; until somebody ends it, or there have been enough. */
import type { TapNews } from '../../admin/contract/request-shapes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { follow } from '../follow.ts';
import { filterOption, limitOption } from '../query-options.ts';
import { requestLine } from '../requests/request-line.ts';
import { countText } from '../text.ts';

const MOST = 1_000_000;

export function run(invocation: Invocation): Promise<Outcome> {
  const filter = filterOption(invocation, 'requests');
  const limit = Number(limitOption(invocation, MOST) ?? Number.POSITIVE_INFINITY);
  const { style } = invocation.stdout;
  let shown = 0;
  return follow(invocation, {
    client: daemonOf(invocation),
    topics: ['requests'],
    query: filter === undefined ? {} : { filter },
    schema: 'requests',
    opening: `requests ${filter === undefined ? '' : 'that match '}are shown as they end; Ctrl-C ends this`,
    enough: (data) => (data as TapNews).kind === 'request' && ++shown >= limit,
    text: (data) => {
      const news = data as TapNews;
      if (news.kind === 'request') return `${requestLine(news.request, style)}\n`;
      return `${style.dim(`– ${countText(news.count)} more match and are not shown: too many at once`)}\n`;
    },
  });
}
