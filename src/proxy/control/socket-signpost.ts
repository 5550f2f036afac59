/**
 * A link at the usual place of the admin socket to where the configuration has put it, so that commands find the daemon without
 * being told. Put up only where nothing else is, taken down by whoever put it up; one that leads nowhere is in nobody's way.
 */
import { lstatSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';

export class SocketSignpost {
  readonly #usual: string;
  #leadsTo: string | null = null;

  /** @param usual where commands look first */
  constructor(usual: string) {
    this.#usual = usual;
  }

  /** The socket is at `path` from now on. A place that cannot be written has no signpost. */
  pointTo(path: string): void {
    this.takeDown();
    if (path === this.#usual) return;
    try {
      if (leadsNowhere(this.#usual)) rmSync(this.#usual);
      symlinkSync(path, this.#usual);
      this.#leadsTo = path;
    } catch {
      // Somebody else is there, or nobody may write there: commands need --daemon, as the documentation says.
    }
  }

  takeDown(): void {
    if (this.#leadsTo === null) return;
    try {
      if (readlinkSync(this.#usual) === this.#leadsTo) rmSync(this.#usual);
    } catch {
      // It is gone, or something else is in its place.
    }
    this.#leadsTo = null;
  }
}

function leadsNowhere(path: string): boolean {
  const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return link && statSync(path, { throwIfNoEntry: false }) === undefined;
}
