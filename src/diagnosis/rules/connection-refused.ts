/** A daemon runs, and clients get no connection to it. */
import { type Case, percent, seen, suspect } from '../case.ts';
import type { Suspicion } from '../judgement.ts';
import { isFrozen, isShuttingDown, stillWorkers } from '../standstill.ts';

export function connectionRefused(of: Case): readonly Suspicion[] {
  if (of.process === null || of.process.pid === null) return [];
  return [...descriptors(of), ...limit(of), ...elsewhere(of), ...queue(of), ...firewall(of), ...loopback(of)];
}

/** Of a limit: connections come and go while they are counted. */
const FULL = 0.99;
/** So near to its end that the next burst is refused. */
const USED_UP = 0.95;

function descriptors(of: Case): readonly Suspicion[] {
  const open = of.descriptors?.open ?? of.threads?.process.descriptors.open ?? null;
  const most = of.descriptors?.soft_limit ?? of.threads?.process.descriptors.limit ?? null;
  const bound = boundByFiles(of);
  const connections = of.daemon?.status.counts.open_connections ?? 0;
  const held = bound !== null && connections >= bound * FULL;
  const usedUp = open !== null && most !== null && most > 0 && open / most >= USED_UP;
  if (!held && !usedUp) return [];
  return [
    suspect({
      cause: 'descriptor-limit',
      strength: 0.95,
      detail: held
        ? `${connections} connections are open, and ${most ?? 'so few'} open files allow no more than ${bound}`
        : `${open} of ${most} files and sockets are open: no more connections can be taken`,
      resource: { kind: 'process', name: String(of.process?.pid) },
      evidence: [
        ...(open === null || most === null
          ? []
          : [seen('descriptors', `${open} of ${most} open`, { value: open, threshold: most })]),
        ...(held
          ? [seen('daemon', `${connections} of ${bound} connections`, { value: connections, threshold: bound })]
          : []),
      ],
      impact: 'outage',
      next: ['sentinel clients', 'systemctl edit sentinel'],
    }),
  ];
}

/** Connections that the open files of the process allow, where the daemon warns that they are fewer than configured. */
function boundByFiles(of: Case): number | null {
  for (const warning of of.daemon?.status.warnings ?? []) {
    const bound = /\bopen files allow (\d+)/.exec(warning)?.[1];
    if (bound !== undefined) return Number(bound);
  }
  return null;
}

function limit(of: Case): readonly Suspicion[] {
  const open = of.daemon?.status.counts.open_connections ?? 0;
  const most = of.daemon?.limits.max_total_connections ?? 0;
  const told = (of.endpoints?.listeners ?? []).flatMap(({ id, health }) =>
    health.others
      .filter(({ cause }) => cause === 'connection_limit')
      .map(({ count, status }) =>
        seen('endpoints', `listener ${id} answered ${status} connection_limit ×${count}`, { value: count }),
      ),
  );
  const full = most > 0 && open >= most * FULL;
  if (!full && told.length === 0) return [];
  return [
    suspect({
      cause: 'connection-limit',
      strength: full && told.length > 0 ? 0.97 : 0.93,
      detail: full
        ? `${open} of ${most} connections that max-total-connections allows are open`
        : 'new connections are refused by a limit',
      evidence: [
        ...(most === 0
          ? []
          : [
              seen('daemon', `${open} of ${most} connections (${percent(open / most)})`, {
                value: open,
                threshold: most,
              }),
            ]),
        ...told,
      ],
      impact: 'outage',
      next: ['sentinel clients', `sentinel override limits max-total-connections=${Math.max(1, most) * 2} --for 30m`],
    }),
  ];
}

function elsewhere(of: Case): readonly Suspicion[] {
  const { config, daemon } = of;
  const state = daemon?.status.config;
  if (
    config === null ||
    config.loads !== 'yes' ||
    daemon === null ||
    state?.source !== 'file' ||
    state.path !== config.path
  )
    return [];
  const real = new Set(daemon.status.listeners.map(({ address }) => plain(address)));
  const missing = config.listeners.filter(({ address }) => !address.endsWith(':0') && !real.has(plain(address)));
  // Where both have the same number of ports by the name of the same listener, and one is chosen by the kernel, nothing is missing.
  if (missing.length === 0) return [];
  const names = missing.map(({ address }) => address).join(', ');
  return [
    suspect({
      cause: 'listening-elsewhere',
      strength: 0.93,
      detail: `${config.path} names ${names}, where the daemon does not listen: it is at ${daemon.status.listeners.map(({ address }) => address).join(', ')}`,
      resource: { kind: 'listener', name: missing[0]?.id ?? '' },
      evidence: [seen('config', `the file names ${names}`), seen('daemon', `listens on ${[...real].join(', ')}`)],
      impact: 'partial',
      since: config.modified_at,
      next: ['sentinel config diff running disk', 'sentinel reload'],
    }),
  ];
}

function plain(address: string): string {
  return address.replace(/^localhost:/, '127.0.0.1:').replace(/^(?:\*|):(?=\d+$)/, '0.0.0.0:');
}

/** A full queue in front of a thread that stands still is what that thread does. */
function queue(of: Case): readonly Suspicion[] {
  if (isFrozen(of) || isShuttingDown(of) || (stillWorkers(of)?.silent.length ?? 0) > 0) return [];
  const full = (of.ports?.wanted ?? []).filter(
    ({ accept_queue: waiting }) => waiting !== null && waiting.most > 0 && waiting.waiting >= waiting.most,
  );
  const dropped = of.ports?.listen_overflows?.during_probe ?? 0;
  // The kernel counts for the whole machine: without a full queue of ours, or clients of ours that wait, it was another's.
  const waits = (of.endpoints?.listeners ?? []).some(({ health }) => /no connection within/.test(health.why ?? ''));
  if (full.length === 0 && (dropped === 0 || !waits)) return [];
  const [first] = full;
  return [
    suspect({
      cause: 'accept-queue-overflow',
      strength: full.length > 0 && dropped > 0 ? 0.95 : full.length > 0 ? 0.85 : 0.6,
      detail:
        first === undefined
          ? `the kernel dropped ${dropped} connections within a second, as an accept queue was full`
          : `the accept queue of ${first.address} is full: ${first.accept_queue?.waiting} of ${first.accept_queue?.most} wait`,
      resource: first === undefined ? null : { kind: 'listener', name: first.what },
      evidence: [
        ...full.map(({ address, accept_queue: waiting }) =>
          seen('ports', `${address}: ${waiting?.waiting} of ${waiting?.most} connections wait`, {
            value: waiting?.waiting ?? 0,
            threshold: waiting?.most ?? 0,
          }),
        ),
        ...(dropped === 0
          ? []
          : [seen('ports', `${dropped} connections dropped while the probe looked`, { value: dropped, threshold: 0 })]),
      ],
      impact: 'partial',
      next: ['sentinel status --runtime', 'ss -ltn'],
    }),
  ];
}

/** A rule for some senders alone is what people block attackers with. */
function firewall(of: Case): readonly Suspicion[] {
  return (of.firewall?.rules ?? []).map(({ port, rule }) => {
    const some = /(?:^|\s)(?:-s|--source)\s+(?!0\.0\.0\.0\/0)\S+|\b(?:ip6?|inet)\s+saddr\b/.test(rule);
    return suspect({
      cause: 'firewall-rule',
      strength: some ? 0.35 : 0.7,
      detail: `a rule of the firewall drops what comes to port ${port}: ${rule}`,
      resource: { kind: 'port', name: String(port) },
      evidence: [seen('firewall', `${of.firewall?.source}: ${rule}`, { value: port })],
      impact: 'minor',
      next: [of.firewall?.source === 'nft' ? 'nft list ruleset' : 'iptables -S INPUT'],
    });
  });
}

/** Meant more often than not, with another proxy in front: a cause only for those whose clients are on other machines. */
function loopback(of: Case): readonly Suspicion[] {
  const listeners = of.daemon?.status.listeners ?? of.config?.listeners ?? [];
  const machine = of.ports?.reachable_addresses ?? [];
  const local = (address: string) => /^(?:127\.|localhost:|\[?::1\]?:)/.test(address);
  if (listeners.length === 0 || machine.length === 0 || !listeners.every(({ address }) => local(address))) return [];
  return [
    suspect({
      cause: 'loopback-only',
      strength: 0.4,
      detail: `every listener is on loopback (${listeners.map(({ address }) => address).join(', ')}): other machines cannot connect`,
      resource: { kind: 'listener', name: listeners[0]?.id ?? '' },
      evidence: [seen('ports', `this machine is ${machine.join(', ')}`)],
      impact: 'minor',
      next: ['sentinel config edit'],
    }),
  ];
}
