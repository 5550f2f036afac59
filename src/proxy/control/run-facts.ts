/** What the record of a run says of a daemon as it stands now. Asked by `daemon.ts`; reads, changes nothing. */
import { resolve } from 'node:path';
import type { DaemonState } from './daemon-state.ts';
import type { IncidentPlace } from './incidents/incident-place.ts';
import type { PidFile } from './pid-file.ts';
import type { RunState } from './run-record.ts';

/** @param places Where listeners and admin API really are. */
export function runStateOf(
  state: DaemonState,
  pidFile: PidFile | null,
  incidents: Pick<IncidentPlace, 'find'>,
  places: {
    readonly listeners: Readonly<Record<string, string>>;
    readonly adminSocket: string | null;
    readonly adminAddress: string | null;
  },
): RunState {
  const { config } = state.applied;
  const { file, accessLog, auditLog } = config.observability.logging;
  const logs = [file, accessLog.enabled ? accessLog.file : null, auditLog.enabled ? auditLog.file : null];
  const secured = new Set(config.listeners.filter(({ tls }) => tls !== null).map(({ id }) => id));
  return {
    generation: state.generation,
    incidents_dir: incidents.find(),
    pid_file: pidFile === null ? null : resolve(pidFile.path),
    admin_socket: places.adminSocket,
    admin_address: places.adminAddress,
    listeners: Object.entries(places.listeners).map(([id, address]) => ({ id, address, tls: secured.has(id) })),
    log_files: [
      ...new Set(logs.filter((one) => one !== null && one !== 'stdout').map((one) => resolve(one as string))),
    ],
  };
}
