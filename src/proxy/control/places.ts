/**
 * Where the running daemon is found: pid file, admin socket, metrics address. A reload that names others opens the new ones
 * beside the old ones, and closes the old ones when everything else of it is in force. Made by the daemon, asked by `applier.ts`.
 */
import { dirname, join } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import type { RunContext } from '../../base/run-files.ts';
import type { AdminServer } from './admin/server.ts';
import type { Move } from './move.ts';
import { PidFile } from './pid-file.ts';
import type { SocketSignpost } from './socket-signpost.ts';
import { type FixedSettings, privateSocket, type SettingOverrides } from './settings.ts';
import type { StandingWarnings } from './standing-warnings.ts';

/** Where places are that nobody names. */
export interface Placing {
  /** The folder of a socket that was named for this daemon alone; null = there is none. */
  readonly own: string | null;
  readonly pidFolder: string;
}

export function placingOf(overrides: SettingOverrides, { environment, roots }: RunContext): Placing {
  const socket = privateSocket(overrides, environment);
  const own = socket === null ? null : dirname(socket);
  return { own, pidFolder: own ?? roots.varRun };
}

/** What settings come to. @param folder That of the run-time files. */
export function pathsOf(
  settings: FixedSettings,
  { pidFolder }: Placing,
  folder: string,
): { readonly pidFile: string; readonly adminSocket: string } {
  return {
    pidFile: settings.pidFile ?? join(pidFolder, 'sentinel.pid'),
    adminSocket: settings.adminSocket ?? join(folder, 'admin.sock'),
  };
}

export interface PlacesOptions {
  readonly settings: FixedSettings;
  readonly admin: AdminServer;
  readonly pidFile: PidFile;
  readonly warnings: StandingWarnings;
  readonly pid: number;
  /** At the usual place of the socket; null = commands are told where it is. */
  readonly signpost: SocketSignpost | null;
  /** What settings without a path of their own mean. */
  readonly pathsOf: (settings: FixedSettings) => { readonly pidFile: string; readonly adminSocket: string };
  readonly onPidFile: (pidFile: PidFile) => void;
}

export class Places {
  readonly #options: PlacesOptions;
  #settings: FixedSettings;
  #pidFile: PidFile;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#pidFile = options.pidFile;
    options.signpost?.pointTo(options.pathsOf(options.settings).adminSocket);
  }

  /**
   * Opens what `next` names and is not open yet.
   * @throws SNT-P028 when one cannot be had; nothing has changed then
   */
  async move(next: FixedSettings): Promise<Move> {
    const { admin, pathsOf, signpost } = this.#options;
    const before = pathsOf(this.#settings);
    const paths = pathsOf(next);
    const moves: Move[] = [];
    const abandon = async () => {
      for (const move of moves.toReversed()) await move.abandon();
    };
    try {
      if (paths.pidFile !== before.pidFile) moves.push(this.#movePidFile(paths.pidFile));
      if (paths.adminSocket !== before.adminSocket) moves.push(await admin.moveSocket(paths.adminSocket));
      if (JSON.stringify(next.metrics) !== JSON.stringify(this.#settings.metrics)) {
        moves.push(await admin.moveTcp(next.metrics));
      }
    } catch (error) {
      await abandon();
      if (!(error instanceof SentinelError)) throw error;
      throw new SentinelError('SNT-P028', `the daemon could not be moved: ${error.message}; nothing was applied`, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        cause: error,
      });
    }
    return {
      commit: () => {
        this.#settings = next;
        for (const move of moves) move.commit();
        if (paths.adminSocket !== before.adminSocket) signpost?.pointTo(paths.adminSocket);
      },
      abandon,
    };
  }

  close(): void {
    this.#options.signpost?.takeDown();
  }

  /** Somebody who asked for this very file must have it: no other folder takes its place, as at the start. */
  #movePidFile(path: string): Move {
    const { pid, warnings, onPidFile } = this.#options;
    const file = PidFile.claimExactly(path, pid);
    return {
      commit: () => {
        this.#pidFile.release();
        this.#pidFile = file;
        warnings.set('pid-file', null);
        onPidFile(file);
      },
      abandon: async () => file.release(),
    };
  }
}
