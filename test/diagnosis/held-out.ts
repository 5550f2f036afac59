/**
 * Faults that the rules were not built against, and what a diagnosis has to say of them in the words of the runbooks. Written
 * before they were tried; counted apart from those of `expected.ts`. Data only.
 */
import type { Expected } from './expected.ts';

const crash = 'incident-response-runbook.md: Procedure: Process Crash';
const triage = 'incident-response-runbook.md: Initial Triage Decision Tree';
const upstream = 'incident-response-runbook.md: Procedure: Upstream Failure';
const errors = 'incident-response-runbook.md: Procedure: High Error Rate';
const tls = 'incident-response-runbook.md: Procedure: TLS/Certificate Issues';
const reload = 'incident-response-runbook.md: Procedure: Configuration Reload Failure';
const attack = 'incident-response-runbook.md: Procedure: DDoS/Attack Response';
const refused = 'operational-runbook.md: Connection Refused';
const total = 'operational-runbook.md: Total Upstream Failure';
const keyMetrics = 'operational-runbook.md: Key Metrics to Monitor';
const windows = 'operational-runbook.md: Maintenance Windows';

const down = { kind: 'real', procedure: 'process-crash', severity: 'SEV1' } as const;
const nothing = { kind: 'real', procedure: null, first: [], severity: null } as const;
const allGone = { kind: 'real', procedure: 'total-upstream-failure', severity: 'SEV1' } as const;
const oneGone = { kind: 'real', procedure: 'upstream-failure', severity: 'SEV3' } as const;
const failing = { kind: 'real', procedure: 'high-error-rate', severity: 'SEV2' } as const;

export const heldOut = {
  // Process crash.
  'second-port-taken': {
    ...down,
    fault: 'the port of the second of two listeners is taken by another process',
    seed: crash,
    first: ['port-conflict'],
  },
  'start-include-broken': {
    ...down,
    fault: 'an included file has a mistake, and the daemon refuses to start',
    seed: crash,
    first: ['start-refused-config'],
  },
  'start-secret-missing': {
    ...down,
    fault: 'a variable of the environment that the file refers to is not set, and the daemon refuses to start',
    seed: crash,
    first: ['start-refused-config'],
  },
  'log-folder-missing': {
    ...down,
    fault: 'the folder of the log file is not there, and the daemon does not start',
    seed: crash,
    first: ['start-refused-config', 'file-not-readable'],
  },
  'state-not-writable': {
    ...down,
    fault: 'the daemon of another user may not write into its state folder, and serves without it',
    seed: crash,
    first: ['file-not-readable'],
    severity: 'SEV4',
  },
  'stale-pid-reused': {
    ...down,
    fault: 'kill -9, and the process id of the pid file is now that of another program',
    seed: crash,
    first: ['killed'],
  },
  'one-of-two-daemons-killed': {
    ...down,
    fault: 'two daemons on one machine, and the one that is asked about was killed',
    seed: crash,
    first: ['killed'],
  },
  'killed-without-pid-file': {
    ...down,
    fault: 'kill -9, and somebody cleared the pid file and the socket away',
    seed: crash,
    first: ['killed'],
  },

  // Upstream failure, with the breakers, passive health and retries that are on unless switched off.
  'defaults-garbage': {
    ...allGone,
    fault: 'the only target answers with what is no HTTP; breaker and passive health as they come',
    seed: errors,
    first: ['upstream-invalid-response', 'breaker-open', 'target-ejected'],
  },
  'defaults-resets-one': {
    ...oneGone,
    fault: 'one of two targets closes connections instead of answering; everything as it comes',
    seed: errors,
    first: ['upstream-resets', 'breaker-open', 'target-ejected'],
  },
  'defaults-slow': {
    ...allGone,
    fault: 'the only target answers later than the timeout allows; breaker as it comes',
    seed: errors,
    first: ['upstream-timeouts', 'breaker-open', 'target-ejected'],
  },
  'two-of-three-down': {
    ...oneGone,
    fault: 'two of three targets do not listen',
    seed: upstream,
    first: ['target-refused'],
  },
  'http2-to-http1': {
    ...allGone,
    fault: 'the upstream is to be spoken to in HTTP/2, and its only target speaks HTTP/1.1',
    seed: upstream,
    first: ['upstream-invalid-response', 'upstream-resets', 'breaker-open', 'target-ejected'],
  },
  'wrong-server-name': {
    ...allGone,
    fault: 'the only TLS target has a certificate for another name than `sni`',
    seed: upstream,
    first: ['target-tls-failed'],
  },
  'own-certificate-expired': {
    ...allGone,
    fault: 'the certificate that the proxy shows to its only target has expired',
    seed: tls,
    first: ['target-tls-failed', 'certificate-expired'],
  },
  'grpc-refused': {
    ...allGone,
    fault: 'the only target of a gRPC upstream does not listen',
    seed: total,
    first: ['target-refused'],
  },
  'unix-target-gone': {
    ...allGone,
    fault: 'the only target is a unix socket that is not there any more',
    seed: total,
    first: ['target-refused'],
  },
  'one-of-sixty': {
    ...oneGone,
    fault: 'one of sixty targets does not listen',
    seed: upstream,
    first: ['target-refused'],
  },
  'all-black-holed': {
    ...allGone,
    fault: 'no target accepts or refuses connections',
    seed: total,
    first: ['target-unreachable'],
  },
  'dns-servfail': {
    ...allGone,
    fault: 'the name server answers SERVFAIL for the only target since the start',
    seed: upstream,
    first: ['target-name-unresolved'],
  },
  'dns-silent': {
    ...allGone,
    fault: 'the name server does not answer',
    seed: upstream,
    first: ['target-name-unresolved'],
  },
  'ipv6-target-down': {
    ...oneGone,
    fault: 'everything on IPv6, and one of two targets does not listen',
    seed: upstream,
    first: ['target-refused'],
  },
  'three-upstreams-one-black-holed': {
    ...oneGone,
    fault: 'the only target of one of three upstreams is a black hole, and few ask for it',
    seed: upstream,
    first: ['target-unreachable'],
    severity: 'SEV2',
  },

  // High error rate.
  'one-route-failing': {
    ...failing,
    fault: 'every request of one route is answered 500 by its target, all others are well',
    seed: errors,
    first: ['upstream-errors'],
  },
  'canary-failing': {
    ...failing,
    fault: 'a route with a fiftieth of the traffic fails altogether, all others are well',
    seed: errors,
    first: ['upstream-errors'],
    severity: 'SEV3',
  },
  'clients-blocked': {
    ...failing,
    fault: 'the block list has the network that ordinary clients come from: 403',
    seed: attack,
    first: ['clients-blocked'],
  },
  'challenge-always': {
    ...failing,
    fault: 'challenge-mode was left on `always`, and clients are programs',
    seed: attack,
    first: ['clients-blocked', 'clients-challenged'],
  },
  'body-limit': {
    ...failing,
    fault: 'the limit of bodies is lower than what ordinary clients send: 413',
    seed: errors,
    first: ['request-limit-too-low'],
  },
  'header-limit': {
    ...failing,
    fault: 'the limit of header sections is lower than what ordinary clients send: 431',
    seed: errors,
    first: ['request-limit-too-low'],
  },

  // Connection refused, certificates, configuration, disk, clock.
  'connections-near-limit': {
    kind: 'real',
    fault: 'none yet: nine tenths of the connections that max-total-connections allows are held (a notice)',
    seed: keyMetrics,
    procedure: null,
    first: [],
    severity: null,
  },
  'sni-certificate-expired': {
    kind: 'real',
    fault: 'of two certificates of a listener the one of a named host has expired',
    seed: tls,
    procedure: 'tls-certificates',
    first: ['certificate-expired'],
    severity: 'SEV2',
  },
  'client-authority-expired': {
    kind: 'real',
    fault: 'the authority that client certificates are held against has expired',
    seed: tls,
    procedure: 'tls-certificates',
    first: ['certificate-expired'],
    severity: 'SEV2',
  },
  'clock-behind': {
    kind: 'real',
    fault: 'the clock of the machine is four hundred days behind: the certificate is not valid yet',
    seed: tls,
    procedure: 'tls-certificates',
    first: ['clock-wrong', 'certificate-not-valid-yet'],
    severity: 'SEV2',
  },
  'include-broken': {
    kind: 'real',
    fault: 'an included file was edited into something that would not load, and not reloaded',
    seed: reload,
    procedure: 'config-reload-failure',
    first: ['config-broken-on-disk'],
    severity: 'SEV4',
  },
  'disk-full-while-running': {
    kind: 'real',
    fault: 'the disk of state and logs is full, and the daemon serves on',
    seed: crash,
    procedure: 'process-crash',
    first: ['disk-full'],
    severity: 'SEV4',
  },

  // Nothing wrong, though not everything may be asked.
  'admin-not-permitted': {
    kind: 'real',
    fault: 'none, and the one who asks may not open the admin socket: the metrics address says the same',
    seed: triage,
    procedure: null,
    first: [],
    severity: null,
  },

  // Nothing wrong.
  'target-returned': { ...nothing, fault: 'none: a target did not listen for a while and is back', seed: upstream },
  'errors-over': {
    ...nothing,
    fault: 'none: the target failed for a while, and for two minutes no more',
    seed: errors,
  },
  'night-blip': { ...nothing, fault: 'none: three of a dozen requests failed at night, and no more', seed: errors },
  'load-test': { ...nothing, fault: 'none: one address sends as fast as it can to an idle proxy', seed: attack },
  'nat-gateway': { ...nothing, fault: 'none: 60 % of the requests come from one address, a gateway', seed: attack },
  'popular-path': { ...nothing, fault: 'none: hundreds of new clients ask for one path', seed: attack },
  'traffic-stopped': { ...nothing, fault: 'none here: clients stopped to send altogether', seed: triage },
  'clients-give-up': { ...nothing, fault: 'none: half of the clients do not wait for the answer', seed: errors },
  'websockets-only': { ...nothing, fault: 'none: all traffic is websockets that stay open', seed: keyMetrics },
  'tls-only': { ...nothing, fault: 'none: the only listener speaks TLS', seed: triage },
  'unix-listener': { ...nothing, fault: 'none: the only listener is a unix socket', seed: triage },
  'proxy-protocol': { ...nothing, fault: 'none: the only listener wants the PROXY protocol', seed: triage },
  'health-path-renamed': { ...nothing, fault: 'none: the health path has another name', seed: triage },
  'ipv6-listener': { ...nothing, fault: 'none: the only listener is on ::1', seed: triage },
  'secret-not-ours': {
    ...nothing,
    fault: 'none: the file refers to a variable that the daemon has and the one who asks has not',
    seed: reload,
  },
  'other-daemon-suffers': {
    ...nothing,
    fault: 'none: of two daemons on one machine the one that is not asked about has no target',
    seed: triage,
  },
  'run-to': { ...nothing, fault: 'none: a daemon without a file, begun with --to', seed: triage },
  demo: { ...nothing, fault: 'none: the daemon of the demo', seed: triage },
  'trial-pending': { ...nothing, fault: 'none: a good change is on trial', seed: reload },
  'trial-rolled-back': { ...nothing, fault: 'none: a change was on trial and was taken back', seed: reload },
  upgraded: { ...nothing, fault: 'none: the old process of an upgrade finishes its last request', seed: triage },
  'killed-and-back': { ...nothing, fault: 'none: kill -9, and the daemon was started again', seed: crash },
  'pid-file-lost': { ...nothing, fault: 'none: somebody removed the pid file of the running daemon', seed: triage },
  'worker-replaced': { ...nothing, fault: 'none: a worker died and another took its place', seed: triage },
  'memory-near': { ...nothing, fault: 'none: the group of the daemon uses 70 % of its memory', seed: keyMetrics },
  'drain-overdue': {
    ...nothing,
    fault: 'none for clients: a drain with a reason is past its deadline, two other targets carry the traffic',
    seed: windows,
  },
  'connections-below-limit': {
    ...nothing,
    fault: 'none: half of the connections that max-total-connections allows are held',
    seed: refused,
  },
} as const satisfies Record<string, Omit<Expected, 'first'> & { readonly first: readonly string[] }>;

export type HeldOutName = keyof typeof heldOut;
