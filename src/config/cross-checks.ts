/**
 * What keys mean to each other: references that lead nowhere, names and addresses used twice, things that exclude each
 * other or have no effect. Reads the tree as written, gaps and all, so that all mistakes come out in one run.
 */
import { isIPv6 } from 'node:net';
import { SentinelError } from '../base/errors.ts';
import { spanText } from '../kdl/source.ts';
import type { Span } from '../kdl/source.ts';
import { kdlString } from '../kdl/text.ts';
import { wasRefused } from './check.ts';
import type { CheckContext } from './check-values.ts';
import { didYouMean } from './diagnostic.ts';
import type { SocketAddress } from './model.ts';
import { checkBlockFile } from './block-file.ts';
import { checkExpects } from './expect-checks.ts';
import { nearestWord } from '../base/near-miss.ts';
import type { Keys } from './schema/keys.ts';
import { addressText } from './schema/network-types.ts';
import { root } from './schema/root.ts';
import { checkTls } from './tls-checks.ts';
import type { Root } from './schema/root.ts';
import type { upstreams } from './schema/upstreams.ts';
import { place } from './tree.ts';
import type { Setting, Written, WrittenEntry } from './tree.ts';

type Upstream = WrittenEntry<(typeof upstreams)['keys']>;

/** @param builtin Names of upstreams that exist without being written. @param top Where to point for what is missing altogether. */
export function crossCheck(context: CheckContext, tree: Written<Root>, builtin: readonly string[], top: Span): void {
  checkNames(context, 'listener', tree.listeners);
  checkNames(context, 'route', tree.routes);
  checkNames(context, 'upstream', tree.upstreams);
  checkNames(context, 'token', tree.observability?.admin?.token);
  checkListeners(context, tree, top);
  checkReferences(context, tree, builtin);
  for (const upstream of tree.upstreams ?? []) checkUpstream(context, upstream);
  checkOwnPaths(context, tree);
  checkBlockFile(context, tree.security?.['block-file']);
  checkAccessLog(context, tree);
  checkTls(context, tree);
}

function checkNames(context: CheckContext, noun: string, entries: readonly WrittenEntry<Keys>[] = []): void {
  const seen = new Map<string, Setting<string>>();
  for (const { id } of entries) {
    if (id === null || id.span === null) continue;
    const earlier = seen.get(id.value);
    if (earlier === undefined) seen.set(id.value, id);
    else reportDuplicate(context, `${noun} ${id.text} is defined twice`, id.span, earlier.span);
  }
}

function reportDuplicate(context: CheckContext, message: string, again: Span, first: Span | null): void {
  context.error('SNT-C113', again, message, {
    label: 'defined again here',
    secondary: first === null ? [] : [{ span: first, label: 'first defined here' }],
  });
}

function checkListeners(context: CheckContext, tree: Written<Root>, top: Span): void {
  const listeners = tree.listeners ?? [];
  if (listeners.length === 0) {
    context.warning('SNT-C146', top, 'there is no listener, so no client can connect', {
      help: 'add for example `listener "http" { address "0.0.0.0:8080" }`',
    });
  }
  for (const [index, listener] of listeners.entries()) {
    const address = listener.keys.address;
    if (address === undefined || address.span === null) continue;
    const other = listeners.slice(0, index).find((one) => overlaps(one.keys.address?.value, address.value));
    if (other !== undefined) reportOverlap(context, address, 'another listener', other.keys.address?.span ?? null);
    else checkMetricsAddress(context, tree, address);
  }
}

function checkMetricsAddress(context: CheckContext, tree: Written<Root>, listener: Setting<SocketAddress>): void {
  const metrics = tree.observability?.metrics;
  if (metrics?.enabled?.value === false) return;
  const written = metrics?.address;
  const standard = root.observability.keys.metrics.keys.address.default;
  if (!overlaps(written?.value ?? standard, listener.value)) return;
  if (written !== undefined) reportOverlap(context, written, 'a listener', listener.span);
  else if (listener.span !== null) {
    context.error(
      'SNT-C144',
      listener.span,
      `the metrics already listen on ${addressText(standard)}, unless the file says otherwise`,
      {
        help: 'give the listener another port, or set `observability { metrics { address "…" } }`',
      },
    );
  }
}

function reportOverlap(context: CheckContext, address: Setting<SocketAddress>, by: string, other: Span | null): void {
  if (address.span === null) return;
  context.error('SNT-C144', address.span, `the address ${address.text} is already used by ${by}`, {
    label: 'used again here',
    secondary: other === null ? [] : [{ span: other, label: 'first used here' }],
  });
}

/** Whether listening on both would fail: the same place, or one of them takes every address of the port. */
function overlaps(one: SocketAddress | undefined, other: SocketAddress): boolean {
  if (one === undefined) return false;
  if (one.kind === 'unix' || other.kind === 'unix') {
    return one.kind === 'unix' && other.kind === 'unix' && one.path === other.path;
  }
  if (one.port !== other.port || one.port === 0) return false;
  if (one.host === '::' || other.host === '::') return true;
  if (isIPv6(one.host) !== isIPv6(other.host)) return false;
  return one.host === other.host || one.host === '0.0.0.0' || other.host === '0.0.0.0';
}

function checkReferences(context: CheckContext, tree: Written<Root>, builtin: readonly string[]): void {
  const upstreams = [...namesOf(tree.upstreams), ...builtin];
  const used = new Set<string>();
  for (const { keys } of tree.routes ?? []) {
    const { upstream, 'fallback-upstream': fallback } = keys;
    for (const reference of [upstream, fallback]) {
      if (reference === undefined || reference.value === null) continue;
      used.add(reference.value);
      if (!upstreams.includes(reference.value))
        reportDangling(context, 'SNT-C140', 'upstream', reference as Setting<string>, upstreams, keys[place]);
    }
    if (fallback?.span === undefined || fallback.span === null || fallback.value !== upstream?.value) continue;
    context.error('SNT-C148', fallback.span, `${fallback.text} cannot stand in for itself`, {
      secondary:
        upstream?.span === null || upstream === undefined
          ? []
          : [{ span: upstream.span, label: 'the upstream of the route' }],
    });
  }
  const routes = namesOf(tree.routes);
  checkExpects(context, tree, (noun, reference, keys) => {
    const [code, known] = noun === 'route' ? (['SNT-C141', routes] as const) : (['SNT-C140', upstreams] as const);
    if (!known.includes(reference.value)) reportDangling(context, code, noun, reference, known, keys[place]);
  });
  for (const { keys } of tree.listeners ?? []) {
    const route = keys['default-route'];
    if (route === undefined || route.value === null) continue;
    if (!routes.includes(route.value))
      reportDangling(context, 'SNT-C141', 'route', route as Setting<string>, routes, keys[place]);
    warnDisabledDefault(context, tree, route as Setting<string>);
  }
  for (const { id } of tree.upstreams ?? []) {
    if (id === null || id.span === null || used.has(id.value) || builtin.includes(id.value)) continue;
    context.info('SNT-C173', id.span, `upstream ${id.text} is not used by any route`);
  }
}

function namesOf(entries: readonly WrittenEntry<Keys>[] = []): string[] {
  return entries.flatMap(({ id }) => (id === null ? [] : [id.value]));
}

function reportDangling(
  context: CheckContext,
  code: 'SNT-C140' | 'SNT-C141',
  noun: string,
  reference: Setting<string>,
  known: readonly string[],
  owner: Span | null,
): void {
  if (reference.span === null) return;
  const near = nearestWord(reference.value, known);
  const shown = reference.text ?? '';
  context.error(code, reference.span, `there is no ${noun} ${shown}`, {
    label: 'not defined anywhere',
    suggestion: near === null ? null : didYouMean(reference.span, near, kdlString(near)),
    secondary: owner === null ? [] : [{ span: owner, label: 'used by this' }],
    help: near === null && known.length > 0 && known.length <= 8 ? `defined are: ${known.join(', ')}` : null,
  });
}

function warnDisabledDefault(context: CheckContext, tree: Written<Root>, reference: Setting<string>): void {
  const route = tree.routes?.find(({ id }) => id?.value === reference.value);
  const enabled = route?.keys.enabled;
  if (enabled?.value !== false || reference.span === null || enabled.span === null) return;
  context.warning('SNT-C172', reference.span, 'this has no effect: the route is not enabled', {
    secondary: [{ span: enabled.span, label: 'switched off here' }],
  });
}

function checkUpstream(context: CheckContext, { id, keys }: Upstream): void {
  const span = keys[place];
  if (span === null) return;
  const title = id === null ? 'this upstream' : `upstream ${id.text}`;
  const targets = keys.targets ?? [];
  const fixed = keys.static;
  const discovered = keys.discover?.word.span ?? null;
  if (targets.length === 0 && fixed === undefined && keys.discover === undefined && !wasRefused(keys, 'discover')) {
    context.error('SNT-C142', span, `${title} has neither targets nor a static response`, {
      label: 'nothing could answer',
      help: 'add for example `target "10.1.1.10:8080"`',
    });
  }
  const fixedSpan = fixed?.[place] ?? null;
  const first = targets[0]?.keys[place] ?? discovered;
  if (first !== null && fixedSpan !== null) {
    context.error('SNT-C143', fixedSpan, `${title} has both targets and a static response`, {
      secondary: [{ span: first, label: targets.length > 0 ? 'its first target' : 'its targets' }],
    });
  }
  checkTargets(context, title, targets, discovered === null ? span : null);
  if (fixed !== undefined) checkStatic(context, title, keys, fixed);
}

function checkTargets(
  context: CheckContext,
  title: string,
  targets: NonNullable<Upstream['keys']['targets']>,
  /** Null where others may be discovered. */
  span: Span | null,
): void {
  const seen = new Map<string, Span | null>();
  for (const { keys } of targets) {
    const address = keys.address;
    if (address === undefined || address.span === null) continue;
    const text = addressText(address.value);
    const earlier = seen.get(text);
    if (earlier !== undefined)
      reportDuplicate(context, `target ${address.text} is given twice in ${title}`, address.span, earlier);
    else seen.set(text, address.span);
  }
  if (span !== null && targets.length > 0 && targets.every(({ keys }) => keys.weight?.value === 0)) {
    context.warning('SNT-C174', span, `every target of ${title} has weight 0, so it answers nothing`);
  }
}

type StaticBlock = NonNullable<Upstream['keys']['static']>;

function checkStatic(context: CheckContext, title: string, upstream: Upstream['keys'], fixed: StaticBlock): void {
  const { status } = fixed;
  const body = fixed.body?.keySpan ?? null;
  const file = fixed['body-file']?.keySpan ?? null;
  if (body !== null && file !== null) {
    reportExclusive(context, '`body-file` and `body` exclude each other', file, body);
  }
  const type = fixed['content-type']?.keySpan ?? null;
  const field = fixed.headers?.find(({ name }) => name.value.toLowerCase() === 'content-type')?.name.span ?? null;
  if (field !== null && type !== null) reportExclusive(context, 'the content type is given twice', field, type);
  checkBodyFile(context, fixed['body-file']);
  const content = body ?? file;
  if (content !== null && (status?.value === 204 || status?.value === 304)) {
    context.warning('SNT-C172', content, `this has no effect: a response with status ${status.value} has no body`);
  }
  for (const span of [
    upstream['connection-pool']?.[place] ?? null,
    upstream.timeouts?.[place] ?? null,
    upstream['load-balancing']?.word.keySpan ?? null,
    upstream['min-healthy']?.keySpan ?? null,
    upstream['slow-start-secs']?.keySpan ?? null,
    upstream['health-check']?.[place] ?? null,
    upstream['passive-health']?.[place] ?? null,
    upstream['circuit-breaker']?.[place] ?? null,
  ]) {
    if (span === null) continue;
    context.warning('SNT-C172', span, `this has no effect: ${title} has a static response and no targets`);
  }
}

function checkBodyFile(context: CheckContext, file: StaticBlock['body-file']): void {
  if (file === undefined || file.value === null || file.span === null) return;
  try {
    context.readBody(file.value);
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    // The path as written: it may contain a `${…}`.
    context.error('SNT-C162', file.span, error.message.replace(file.value, spanText(file.span)));
  }
}

function reportExclusive(context: CheckContext, message: string, span: Span, other: Span): void {
  context.error('SNT-C145', span, message, { label: 'given here', secondary: [{ span: other, label: 'and here' }] });
}

/** Paths that the proxy answers itself must differ from each other. */
function checkOwnPaths(context: CheckContext, tree: Written<Root>): void {
  const health = tree.server?.['health-path'];
  const ready = tree.server?.['ready-path'];
  const healthPath = health?.value ?? root.server.keys['health-path'].default;
  const readyPath = ready?.value ?? root.server.keys['ready-path'].default;
  const later = ready?.span ?? health?.span ?? null;
  if (healthPath === readyPath && later !== null) {
    context.error('SNT-C147', later, `\`health-path\` and \`ready-path\` are the same`);
  }
  const metrics = tree.observability?.metrics?.path;
  const taken =
    metrics !== undefined && (/^\/(?:health|ready)$/.test(metrics.value) || /^\/admin(?:\/|$)/.test(metrics.value));
  if (taken && metrics.span !== null) {
    context.error('SNT-C147', metrics.span, `${metrics.text} is answered by the admin interface on the same address`);
  }
}

function checkAccessLog(context: CheckContext, tree: Written<Root>): void {
  const log = tree.observability?.logging?.['access-log'];
  if (log === undefined || log.file !== undefined || log.enabled?.value === false) return;
  const span = log[place];
  if (span === null) return;
  context.warning('SNT-C172', span, 'this has no effect: the access log has no `file`', {
    help: 'add `file "/var/log/sentinel/access.log"`, or `file "stdout"`',
  });
}
