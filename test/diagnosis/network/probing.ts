/** Runs some probes against a daemon of a test, as a diagnosis on this machine would. */
import { AdminClient } from '../../../src/admin/client/client.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRoots } from '../../../src/base/run-files.ts';
import { collect } from '../../../src/diagnosis/collect.ts';
import type { Known, SectionName, Sections } from '../../../src/diagnosis/facts.ts';
import type { ProbeTable } from '../../../src/diagnosis/probe.ts';
import { probes } from '../../../src/diagnosis/probes.ts';
import { localContext } from '../../../src/diagnosis/surroundings.ts';

export interface Subject {
  readonly socket: string;
  readonly configFile: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Somebody has agreed to what others could notice. */
  readonly intrusive?: boolean;
  /** Where external tools are looked for. */
  readonly toolPath?: string;
  /** Bound on the whole; default as for people. */
  readonly withinMs?: number;
}

/** The sections of these names; no other probe runs. */
export async function probe(subject: Subject, names: readonly SectionName[]): Promise<Sections> {
  const { socket, configFile, environment = {}, intrusive = false, toolPath, withinMs } = subject;
  const target = { name: 'local', addresses: [{ kind: 'socket', path: socket } as const] };
  const version = '0.0.0-test';
  const client = new AdminClient({ target, version });
  const run = { environment, uid: process.getuid?.() ?? 0, roots: systemRoots };
  const surroundings = localContext({
    run,
    clock: systemClock,
    client,
    target,
    configPath: configFile,
    directory: '/',
    version,
    intrusive,
    ...(toolPath === undefined ? {} : { toolPath }),
  });
  const table: Partial<ProbeTable> = Object.fromEntries(
    Object.entries(probes).filter(([name]) => names.includes(name as SectionName)),
  );
  const { sections } = await collect(surroundings, table, withinMs === undefined ? {} : { withinMs });
  return sections;
}

export function valueOf<T>(section: Known<T>): T {
  if (section.state === 'known') return section.value;
  throw new Error(`unknown: ${section.why} (${section.tried.join(', ')})`);
}
