/** An upgrade of a daemon of a test: begun through the admin API, followed to its end. */
import { once } from 'node:events';
import type { UpgradeReply, UpgradeRequest } from '../../src/admin/contract/upgrade-shapes.ts';
import type { DaemonProcess } from './daemon.ts';
import { eventually } from './eventually.ts';

/** Begins one and resolves with what came of it, whoever says so. */
export async function upgrade(
  daemon: DaemonProcess,
  body: UpgradeRequest = {},
  limitMs = 30_000,
): Promise<UpgradeReply> {
  await daemon.client.call('upgrade-begin', { body });
  return await upgradeOver(daemon, limitMs);
}

export function upgradeOver(daemon: DaemonProcess, limitMs = 30_000): Promise<UpgradeReply> {
  return eventually(async () => {
    const { data } = await daemon.client.call('upgrade');
    if (data.phase !== 'done' && data.phase !== 'failed') throw new Error(`the upgrade is ${data.phase}`);
    return data;
  }, limitMs);
}

/** The exit code of the process that was started first; its pipes may be held open by the one that took over. */
export async function firstEnded(daemon: DaemonProcess): Promise<number | null> {
  const { child } = daemon;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
