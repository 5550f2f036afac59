/**
 * What a process leaves to the one that takes over: its listening sockets by descriptor, and where its run-time files are. It
 * goes with the environment, so that the heir can go on alone if the old process dies at once. Data and its reading only.
 */
import { type Environment, ownVariables } from '../../../base/environment.ts';
import type { UpgradeParty } from '../../../admin/contract/upgrade-shapes.ts';

/** Both sides must speak the same; a process that knows only another starts as if there were nothing to take over, and is refused. */
const PROTOCOL = 1;

export interface EstateSocket {
  /** Of the traffic listener that it is the socket of (`listenerKey`). */
  readonly key: string;
  readonly id: string;
  /** `addressKey` of the listener, with the settled port. */
  readonly address: string;
  /** 0 for a unix socket. */
  readonly port: number;
  readonly fd: number;
}

export interface Estate {
  readonly from: UpgradeParty;
  readonly sockets: readonly EstateSocket[];
  /** The metrics and admin address: `host:port` as it was asked for, which may have port 0. */
  readonly metrics: { readonly wanted: string; readonly fd: number } | null;
  readonly adminSocket: string | null;
  /** Generation in force, for the log. */
  readonly generation: number;
}

export function estateText(estate: Estate): string {
  return JSON.stringify({ protocol: PROTOCOL, ...estate });
}

/** Null when there is none, or none that this version understands. */
export function readEstate(environment: Environment): Estate | null {
  const text = environment[ownVariables.estate];
  if (text === undefined || text === '') return null;
  try {
    const { protocol, ...estate } = JSON.parse(text) as Estate & { readonly protocol: number };
    return protocol === PROTOCOL ? estate : null;
  } catch {
    return null;
  }
}
