/**
 * The process around the commands: the only file that touches the standard streams and the argument list, and the only
 * one that exits. Called by the two entry files.
 */
import { systemClock } from '../base/clock.ts';
import { type Environment, ownVariables, processEnvironment } from '../base/environment.ts';
import { bytesOf, isSingleBinary, packagePath } from '../base/package-files.ts';
import { systemRoots } from '../base/run-files.ts';
import { giveWay } from '../machine/priority.ts';
import type { ProcessOrigin, ProgramName } from './command.ts';
import { interruptionOf, lastWordsOf } from './interruption.ts';
import { holdToLauncher } from './lifeline.ts';
import { main } from './main.ts';
import { inputFrom, outputTo } from './streams.ts';

/** Runs the command line of this process and ends it. */
export async function runProcess(program: ProgramName): Promise<void> {
  holdToLauncher(processEnvironment);
  const stdout = outputTo(process.stdout, processEnvironment);
  const stderr = outputTo(process.stderr, processEnvironment);
  const exitCode = await main(
    {
      program,
      version: packageVersion(),
      context: { environment: processEnvironment, uid: process.getuid?.() ?? 0, roots: systemRoots },
      directory: process.cwd(),
      stdin: inputFrom(process.stdin),
      stdout,
      stderr,
      clock: systemClock,
      origin: originOf(processEnvironment),
      giveWay,
      terminal: process,
      interruption: () => interruptionOf(process, stdout, systemClock),
      lastWords: (say) => lastWordsOf(process, say),
    },
    process.argv.slice(2),
  );
  await Promise.all([stdout.flushed(), stderr.flushed()]);
  // A socket that lingers must not keep a finished command alive.
  process.exit(exitCode);
}

/** How this process was started, so that another one can be started in its place. */
function originOf(environment: Environment): ProcessOrigin {
  const [, pid, launcher] = /^(\d+) (.+)$/s.exec(environment[ownVariables.launcher] ?? '') ?? [];
  // It may have come down from a process that started this one without a launcher.
  const own = Number(pid) === process.pid || Number(pid) === process.ppid;
  return {
    launcher: own && launcher !== undefined && !isSingleBinary ? launcher : null,
    node: process.execPath,
    // The single binary is its own Node, with flags and entry inside.
    flags: isSingleBinary ? [] : process.execArgv,
    entry: isSingleBinary ? null : (process.argv[1] ?? ''),
    args: process.argv.slice(2),
  };
}

function packageVersion(): string {
  const text = bytesOf(packagePath('package.json')).toString();
  return (JSON.parse(text) as { version: string }).version;
}
