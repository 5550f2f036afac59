/** What `expect` blocks must say to be tests: one request each, and names that exist. Reads the tree as written. */
import { wasRefused } from './check.ts';
import type { CheckContext } from './check-values.ts';
import type { Root } from './schema/root.ts';
import { place } from './tree.ts';
import type { NamedSetting, Setting, Written } from './tree.ts';

type Expect = NonNullable<NonNullable<Written<Root>['routes']>[number]['keys']['expect']>[number]['keys'];

/** @param refer Called with each route and upstream that a test names. */
export function checkExpects(
  context: CheckContext,
  tree: Written<Root>,
  refer: (noun: 'route' | 'upstream', reference: Setting<string>, keys: Expect) => void,
): void {
  const listeners = (tree.listeners ?? []).flatMap(({ id }) => (id === null ? [] : [id.value]));
  for (const { keys } of tree.routes ?? []) {
    for (const { keys: expect } of keys.expect ?? []) {
      checkRequest(context, expect);
      const { route, upstream, listener } = expect;
      if (route !== undefined && route.value !== null) refer('route', route as Setting<string>, expect);
      if (upstream !== undefined && upstream.value !== null) refer('upstream', upstream as Setting<string>, expect);
      if (listener === undefined || listener.span === null || listeners.includes(listener.value ?? '')) continue;
      context.error('SNT-C189', listener.span, `there is no listener ${listener.text}`, {
        label: 'not defined anywhere',
        help: listeners.length === 0 ? null : `defined are: ${listeners.slice(0, 8).join(', ')}`,
      });
    }
  }
}

function checkRequest(context: CheckContext, expect: Expect): void {
  const requests: readonly NamedSetting[] = expect.request ?? [];
  const [first, second] = requests;
  const span = expect[place];
  if (first === undefined) {
    if (span === null || wasRefused(expect, 'request')) return;
    context.error('SNT-C114', span, 'this `expect` has no `request`', {
      label: '`request` is missing',
      help: 'add for example `request "GET" "/api/x"`',
    });
    return;
  }
  if (second !== undefined && second.name.keySpan !== null) {
    context.error('SNT-C111', second.name.keySpan, '`request` is given twice in this `expect`', {
      label: 'given again here',
      secondary: first.name.keySpan === null ? [] : [{ span: first.name.keySpan, label: 'first given here' }],
      help: 'write a second `expect` block',
    });
  }
  const [, extra] = first.values;
  if (first.values.length === 0 && first.name.span !== null) {
    context.error('SNT-C107', first.name.span, '`request` needs a path after the method', {
      help: 'write for example `request "GET" "/api/x"`',
    });
  }
  if (extra !== undefined && extra.span !== null)
    context.error('SNT-C106', extra.span, '`request` takes a method and one path', { label: 'this one is too many' });
  for (const { name, values } of expect.header ?? []) {
    if (values.length === 1 || name.span === null) continue;
    context.error('SNT-C107', name.span, `the field ${name.text} needs one value`, {
      help: 'write for example `header "X-Env" "prod"`',
    });
  }
}
