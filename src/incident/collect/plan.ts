/**
 * What a snapshot would collect, from where and about how much, without asking anybody who could notice: from the table and
 * from the sizes of files. Called by `--plan`.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadConfigFile } from '../../config/load.ts';
import type { ItemClass } from '../bundle/item.ts';
import { type CollectContext, type CollectLimits, fastTotalMs, logQuota, patienceMs, totalMs } from './collector.ts';
import { collectors } from './collectors.ts';

export interface PlannedItem {
  readonly path: string;
  readonly class: ItemClass;
  readonly source: string;
  /** About that many bytes before they are compressed. */
  readonly estimate_bytes: number;
  readonly timeout_ms: number;
}

export interface SnapshotPlan {
  readonly items: readonly PlannedItem[];
  readonly estimate_bytes: number;
  /** Most that collecting may take, without a series. */
  readonly total_ms: number;
}

/** Of a usual daemon, measured. */
const typicalBytes: Readonly<Record<ItemClass, number>> = {
  config: 16 << 10,
  state: 4 << 10,
  metrics: 64 << 10,
  requests: 256 << 10,
  tls: 8 << 10,
  logs: 0,
  system: 1 << 10,
  record: 128 << 10,
  verdict: 48 << 10,
};

export function planOf(context: CollectContext, options: Omit<CollectLimits, 'logBytes'>): SnapshotPlan {
  const logBytes = options.fast ? logQuota.fast : logQuota.usual;
  const limits = { ...options, logBytes };
  const sizes = logSizes(context);
  const items = [...collectors, ...context.writings]
    .filter(({ fast }) => fast || !options.fast)
    .map(({ path, class: itemClass, source, timeoutMs = patienceMs, estimate }): PlannedItem => {
      const file = sizes.get(path);
      const most = Math.min(file?.bytes ?? estimate?.(context, limits) ?? typicalBytes[itemClass], logBytes);
      return {
        path,
        class: itemClass,
        source: file?.path ?? source,
        estimate_bytes: file === null ? 0 : most,
        timeout_ms: Math.min(timeoutMs, options.fast ? fastTotalMs : totalMs),
      };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return {
    items,
    estimate_bytes: items.reduce((sum, { estimate_bytes: bytes }) => sum + bytes, 0),
    total_ms: options.fast ? fastTotalMs : totalMs,
  };
}

/** Of the log files that the configuration names; null = it names none, and there is none of the kind. */
function logSizes({
  surroundings: { configPath, directory, run, local },
}: CollectContext): ReadonlyMap<string, { readonly path: string; readonly bytes: number } | null> {
  if (!local || configPath === null) return new Map();
  const loaded = loadConfigFile(resolve(directory, configPath), run.environment);
  const config = loaded.kind === 'ok' ? loaded.config : loaded.kind === 'invalid' ? loaded.unservable : null;
  if (config === null) return new Map();
  const { file, accessLog, auditLog } = config.observability.logging;
  const sizeOf = (path: string | null) => {
    if (path === null || path === 'stdout' || path === 'stderr') return null;
    const absolute = resolve(directory, path);
    return { path: absolute, bytes: statSync(absolute, { throwIfNoEntry: false })?.size ?? 0 };
  };
  const log = sizeOf(file);
  return new Map([
    ...(log === null ? [] : [['logs/sentinel.ndjson', log] as const]),
    ['logs/access.ndjson', accessLog.enabled ? sizeOf(accessLog.file) : null],
    ['logs/audit.ndjson', auditLog.enabled ? sizeOf(auditLog.file) : null],
  ]);
}
