/** A machine of planted files for probes: `/proc`, `/sys`, programs, a state folder; and other probes that answer as they are told. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { AdminClient } from '../../../src/admin/client/client.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { collect } from '../../../src/diagnosis/collect.ts';
import type { Known, SectionName, Sections } from '../../../src/diagnosis/facts.ts';
import { type Probe, ProbeFault, type ProbeTable, type ValueOf } from '../../../src/diagnosis/probe.ts';
import { localContext } from '../../../src/diagnosis/surroundings.ts';
import { testFolder } from '../../helpers/daemon.ts';

export interface Machine {
  readonly folder: string;
  /** `proc/meminfo` and the like, below the folder. */
  plant(path: string, text: string): void;
  /** A program of this machine: a shell script. */
  tool(name: string, script: string): void;
  /** What one probe finds out here. @param others What the other probes would have found */
  find<K extends SectionName>(probe: Probe<K>, others?: Others, more?: More): Promise<Sections[K]>;
  /** The same, where it has to be known. */
  known<K extends SectionName>(probe: Probe<K>, others?: Others, more?: More): Promise<ValueOf<K>>;
}

type Others = Partial<Record<SectionName, object>>;

export interface More {
  readonly socket?: string;
  readonly configPath?: string | null;
  readonly intrusive?: boolean;
  readonly remote?: boolean;
  readonly varLib?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export function plantedMachine(t: TestContext): Machine {
  const folder = testFolder(t);
  for (const name of ['proc', 'sys', 'tools', 'run', 'tmp', 'lib']) mkdirSync(join(folder, name));
  const plant = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const find = async <K extends SectionName>(probe: Probe<K>, others: Others = {}, more: More = {}) => {
    const target = {
      name: more.remote === true ? '10.0.0.9:9095' : 'local',
      addresses: [
        more.remote === true
          ? ({ kind: 'tcp', host: '192.0.2.1', port: 1, tls: false } as never)
          : ({ kind: 'socket', path: more.socket ?? join(folder, 'none.sock') } as const),
      ],
    };
    const told = Object.entries(others).map(([name, value]) => [
      name,
      { name, title: name, class: 'passive', mandatory: false, timeoutMs: 1000, find: async () => value },
    ]);
    const table = { ...Object.fromEntries(told), [probe.name]: probe } as Partial<ProbeTable>;
    const facts = await collect(
      localContext({
        run: {
          environment: { PATH: join(folder, 'tools'), ...more.environment },
          uid: process.getuid?.() ?? 0,
          roots: {
            run: join(folder, 'run'),
            varRun: join(folder, 'run'),
            varLog: join(folder, 'log'),
            varLib: more.varLib ?? join(folder, 'lib'),
            tmp: join(folder, 'tmp'),
          },
        },
        clock: systemClock,
        client: new AdminClient({ target, version: '0' }),
        target,
        configPath: more.configPath ?? null,
        directory: folder,
        version: '0',
        intrusive: more.intrusive === true,
        roots: { proc: join(folder, 'proc'), sys: join(folder, 'sys') },
        toolPath: `${join(folder, 'tools')}`,
      }),
      table,
    );
    const sections: Readonly<Record<string, unknown>> = { ...facts.sections };
    return sections[probe.name] as Sections[K];
  };
  return {
    folder,
    plant,
    tool(name, script) {
      plant(join('tools', name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, 'tools', name), 0o755);
    },
    find,
    async known(probe, others, more) {
      const section: Known<unknown> = await find(probe as Probe<SectionName>, others, more);
      if (section.state === 'known') return section.value as ValueOf<typeof probe.name>;
      throw new ProbeFault(section.why, section.tried);
    },
  };
}

/** What the probe of the process says of a daemon with this pid. */
export const running = (pid: number): Others => ({ process: { pid } });

/** What the probe of the configuration says, as far as the probes of the machine ask. */
export const configured = (places: Readonly<Record<string, unknown>> = {}): Others => ({
  config: {
    path: null,
    listeners: [],
    places: { state_dir: null, log_files: [], admin_socket: null, files: [], ...places },
  },
});
