/**
 * What of the configured certificates is in use: loaded, as the running daemon says, and served, as a handshake with its
 * listeners shows. A daemon that is down is no failure of the check; one that was named and does not answer is.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { CertState } from '../../admin/contract/cert-shapes.ts';
import type { StatusReply } from '../../admin/contract/shapes.ts';
import type { ErrorCode } from '../../base/codes.ts';
import { SentinelError } from '../../base/errors.ts';
import { type CertFinding, finding } from '../../certs/finding.ts';
import { fingerprintOf } from '../../certs/material.ts';
import { NothingServed, type ServedAddress, servedChain } from '../../web/served-chain.ts';
import type { Invocation } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import {
  type AskedListener,
  type Checked,
  type Seen,
  nowhere,
  shortFingerprint,
} from '../../config/cert-check/checked.ts';
import { remoteTimeoutMs } from './named.ts';

export interface Running {
  readonly status: StatusReply;
  readonly certificates: readonly CertState[];
  readonly daemon: string;
  readonly generation: number;
}

/** The daemon's answer, or why there is none. */
export type DaemonView =
  | { readonly kind: 'running'; readonly running: Running }
  | { readonly kind: 'absent'; readonly why: string; readonly finding: CertFinding | null };

/** Asks the daemon, if one runs. */
export async function viewDaemon(invocation: Invocation): Promise<DaemonView> {
  const asked = invocation.option('daemon') !== undefined;
  const client = daemonOf(invocation);
  try {
    const status = await client.call('status');
    const { data, daemon, generation } = await client.call('certs');
    return { kind: 'running', running: { status: status.data, certificates: data.certificates, daemon, generation } };
  } catch (error) {
    if (!(error instanceof SentinelError)) throw error;
    const down = error.code === 'SNT-A001';
    if (down && !asked) return { kind: 'absent', why: 'daemon not running', finding: null };
    const why = down ? 'daemon not reachable' : error.message;
    return { kind: 'absent', why, finding: unknown(error.code, `what is loaded is not known: ${error.message}`) };
  }
}

/** The configuration is that of the daemon; null = it is, else why the two cannot be compared. */
export function otherConfig({ status }: Running, path: string, directory: string): string | null {
  const running = status.config.path;
  if (running !== null && resolve(directory, path) === resolve(directory, running)) return null;
  return running === null ? 'the daemon runs without a file' : `the daemon runs another configuration, ${running}`;
}

/** Rows with their two further columns filled, and what follows from them. */
export async function compareWithDaemon(
  rows: readonly Checked[],
  running: Running,
  invocation: Invocation,
): Promise<readonly Checked[]> {
  // One after the other would take seconds where a listener hangs.
  return Promise.all(rows.map((row) => compared(row, running, invocation)));
}

async function compared(row: Checked, running: Running, invocation: Invocation): Promise<Checked> {
  const state = stateOf(row, running.certificates);
  const disk = row.leaf === null ? null : fingerprintOf(row.leaf);
  const loaded = loadedSeen(row, state);
  const served =
    row.asked === null ? nowhere : await servedSeen(row.asked, running, state?.fingerprint ?? disk, invocation);
  const findings = [...loadedFindings(row, loaded, state), ...servedFindings(row, served)];
  return { ...row, inUse: { loaded, served }, findings: [...row.findings, ...findings] };
}

function stateOf({ name, source, certFile }: Checked, states: readonly CertState[]): CertState | null {
  const same = states.filter((one) => one.name === name && one.source === source);
  return same.find(({ files }) => files.certificate === certFile) ?? same[0] ?? null;
}

function loadedSeen({ source }: Checked, state: CertState | null): Seen {
  if (source === 'client_crl') return nowhere;
  if (state === null) return { state: 'unknown', fingerprint: null, why: 'the daemon has loaded none of this name' };
  const { fingerprint, same_as_disk, disk_why } = state;
  return { state: same_as_disk === true ? 'same' : 'differs', fingerprint, why: disk_why };
}

const reload = 'sentinel reload --certs';

function loadedFindings(row: Checked, loaded: Seen, state: CertState | null): readonly CertFinding[] {
  if (loaded.state === 'unknown') {
    const detail = `${row.name} (${row.source}) is configured, and the daemon has not loaded it: the configuration on disk is not in force`;
    return [finding('warning', 'SNT-T060', row.certFile, detail, 'sentinel reload')];
  }
  if (loaded.state !== 'differs' || state === null) return [];
  const short = shortFingerprint(state.fingerprint);
  const ends = `it ${endText(state)} (${state.not_after})`;
  // What this command can read the daemon may not: another user runs it.
  const why = row.leaf === null || state.disk_why === null ? '' : ` (${state.disk_why})`;
  const bad = state.standing === 'expired' || state.standing === 'critical';
  const detail =
    state.same_as_disk === null
      ? `the daemon goes on with what it has loaded, ${short}, because the files cannot be used${why}: ${ends}`
      : `the files hold another certificate or key than the daemon has loaded, ${short}: ${ends}`;
  return [
    finding(
      bad ? 'error' : 'warning',
      'SNT-T060',
      row.certFile,
      detail,
      state.same_as_disk === null ? 'correct the files first' : reload,
    ),
  ];
}

function endText({ days_left: days, standing }: CertState): string {
  if (standing === 'expired') return 'has expired';
  return days === 0 ? 'ends today' : `ends in ${days} ${days === 1 ? 'day' : 'days'}`;
}

async function servedSeen(
  asked: AskedListener,
  { status }: Running,
  expected: string | null,
  invocation: Invocation,
): Promise<Seen> {
  const { servername, tls13Only, proxyProtocol } = asked;
  const to = boundAddress(asked, status);
  try {
    const { certificates } = await servedChain(
      {
        to,
        servername: servername === null || isIP(servername) !== 0 ? null : servername,
        timeoutMs: remoteTimeoutMs,
        tls13Only,
        ...(proxyProtocol ? { preface: Buffer.from('PROXY UNKNOWN\r\n') } : {}),
      },
      invocation.clock,
    );
    const fingerprint = fingerprintOf(certificates[0] as (typeof certificates)[number]);
    return { state: fingerprint === expected ? 'same' : 'differs', fingerprint, why: null };
  } catch (error) {
    if (!(error instanceof NothingServed)) throw error;
    return { state: 'unknown', fingerprint: null, why: `${addressOf(to)}: ${error.message}` };
  }
}

function servedFindings({ name, certFile, asked }: Checked, served: Seen): readonly CertFinding[] {
  if (served.state === 'unknown') {
    return [unknown('SNT-T062', `listener ${asked?.listener} could not be asked for ${name}: ${served.why}`)];
  }
  if (served.state !== 'differs') return [];
  const short = shortFingerprint(served.fingerprint);
  const detail = `a handshake for ${asked?.servername ?? 'no name'} got ${short}, which is not what the daemon has loaded`;
  return [finding('error', 'SNT-T061', certFile, detail, 'ss -tlnp')];
}

/** Where the listener is bound: port 0 of the configuration has become another. */
function boundAddress({ listener, address }: AskedListener, { listeners }: StatusReply): ServedAddress {
  if (address.kind === 'unix' || address.port !== 0) return address;
  const bound = listeners.find(({ id }) => id === listener)?.address ?? '';
  const port = Number(/:(\d+)$/.exec(bound)?.[1] ?? 0);
  return { ...address, port };
}

function addressOf(address: ServedAddress): string {
  if (address.kind === 'unix') return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

function unknown(code: ErrorCode, detail: string): CertFinding {
  return { ...finding('error', code, null, detail), unknown: true };
}
