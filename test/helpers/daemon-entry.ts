/** The child process of `daemon.ts`: starts a daemon with the options that it is given as JSON, as `sentinel run` does. */
import { processEnvironment } from '../../src/base/environment.ts';
import { systemRoots } from '../../src/base/run-files.ts';
import { type DaemonOptions, startDaemon } from '../../src/proxy/control/daemon.ts';
import { StartRefusal } from '../../src/proxy/control/start-refusal.ts';

type Given = Pick<DaemonOptions, 'source' | 'overrides' | 'title'> & {
  readonly workerEntry?: string;
  readonly roots?: Partial<typeof systemRoots>;
};

const given = JSON.parse(process.argv[2] ?? '{}') as Given;
try {
  const { workerEntry, roots, ...options } = given;
  const daemon = await startDaemon({
    ...options,
    ...(workerEntry === undefined ? {} : { workerEntry: new URL(workerEntry) }),
    run: { environment: processEnvironment, uid: process.getuid?.() ?? 0, roots: { ...systemRoots, ...roots } },
    version: '0.0.0-test',
    process,
  });
  process.exit(await daemon.closed);
} catch (error) {
  if (!(error instanceof StartRefusal)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode);
}
