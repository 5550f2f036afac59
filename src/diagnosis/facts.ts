/**
 * What is known of one daemon and its machine at one moment: a value, plain JSON, collected live by probes and kept in snapshots.
 * Says what was seen and never what it means; the rules judge it. Names and units as in the admin API: `_ms`, `_bytes`, RFC 3339.
 */
import type { RuntimeReply } from '../admin/contract/runtime-shapes.ts';
import type { ProcessState, DeathState, ConfigFileState, PortsState, PermissionsState } from './facts/process.ts';
import type {
  DiskState,
  MemoryState,
  DescriptorsState,
  KernelState,
  FirewallState,
  ClockState,
} from './facts/machine.ts';
import type { EndpointsState, TargetsState, CertificatesState } from './facts/network.ts';
import type { DaemonState, TrafficState, ClientsState, ChangesState } from './facts/traffic.ts';

/** What a probe found out, or why it could not. Unknown is never the same as well. */
export type Known<T> =
  | { readonly state: 'known'; readonly at: string; readonly took_ms: number; readonly value: T }
  | {
      readonly state: 'unknown';
      readonly at: string;
      readonly took_ms: number;
      /** A sentence without its full stop. */
      readonly why: string;
      /** What was asked or read: `GET /admin/status`, `journalctl -k`, `/proc/812/stat`. */
      readonly tried: readonly string[];
    };

export interface Facts {
  readonly schema: 'sentinel.facts/1';
  readonly at: string;
  readonly took_ms: number;
  readonly subject: Subject;
  readonly sections: Sections;
}

export interface Subject {
  readonly host: string;
  /** As the operator named the daemon; `local` when nothing was named. */
  readonly daemon: string;
  /** Configuration file that the daemon has, or would have; null = none was found. */
  readonly config_path: string | null;
}

/** One for each probe, by its name. */
export interface Sections {
  readonly process: Known<ProcessState>;
  readonly death: Known<DeathState>;
  readonly config: Known<ConfigFileState>;
  readonly ports: Known<PortsState>;
  readonly permissions: Known<PermissionsState>;
  readonly disk: Known<DiskState>;
  readonly memory: Known<MemoryState>;
  readonly descriptors: Known<DescriptorsState>;
  readonly kernel: Known<KernelState>;
  readonly firewall: Known<FirewallState>;
  readonly clock: Known<ClockState>;
  readonly endpoints: Known<EndpointsState>;
  readonly daemon: Known<DaemonState>;
  readonly threads: Known<RuntimeReply>;
  readonly traffic: Known<TrafficState>;
  readonly clients: Known<ClientsState>;
  readonly targets: Known<TargetsState>;
  readonly certificates: Known<CertificatesState>;
  readonly changes: Known<ChangesState>;
}

export type SectionName = keyof Sections;
