/**
 * The probe of the clock: whether anything keeps it right, and whether it agrees with the daemon's and with the times that the daemon's
 * own files bear. Sets nothing and asks no time server.
 */
import { existsSync } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import { rfc3339 } from '../../base/units.ts';
import type { ClockState } from '../facts/machine.ts';
import type { Probe, ProbeContext } from '../probe.ts';
import { askTool } from '../tool-call.ts';
import { silenceMs } from './admin-call.ts';
import { configFile, instanceOf, lastRun } from './subject.ts';

const toolMs = 1_500;
/** Files of a folder that are looked at; the newest is among the first of any folder that the daemon has. */
const mostFiles = 2_000;

export const clockProbe: Probe<'clock'> = {
  name: 'clock',
  title: 'clock: synchronized, agrees with the daemon and its files',
  class: 'passive',
  mandatory: false,
  timeoutMs: 4_000,
  async find(context): Promise<ClockState> {
    const { clock, local } = context;
    const [kept, skew, behind] = await Promise.all([
      local ? synchronization(context) : nobodySays,
      daemonSkew(context),
      local ? behindFiles(context) : null,
    ]);
    return { now: rfc3339(clock.wallMs()), ...kept, daemon_skew_ms: skew, behind_files_ms: behind };
  },
};

type Kept = Pick<ClockState, 'synchronized' | 'source'>;

const nobodySays: Kept = { synchronized: null, source: null };

/** The first that says yes or no: systemd, chrony, the mark that systemd-timesyncd leaves when it has set the clock. */
async function synchronization(context: ProbeContext): Promise<Kept> {
  const [systemd, chrony] = await Promise.all([
    askTool(context, 'timedatectl', ['show', '--property=NTPSynchronized'], { timeoutMs: toolMs }),
    askTool(context, 'chronyc', ['-n', 'tracking'], { timeoutMs: toolMs }),
  ]);
  const told = systemd.kind === 'ran' ? /^NTPSynchronized=(yes|no)$/m.exec(systemd.stdout)?.[1] : undefined;
  const leap = chrony.kind === 'ran' ? /^Leap status\s*:\s*(.+)$/m.exec(chrony.stdout)?.[1] : undefined;
  if (told === 'yes') return { synchronized: true, source: 'timedatectl' };
  if (leap !== undefined) return { synchronized: leap.trim() !== 'Not synchronised', source: 'chronyc' };
  if (existsSync(join(context.run.roots.run, 'systemd', 'timesync', 'synchronized'))) {
    return { synchronized: true, source: 'systemd-timesyncd' };
  }
  return told === undefined ? nobodySays : { synchronized: false, source: 'timedatectl' };
}

/** Milliseconds, half of the round trip in doubt; null where no daemon answers. */
async function daemonSkew({ client, clock }: ProbeContext): Promise<number | null> {
  const before = clock.wallMs();
  try {
    const { time } = await client.call('workers', { timeoutMs: silenceMs });
    const theirs = Date.parse(time);
    return Number.isNaN(theirs) ? null : Math.round((before + clock.wallMs()) / 2 - theirs);
  } catch (error) {
    if (error instanceof SentinelError) return null;
    throw error;
  }
}

/** Against what the daemon writes itself; a configuration file may bear whatever time its author's machine had. */
async function behindFiles(context: ProbeContext): Promise<number | null> {
  const { of, clock, directory } = context;
  const [instance, path, config, record] = await Promise.all([
    instanceOf(context),
    configFile(context),
    of('config'),
    lastRun(context),
  ]);
  const base = path === null ? directory : dirname(path);
  const logs = [...(config.state === 'known' ? config.value.places.log_files : []), ...(record?.log_files ?? [])].map(
    (file) => resolve(base, file),
  );
  const times = [
    ...(await Promise.all([...new Set(logs)].map(modified))),
    ...(instance === null ? [] : await timesIn([instance, join(instance, 'history')])),
  ].filter((time) => time !== null);
  // Files are stamped by a clock that may lag by a tick.
  return times.length === 0 ? null : Math.round(clock.wallMs() - Math.max(...times));
}

async function timesIn(folders: readonly string[]): Promise<readonly (number | null)[]> {
  const found: (number | null)[] = [];
  for (const folder of folders) {
    try {
      for await (const entry of await opendir(folder)) {
        if (found.length >= mostFiles) break;
        if (entry.isFile()) found.push(await modified(join(folder, entry.name)));
      }
    } catch {
      // Not there, or not ours to read.
    }
  }
  return found;
}

async function modified(path: string): Promise<number | null> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch {
    return null;
  }
}
