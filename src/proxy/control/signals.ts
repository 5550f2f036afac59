/** What each signal does, and what happens to an error that nobody caught. The daemon hands in the deeds, this file only listens. */

/** The part of `process` that a daemon takes over; tests hand in their own. */
export interface ProcessHandle {
  /** As `ps`, `ss` and `pidof` show it. */
  title: string;
  readonly pid: number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  /** The channel to the process that started this one, where there is one. */
  readonly connected?: boolean;
  readonly channel?: { unref(): void } | null | undefined;
  send?(message: unknown, done: () => void): unknown;
}

export interface ProcessDeeds {
  /** HUP: configuration and logs. */
  reload(actor: string): void;
  /** TERM, QUIT, INT: the first drains, a second one ends at once. */
  stop(actor: string): void;
  /** USR1: debug logging for a while, one garbage collection. */
  debugOn(actor: string): void;
  /** USR2: debug logging off. */
  debugOff(actor: string): void;
  /** A defect of ours. */
  fault(error: unknown): void;
}

/** Listens until the returned function is called. */
export function listenToProcess(handle: ProcessHandle, deeds: ProcessDeeds): () => void {
  const table: readonly (readonly [string, (...args: unknown[]) => void])[] = [
    ['SIGHUP', () => deeds.reload('signal HUP')],
    ['SIGTERM', () => deeds.stop('signal TERM')],
    ['SIGQUIT', () => deeds.stop('signal QUIT')],
    ['SIGINT', () => deeds.stop('signal INT')],
    // A listener also keeps Node from opening its inspector, if the launcher's flag should be missing.
    ['SIGUSR1', () => deeds.debugOn('signal USR1')],
    ['SIGUSR2', () => deeds.debugOff('signal USR2')],
    // A reader of stdout that went away is an error of a write, not the end of the process.
    ['SIGPIPE', () => {}],
    ['uncaughtException', (error: unknown) => deeds.fault(error)],
    ['unhandledRejection', (error: unknown) => deeds.fault(error)],
  ];
  for (const [event, listener] of table) handle.on(event, listener);
  return () => {
    for (const [event, listener] of table) handle.off(event, listener);
  };
}
