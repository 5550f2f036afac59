/** One probe, or a few, on a planted machine: roots of its own, tools of its own, a clock that runs. Ends nothing; makes folders in a test's. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AdminClient } from '../../../src/admin/client/client.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { Environment } from '../../../src/base/environment.ts';
import { systemRoots } from '../../../src/base/run-files.ts';
import { collect } from '../../../src/diagnosis/collect.ts';
import type { Facts, SectionName, Sections } from '../../../src/diagnosis/facts.ts';
import type { MachineRoots, ProbeTable, Surroundings, ValueOf } from '../../../src/diagnosis/probe.ts';
import { configProbe } from '../../../src/diagnosis/probes/config-file.ts';
import { daemonProbe } from '../../../src/diagnosis/probes/daemon.ts';
import { deathProbe } from '../../../src/diagnosis/probes/death.ts';
import { permissionsProbe } from '../../../src/diagnosis/probes/permissions.ts';
import { portsProbe } from '../../../src/diagnosis/probes/ports.ts';
import { processProbe } from '../../../src/diagnosis/probes/process.ts';
import { localContext } from '../../../src/diagnosis/surroundings.ts';

export interface Machine {
  /** Folder of the daemon: state goes to `sentinel/` in it, the admin socket is `admin.sock`. */
  readonly folder: string;
  readonly configFile: string | null;
  readonly roots?: Partial<MachineRoots>;
  readonly toolPath?: string;
  readonly environment?: Environment;
  readonly run?: string;
}

const table: Partial<ProbeTable> = {
  process: processProbe,
  death: deathProbe,
  config: configProbe,
  ports: portsProbe,
  permissions: permissionsProbe,
  daemon: daemonProbe,
};

export function surroundingsOf(machine: Machine): Surroundings {
  const { folder, configFile, roots = {}, environment = {} } = machine;
  const target = { name: 'local', addresses: [{ kind: 'socket', path: join(folder, 'admin.sock') }] } as const;
  return localContext({
    run: {
      environment: { PATH: process.env['PATH'], SENTINEL_ADMIN_SOCKET: join(folder, 'admin.sock'), ...environment },
      uid: process.getuid?.() ?? 0,
      roots: { ...systemRoots, varLib: folder, run: machine.run ?? join(folder, 'no-run'), tmp: join(folder, 'tmp') },
    },
    clock: systemClock,
    client: new AdminClient({ target, version: '0.0.0-test' }),
    target,
    configPath: configFile,
    directory: folder,
    version: '0.0.0-test',
    // What the kernel of the machine that tests run on says of others is nothing that a test could foresee.
    roots: { kmsg: join(folder, 'no-kmsg'), ...roots },
    toolPath: machine.toolPath ?? join(folder, 'no-tools'),
  });
}

/** Everything but the ports, which are looked at for a while. */
export function factsOf(machine: Machine): Promise<Facts> {
  const { ports: _slow, ...quick } = table;
  return collect(surroundingsOf(machine), quick);
}

/** The sections, each of which must be known. */
export async function look<K extends SectionName>(
  machine: Machine,
  ...names: readonly K[]
): Promise<{ [N in K]: ValueOf<N> }> {
  const { sections } = names.includes('ports' as K)
    ? await collect(surroundingsOf(machine), table)
    : await factsOf(machine);
  return Object.fromEntries(names.map((name) => [name, valueOf(name, sections)])) as { [N in K]: ValueOf<N> };
}

function valueOf<K extends SectionName>(name: K, sections: Sections): ValueOf<K> {
  const section = sections[name];
  if (section.state === 'unknown') throw new Error(`${name} is unknown: ${section.why} (${section.tried.join(', ')})`);
  return section.value as ValueOf<K>;
}

/** Files by their path below the folder. */
export function plant(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: path.startsWith('tools/') ? 0o755 : 0o644 });
  }
  return folder;
}

/** A program that prints this. */
export function saying(text: string, exitCode = 0): string {
  return `#!/bin/sh\n/bin/cat <<'END_OF_TEXT'\n${text}\nEND_OF_TEXT\nexit ${exitCode}\n`;
}
