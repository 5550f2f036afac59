/** The child process of `daemon.ts`: starts a daemon with the options that it is given as JSON, as `sentinel run` does. */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { processEnvironment } from '../../src/base/environment.ts';
import { systemRoots } from '../../src/base/run-files.ts';
import { type DaemonOptions, startDaemon } from '../../src/proxy/control/daemon.ts';
import { StartRefusal } from '../../src/proxy/control/start-refusal.ts';
import { dyingSteps } from './dying-steps.ts';

type Given = Pick<DaemonOptions, 'source' | 'overrides' | 'title' | 'settleMs'> & {
  readonly workerEntry?: string;
  readonly roots?: Partial<typeof systemRoots>;
  /** Is killed instead of taking this step of writing files, counted from when the file is there. */
  readonly dies?: { readonly at: number; readonly armedBy: string };
};

// Asked for by a daemon that is to hand over to this program.
if (process.argv[2] === '--version') {
  process.stdout.write('sentinel 0.0.0-test\n');
  process.exit(0);
}
const given = JSON.parse(process.argv[2] ?? '{}') as Given;
try {
  const { workerEntry, roots, dies, ...options } = given;
  const daemon = await startDaemon({
    ...options,
    ...(workerEntry === undefined ? {} : { workerEntry: new URL(workerEntry) }),
    ...(dies === undefined ? {} : { steps: dyingSteps(dies.at, () => existsSync(dies.armedBy)) }),
    run: { environment: processEnvironment, uid: process.getuid?.() ?? 0, roots: { ...systemRoots, ...roots } },
    version: '0.0.0-test',
    origin: {
      launcher: null,
      node: process.execPath,
      flags: process.execArgv,
      entry: process.argv[1] as string,
      args: process.argv.slice(2),
    },
    process,
  });
  // Most of them are killed, and a killed process keeps nothing of what it compiled.
  flushCompileCache();
  process.exit(await daemon.closed);
} catch (error) {
  if (!(error instanceof StartRefusal)) throw error;
  process.stderr.write(`${error.message}\n${error.next === null ? '' : `${error.next}\n`}`);
  process.exit(error.exitCode);
}
