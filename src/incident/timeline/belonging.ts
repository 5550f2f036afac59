/**
 * Whether a logged command has to do with an incident: the log is of a whole machine, on which other daemons run, and other incidents
 * are open. In doubt it has. Pure; called by `build.ts`.
 */
import type { LoggedCommand } from './logged-command.ts';
import type { TimelineSubject } from './sources.ts';

/** Mistyped, or not confirmed: nothing was done. */
const NOTHING_DONE = 2;
/** It could not be determined. */
const NOT_KNOWN = 3;

/** Of a command that the journal of the incident, or a run, does not speak for. */
export function belongs(command: LoggedCommand, subject: TimelineSubject): boolean {
  if (command.exit === NOTHING_DONE) return false;
  // One that went well has its entry: if not here, in the journal of another incident. One that only looked has found nothing out.
  if (/^(?:incident|snapshot-incident)\b/.test(command.command))
    return !justLooked(command) && (command.incident === null || command.incident === subject.id);
  return wasMeant(command, subject);
}

function justLooked({ command, exit }: LoggedCommand): boolean {
  return exit === 0 || (exit === NOT_KNOWN && !command.includes('snapshot'));
}

function wasMeant(command: LoggedCommand, { daemons = [], config: own = null }: TimelineSubject): boolean {
  const { daemon, addresses, config = null } = command;
  const named = addresses ?? (addresses === undefined && daemon !== null ? daemon.split(',') : null);
  if (named !== null && daemons.length > 0) {
    const known = new Set(daemons.map(sameName));
    return named.some((address) => known.has(sameName(address)));
  }
  return config === null || own === null || config === own;
}

/** `unix:/run/x.sock` is `/run/x.sock`, `:9090` and `localhost:9090` are this machine. */
function sameName(address: string): string {
  return address
    .trim()
    .replace(/^unix:/, '')
    .replace(/^(?:localhost|\[::1\]|0\.0\.0\.0|\[::\])?:(?=\d+$)/, '127.0.0.1:');
}
