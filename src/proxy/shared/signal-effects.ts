/** What signals do to the daemon, as the manual tells it. Data only; who carries them out is `src/proxy/control/`. */

export interface SignalEffect {
  readonly signal: string;
  readonly effect: string;
  /** What does the same; null = nothing else does. */
  readonly command: string | null;
}

export const signalEffects: readonly SignalEffect[] = [
  {
    signal: 'HUP',
    effect: 'reads the configuration again and applies it; certificates and block files too; opens logs anew',
    command: 'sentinel reload',
  },
  {
    signal: 'TERM, QUIT',
    effect:
      'stops: `/ready` fails, listeners close, what is in flight finishes until the deadline; a second one ends at once',
    command: null,
  },
  { signal: 'INT', effect: 'the same from a terminal', command: null },
  {
    signal: 'USR1',
    effect: 'debug logging for 15 minutes, and one garbage collection in every thread',
    command: 'sentinel log-level debug --for 15m',
  },
  { signal: 'USR2', effect: 'debug logging off', command: 'sentinel log-level reset' },
  { signal: 'PIPE', effect: 'nothing: a reader of standard output that goes away costs log lines', command: null },
  {
    signal: 'KILL',
    effect: 'cuts requests in flight and loses nothing else; the next start needs no help',
    command: null,
  },
];

export const signalNotes: readonly string[] = [
  'The pid in the pid file, and what `pidof sentinel` names, is that of the daemon. A launcher that stands in front of it passes signals on, each once.',
  'A storm of HUP becomes few reloads; the last one reads the file as it is then. While the daemon stops, HUP opens logs anew and changes nothing else.',
  'A TERM that comes during the start is carried out when the start is over, and a second one ends the start at once.',
  'Each signal is a line of the log with its actor (`signal USR1`); `sentinel events` lists what came of it.',
];
