/** Codes of range P: the process and the machine that it runs on. */
import type { CodeFacts } from '../code-facts.ts';

export const processCodes = {
  'SNT-P001': {
    title: 'no folder for run-time files',
    meaning:
      'Neither `/run/sentinel` nor `$XDG_RUNTIME_DIR/sentinel` nor `/tmp/sentinel-$UID` can be made or written by this user.',
    remedy: 'Create one of them, or name the admin socket with `SENTINEL_ADMIN_SOCKET`.',
  },
  'SNT-P002': {
    title: 'already running',
    meaning:
      'The pid file names a live daemon, or a live daemon answers on the admin socket. A second one would share its ports.',
    remedy:
      'Use the running one (`sentinel status`, `sentinel reload`), or stop it with `kill -TERM PID`; a second daemon needs its own `pid-file`, admin socket and addresses.',
  },
  'SNT-P003': {
    title: 'address in use',
    meaning:
      'Another process listens on an address of the configuration. The message names it where this user may see it.',
    remedy: 'Stop that process, or change the address of the listener.',
  },
  'SNT-P004': {
    title: 'address cannot be bound',
    meaning:
      'The address does not belong to this machine, is not an address, or its port is reserved for privileged users.',
    remedy:
      'Use an address of this machine (`ip addr`); for a port below 1024 give the process `CAP_NET_BIND_SERVICE` or choose a higher one.',
  },
  'SNT-P005': {
    title: 'pid file cannot be written',
    meaning: 'Neither the configured pid file nor one among the run-time files could be written.',
    remedy: 'Name a writable path with `server { pid-file … }`.',
  },
  'SNT-P006': {
    title: 'log file cannot be opened',
    meaning: 'A log file of the configuration cannot be opened for appending. Its folder is never created.',
    remedy: 'Create the folder and give this user the right to write there.',
  },
  'SNT-P007': {
    title: 'workers did not start',
    meaning:
      'A worker thread could not get the configuration ready, so the proxy carries no traffic and does not start half.',
    remedy: 'The message says what failed; correct it and start again.',
  },
  'SNT-P008': {
    title: 'workers keep dying',
    meaning:
      'Worker threads died again and again and none stayed up, so the process ended for its service manager to judge.',
    remedy:
      'The log lines before it carry the error of each death. If a reload came first, go back to the configuration before it.',
  },
  'SNT-P009': {
    title: 'setting not usable',
    meaning: 'A flag or environment variable has a value that is no address, number or level.',
    remedy: 'Run `sentinel env` to see each setting, its value and where it comes from.',
  },
  'SNT-P010': {
    title: 'reload needs a restart',
    meaning: 'The new configuration changes something that is fixed while the process runs. Nothing was applied.',
    remedy:
      'Take that change out and reload again, or put a new process in the place of this one: `sentinel upgrade`, or a restart where the folder of its state moves.',
  },
  'SNT-P011': {
    title: 'reload could not be applied',
    meaning:
      'The new configuration is valid, but something that it asks for could not be had: an address, a log file, a worker. Nothing was applied.',
    remedy: 'The message says what failed; correct it and reload again.',
  },
  'SNT-P012': {
    title: 'admin socket not usable',
    meaning: 'The unix socket of the admin API could not be made at its path.',
    remedy:
      'Name another path with `observability { admin { socket … } }` or `SENTINEL_ADMIN_SOCKET`; a path may have 107 bytes.',
  },
  'SNT-P013': {
    title: 'new configuration not valid',
    meaning:
      'A reload read the configuration and found mistakes, or could not read it. The configuration in force is unchanged.',
    remedy: 'Run `sentinel validate` to see each mistake in its place; correct them and reload again.',
  },
  'SNT-P014': {
    title: 'no folder for state',
    meaning:
      'What outlives the process (keys, run-time block lists) has no place: neither `state-dir` nor, without it, `/var/lib/sentinel`, `$XDG_STATE_HOME/sentinel` or `~/.local/state/sentinel` is a folder of this user that nobody else may write to.',
    remedy: 'Name such a folder with `state-dir`, or give the daemon a `StateDirectory=` in its service unit.',
  },
  'SNT-P015': {
    title: 'key file not usable',
    meaning:
      'The file `secret.key` in the state folder cannot be made or read, can be read by others, or holds no key. Challenges are decided by `failure-mode` meanwhile, and sticky balancing keeps no client.',
    remedy:
      'Correct owner and mode (0600), or remove the file: a new key is made, and clients solve their challenge once more. Then reload.',
  },
  'SNT-P016': {
    title: 'block file not usable',
    meaning:
      'The file of `security { block-file … }` is missing, cannot be read, is too large, or has a line that is no network. The list that was read before stays in force.',
    remedy: 'The message names file and line. The file is read again by itself when it changes.',
  },
  'SNT-P017': {
    title: 'run-time block list not kept',
    meaning:
      'Networks that were blocked at run time could not be read from, or written to, the state folder. They are in force, but do not survive a restart.',
    remedy: 'See the message for the file and the reason; check `state-dir`.',
  },
  'SNT-P018': {
    title: 'generation not in the history',
    meaning:
      'A generation of the configuration was asked for that the history does not hold, or whose file there cannot be read.',
    remedy: 'Look at what is kept: `sentinel config history`. How many are kept says `history { keep … }`.',
  },
  'SNT-P019': {
    title: 'history not written',
    meaning:
      'The state folder cannot be written. What runs is not affected, but a generation is not kept, or a mark of a pending one cannot be set.',
    remedy: 'See the message for folder and reason (full disk, read-only, owner); it is tried again by itself.',
  },
  'SNT-P020': {
    title: 'configuration files not replaced',
    meaning:
      'The files on disk were to be replaced by those of a generation, and that failed. The message says whether they are as they were, or whether the next start finishes it.',
    remedy: 'Correct what the message names (space, permissions, owner of the folder), then repeat the command.',
  },
  'SNT-P021': {
    title: 'start with another configuration than the files had',
    meaning:
      'The process before ended while a change was under way: files were being replaced, or a configuration on trial was not confirmed. The start has taken one generation whole, and says which.',
    remedy: 'Look at `sentinel config history`; to have the other one, apply it again: `sentinel config rollback N`.',
  },
  'SNT-P022': {
    title: 'configuration on disk is not what runs',
    meaning:
      'The files on disk differ from the configuration in force, or would not load at the next start. A restart would run something else, or nothing.',
    remedy:
      'Look at the difference with `sentinel config diff`, then `sentinel reload`, or put the files back with `sentinel config rollback`.',
  },
  'SNT-P023': {
    title: 'a change waits for its confirmation',
    meaning:
      'A configuration was applied on trial and is neither confirmed nor rolled back. Until it is, no other configuration is put in force: a reload would confirm, or undo, what somebody else is watching. Nothing was applied.',
    remedy:
      'Decide about the pending one: `sentinel config confirm ID` or `sentinel config rollback ID`. `sentinel status` shows its id and how long it has.',
  },
  'SNT-P024': {
    title: 'rollback failed',
    meaning:
      'A configuration on trial was to be rolled back and the one before it could not be put in force. What was on trial runs on, without anybody having confirmed it.',
    remedy:
      'The message says what failed. Correct it and run `sentinel config rollback ID`, or keep what runs with `sentinel config confirm ID`.',
  },
  'SNT-P025': {
    title: 'configuration file not written',
    meaning:
      'A configuration is in force, but its file on disk could not be replaced: at the next start another one would be read.',
    remedy: 'The message names the file and the reason. Correct it, then repeat the command.',
  },
  'SNT-P031': {
    title: 'upgrade failed',
    meaning:
      'The new process did not become ready: its configuration was refused, it could not start, it ended, or it took too long. The old process goes on as if nothing had been.',
    remedy: 'The message, and what the new process said, name the cause. Correct it and run `sentinel upgrade` again.',
  },
  'SNT-P032': {
    title: 'no program to hand over to',
    meaning:
      'What was to take over is not the launcher of a sentinel, or is a file that somebody else than root and the user of the daemon could change.',
    remedy: 'Name the launcher of an installed sentinel with `--binary`, or leave it out to take the one on disk.',
  },
  'SNT-P033': {
    title: 'upgrade under way',
    meaning:
      'The daemon is handing over to a new process. Until that is decided nothing else is changed, as the change would be lost with the old process. Nothing was done.',
    remedy: 'Wait a few seconds (`sentinel upgrade --follow` shows how far it is), then repeat the command.',
  },
  'SNT-P034': {
    title: 'process cannot hand over',
    meaning:
      'This process cannot be followed by another: it is stopping, it is the first process of a container, it was not started by a command, or a configuration waits for its confirmation.',
    remedy:
      'The message says which. Where the process cannot hand over at all, restart it: docs/upgrading.md says what that costs.',
  },
  'SNT-P035': {
    title: 'old process did not let go',
    meaning:
      'A new process was ready to take over, but the old one did not answer. The new one ended, so that there are never two.',
    remedy: 'See the log of the old process, then run `sentinel upgrade` again.',
  },
  'SNT-P026': {
    title: 'worker not replaced',
    meaning:
      'A new worker thread was to take the place of one that serves, and could not. The old one serves on; those that were replaced before it stay replaced.',
    remedy:
      'The message says why. Look at `sentinel logs --level error` and `sentinel status`, then run `sentinel restart --workers` again.',
  },
  'SNT-P027': {
    title: 'workers are being restarted already',
    meaning: 'Workers are restarted one by one, and only one such restart can be under way.',
    remedy: 'Watch the one that is under way: `sentinel restart --workers` shows its progress.',
  },
  'SNT-P028': {
    title: 'not moved',
    meaning:
      'A reload was to move the pid file, the admin socket or the metrics address, and the new place could not be had. The old one stays, and nothing of the configuration was applied.',
    remedy: 'The message says why the new place cannot be had. Correct it, then `sentinel reload`.',
  },
  'SNT-P070': {
    title: 'internal error',
    meaning:
      'Something happened that the program did not expect. This is a defect of sentinel, not of your configuration.',
    remedy: 'Run the command again with `--debug` and report the output.',
  },
} as const satisfies Record<string, CodeFacts>;
