/** What systemd says of the unit of the daemon. Asked only where systemd runs; null where it knows no such unit. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SystemdState } from '../facts/process.ts';
import type { ProbeContext } from '../probe.ts';
import { askTool } from '../tool-call.ts';

const usualUnit = 'sentinel.service';
const LIMIT_MS = 1_500;

const properties = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'NRestarts',
  'MainPID',
  'ExecMainCode',
  'ExecMainStatus',
  'User',
];

/** @param cgroup That of the daemon, as far as it is known: its last part is the unit. */
export function unitOf(cgroup: string | null): string {
  const last = cgroup === null ? '' : basename(cgroup);
  return last.endsWith('.service') ? last : usualUnit;
}

export async function systemdState(
  context: Pick<ProbeContext, 'run' | 'toolPath' | 'signal'>,
  cgroup: string | null,
): Promise<SystemdState | null> {
  if (!systemdRuns(context)) return null;
  const args = ['show', unitOf(cgroup), '--no-pager', '-p', properties.join(',')];
  const result = await askTool(context, 'systemctl', args, { timeoutMs: LIMIT_MS });
  if (result.kind !== 'ran') return null;
  const said = new Map(
    result.stdout.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
  if (said.get('LoadState') !== 'loaded') return null;
  const number = (name: string): number => Number(said.get(name) ?? 0) || 0;
  return {
    unit: said.get('Id') ?? usualUnit,
    active: said.get('ActiveState') ?? '',
    sub: said.get('SubState') ?? '',
    result: said.get('Result') ?? '',
    restarts: number('NRestarts'),
    main_pid: number('MainPID') || null,
    exit_status: number('ExecMainCode') === 0 ? null : number('ExecMainStatus'),
    user: said.get('User') || null,
  };
}

export function systemdRuns({ run }: Pick<ProbeContext, 'run'>): boolean {
  return existsSync(join(run.roots.run, 'systemd', 'system'));
}
