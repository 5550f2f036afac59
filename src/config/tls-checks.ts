/**
 * What the keys of TLS mean to each other: protocol and `tls`, pairs, client certificates, versions and suites, names given
 * twice. Called by `cross-checks.ts` with the tree as written. Reads no file: `certificate-checks.ts` does.
 */
import type { Span } from '../kdl/source.ts';
import { wasRefused } from './check.ts';
import type { CheckContext } from './check-values.ts';
import type { listeners } from './schema/listeners.ts';
import type { Root } from './schema/root.ts';
import type { listenerTls } from './schema/tls.ts';
import type { upstreams } from './schema/upstreams.ts';
import { place } from './tree.ts';
import type { Setting, Written, WrittenEntry } from './tree.ts';

type Listener = WrittenEntry<(typeof listeners)['keys']>;
type Upstream = WrittenEntry<(typeof upstreams)['keys']>;
type Tls = Written<(typeof listenerTls)['keys']>;
type Anything = Setting<unknown> | undefined;

export function checkTls(context: CheckContext, tree: Written<Root>): void {
  for (const listener of tree.listeners ?? []) checkListener(context, listener);
  for (const upstream of tree.upstreams ?? []) checkUpstream(context, upstream);
  checkAlerts(context, tree);
  checkForgedIdentity(context, tree);
}

function checkListener(context: CheckContext, { id, keys }: Listener): void {
  const { protocol, tls } = keys;
  const title = id === null ? 'this listener' : `listener ${id.text}`;
  const span = tls?.[place] ?? null;
  if (protocol?.value === 'https' && tls === undefined && protocol.span !== null) {
    context.error('SNT-C180', protocol.span, `${title} has no \`tls\`, which \`https\` needs`, {
      help: 'add for example `tls { cert-file "/etc/sentinel/tls/site.crt"; key-file "/etc/sentinel/tls/site.key" }`',
    });
  }
  if (tls !== undefined && span !== null && protocol?.value !== 'https' && !wasRefused(keys, 'protocol')) {
    context.error('SNT-C180', span, `${title} has \`tls\`, but its \`protocol\` is not \`https\``, {
      label: 'would not be spoken',
      secondary: secondary(protocol, 'plain HTTP'),
      help: 'write `protocol "https"` in the listener',
    });
  }
  const streams = keys['max-concurrent-streams'];
  if (tls === undefined && protocol?.value !== 'https' && streams?.keySpan) {
    context.warning('SNT-C172', streams.keySpan, 'this has no effect: HTTP/2 is offered within TLS only');
  }
  if (tls === undefined || span === null) return;
  checkPairs(context, title, tls, span);
  checkNames(context, title, tls);
  checkClientAuth(context, tls);
  checkVersions(context, tls);
}

function checkPairs(context: CheckContext, title: string, tls: Tls, span: Span): void {
  const { 'cert-file': cert, 'key-file': key } = tls;
  const complete = checkPair(context, tls, 'cert-file', 'key-file');
  if (!complete || cert !== undefined || key !== undefined || (tls.sni ?? []).length > 0) return;
  context.error('SNT-C181', span, `${title} has no certificate`, {
    label: 'no client could be answered',
    help: 'add `cert-file` and `key-file`, or an `sni` block',
  });
}

/** False where one half is there without the other. */
function checkPair<N extends string>(
  context: CheckContext,
  block: Readonly<Partial<Record<N, Setting<unknown>>>>,
  certName: N,
  keyName: N,
): boolean {
  const [cert, key] = [block[certName], block[keyName]];
  const [lone, missing] = cert === undefined ? [key, certName] : [key === undefined ? cert : undefined, keyName];
  if (lone === undefined || lone.keySpan === null) return !wasRefused(block, certName) && !wasRefused(block, keyName);
  if (!wasRefused(block, missing)) {
    context.error('SNT-C181', lone.keySpan, `\`${missing}\` is missing`, {
      label: `goes with \`${missing}\``,
      help: `add \`${missing} "…"\``,
    });
  }
  return false;
}

/** No name in two blocks, and no block without names. */
function checkNames(context: CheckContext, title: string, tls: Tls): void {
  const seen = new Map<string, Setting<string>>();
  for (const { keys } of tls.sni ?? []) {
    const span = keys[place];
    if (keys.hostnames === undefined && span !== null) {
      context.error('SNT-C114', span, '`sni` has no `hostnames`', {
        label: '`hostnames` is missing',
        help: 'add for example `hostnames "a.example" "*.b.example"`',
      });
    }
    for (const name of keys.hostnames ?? []) {
      const earlier = seen.get(name.value);
      if (earlier === undefined) seen.set(name.value, name);
      else if (name.span !== null) {
        context.error('SNT-C113', name.span, `${name.text} is given twice in the \`sni\` of ${title}`, {
          label: 'given again here',
          secondary: secondary(earlier, 'first given here'),
        });
      }
    }
  }
}

/** Who lists authorities means clients to be verified: that must not be left off unseen. */
function checkClientAuth(context: CheckContext, tls: Tls): void {
  const auth = tls['client-auth'];
  if (wasRefused(tls, 'client-auth')) return;
  if (auth !== undefined && auth.value !== 'none') {
    if (tls['ca-file'] === undefined && !wasRefused(tls, 'ca-file') && auth.keySpan !== null) {
      context.error('SNT-C182', auth.keySpan, `\`client-auth ${auth.text}\` needs \`ca-file\``, {
        label: 'no certificate could be verified',
        help: 'add `ca-file` with the authorities that issue the certificates of clients',
      });
    }
    return;
  }
  for (const name of ['ca-file', 'crl-file', 'subject-header'] as const) {
    const setting = tls[name];
    if (setting === undefined || setting.keySpan === null) continue;
    if (auth !== undefined) {
      context.warning('SNT-C172', setting.keySpan, 'this has no effect: clients are not asked for a certificate', {
        secondary: secondary(auth, 'switched off here'),
      });
    } else {
      context.error('SNT-C182', setting.keySpan, `\`${name}\` needs \`client-auth\``, {
        label: 'clients are not asked for a certificate',
        help: 'add `client-auth "require"`, or `client-auth "none"` to leave it off on purpose',
      });
    }
  }
}

/** A version without a suite would be left out, or spoken with suites that nobody wrote: OpenSSL says nothing of either. */
function checkVersions(context: CheckContext, tls: Tls): void {
  const { 'min-version': min, 'max-version': max, 'cipher-suites': lines = [] } = tls;
  if (wasRefused(tls, 'min-version') || wasRefused(tls, 'max-version')) return;
  const [oldest, newest] = [min?.value ?? 'TLS1.2', max?.value ?? 'TLS1.3'];
  if (oldest > newest && min?.span) {
    context.error('SNT-C183', min.span, `\`min-version\` ${min.text} is newer than \`max-version\` "${newest}"`, {
      label: 'nothing is left',
      secondary: secondary(max, 'the newest'),
    });
    return;
  }
  const [first] = lines;
  if (first === undefined || first.keySpan === null) return;
  const suites = lines.flatMap(({ value }) => value);
  const isNew = (suite: string): boolean => suite.startsWith('TLS_');
  if (newest === 'TLS1.3' && !suites.some(isNew)) {
    context.error('SNT-C183', first.keySpan, 'TLS 1.3 is to be spoken, but none of its suites is listed', {
      secondary: secondary(max, 'asked for here'),
      help: 'add `cipher-suites "TLS_AES_128_GCM_SHA256"`, or write `max-version "TLS1.2"`',
    });
  }
  if (oldest === 'TLS1.2' && suites.every(isNew)) {
    context.error('SNT-C183', first.keySpan, 'TLS 1.2 is to be spoken, but none of its suites is listed', {
      secondary: secondary(min, 'asked for here'),
      help: 'add for example `cipher-suites "ECDHE-RSA-AES128-GCM-SHA256" "ECDHE-ECDSA-AES128-GCM-SHA256"`, or write `min-version "TLS1.3"`',
    });
  }
  for (const line of lines) {
    const idle = line.value.every((suite) => (isNew(suite) ? newest === 'TLS1.2' : oldest === 'TLS1.3'));
    if (!idle || line.span === null) continue;
    const other = newest === 'TLS1.2' ? max : min;
    context.warning('SNT-C172', line.span, `this has no effect: only ${oldest.replace('TLS', 'TLS ')} is spoken`, {
      secondary: secondary(other, 'chosen here'),
    });
  }
}

function checkUpstream(context: CheckContext, { id, keys }: Upstream): void {
  const { tls, 'http-version': version, static: fixed } = keys;
  const title = id === null ? 'this upstream' : `upstream ${id.text}`;
  const fixedSpan = fixed?.[place] ?? null;
  const span = tls?.[place] ?? null;
  if (fixedSpan !== null && version?.keySpan)
    context.warning('SNT-C172', version.keySpan, `this has no effect: ${title} has a static response and no targets`);
  if (tls === undefined || span === null) return;
  if (fixedSpan !== null) {
    context.error('SNT-C143', span, `${title} has both \`tls\` for targets and a static response`, {
      secondary: [{ span: fixedSpan, label: 'answered from here' }],
    });
    return;
  }
  checkPair(context, tls, 'client-cert', 'client-key');
  const insecure = tls['insecure-skip-verify'];
  if (insecure?.value === true && insecure.keySpan !== null) {
    context.warning('SNT-C175', insecure.keySpan, `the targets of ${title} are not verified: anybody could be one`, {
      label: 'for a test bench only',
      help: 'name their authority with `ca-file`, and their name with `sni` where it is not their host',
    });
    const ca = tls['ca-file'];
    if (ca?.keySpan) context.warning('SNT-C172', ca.keySpan, 'this has no effect: no certificate is verified');
    return;
  }
  const socket = keys.targets?.find((target) => target.keys.address?.value.kind === 'unix')?.keys.address;
  if (socket?.span && tls.sni === undefined && !wasRefused(tls, 'sni')) {
    context.error('SNT-C184', socket.span, 'a unix socket has no host name that its certificate could have', {
      secondary: [{ span, label: 'verified as asked for here' }],
      help: 'add `sni "…"` to `tls`: the name in the certificate of the target',
    });
  }
}

function checkAlerts(context: CheckContext, { alerts }: Written<Root>): void {
  const warn = alerts?.['cert-warn-days'];
  const critical = alerts?.['cert-critical-days'];
  const [warnDays, criticalDays] = [warn?.value ?? 30, critical?.value ?? 7];
  const later = critical?.span ?? warn?.span ?? null;
  if (criticalDays <= warnDays || later === null) return;
  context.error(
    'SNT-C185',
    later,
    `critical from ${criticalDays} days on, but warned of from ${warnDays} days on only`,
    {
      label: 'a warning comes first',
      secondary: critical?.span ? secondary(warn, 'warned of from here on') : [],
      help: '`cert-critical-days` is at most `cert-warn-days` (7 and 30 unless written)',
    },
  );
}

/** A field that clients may send must not become one that only a verified certificate sets. */
function checkForgedIdentity(context: CheckContext, tree: Written<Root>): void {
  const fields = new Map<string, Setting<string | null>>();
  for (const { keys } of tree.listeners ?? []) {
    const header = keys.tls?.['subject-header'];
    if (header?.value) fields.set(header.value.toLowerCase(), header);
  }
  if (fields.size === 0) return;
  const policies = [tree.policies, ...(tree.routes ?? []).map(({ keys }) => keys.policies)];
  for (const renamed of policies.flatMap((one) => one?.['request-headers']?.rename ?? [])) {
    const header = fields.get(renamed.value.value.toLowerCase());
    if (header === undefined || renamed.value.span === null) continue;
    context.error('SNT-C186', renamed.value.span, `what clients send in ${renamed.name.text} would pass for verified`, {
      label: 'becomes the identity of a client',
      secondary: secondary(header, 'the field of verified subjects'),
    });
  }
}

function secondary(setting: Anything, label: string): { span: Span; label: string }[] {
  return setting === undefined || setting.span === null ? [] : [{ span: setting.span, label }];
}
