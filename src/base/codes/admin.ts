/** Codes of range A: the admin API and who may use it. */
import type { CodeFacts } from '../code-facts.ts';

export const adminCodes = {
  'SNT-A001': {
    title: 'daemon not reachable',
    meaning: 'No running daemon answered on the admin socket or address that was tried.',
    remedy: 'Start one with `sentinel run`, or name another with `--daemon`.',
  },
  'SNT-A002': {
    title: 'not allowed from here',
    meaning:
      'The admin API answers loopback clients (Host a loopback name, no foreign Origin, not through a proxy) and, from anywhere, clients with a token. Changes need the admin socket or a token.',
    remedy:
      'Use `sentinel` on the machine itself, or send `Authorization: Bearer` with a token of `observability { admin { token … } }`.',
  },
  'SNT-A003': {
    title: 'token not known',
    meaning: 'The bearer token is not one of those in the configuration.',
    remedy: 'Check the token; the configuration holds the SHA-256 of each.',
  },
  'SNT-A004': {
    title: 'role not sufficient',
    meaning: 'The token is known, but its role may not do this.',
    remedy: 'Use a token with the role that the message names.',
  },
  'SNT-A005': {
    title: 'no such endpoint',
    meaning: 'The admin API has nothing at this path.',
    remedy: 'Check the path, and that the client is not newer than the daemon (`sentinel status` shows both versions).',
  },
  'SNT-A006': {
    title: 'method not allowed',
    meaning: 'The path exists, but not with this method. Changes are POST, PUT or DELETE only.',
    remedy: 'Use a method of the `Allow` field of the answer.',
  },
  'SNT-A007': {
    title: 'state has changed',
    meaning:
      'The request was meant for an earlier state of the daemon (`If-Match`); something changed since. Nothing was done.',
    remedy: 'Look at the state again and repeat the request if it is still right.',
  },
  'SNT-A008': {
    title: 'request body not usable',
    meaning: 'The body is not JSON, lacks something, or is too large.',
    remedy: 'The message says what was expected and what was found.',
  },
  'SNT-A009': {
    title: 'user of the admin socket not proven',
    meaning:
      'A change through the admin socket is recorded under the user who asked. The client proves the user by a file in the folder `auth` beside the socket, and the proof was missing, late or not its own.',
    remedy:
      'Use the `sentinel` command; it does this by itself. Check that the folder `auth` beside the socket exists and that the client may write there.',
  },
  'SNT-A010': {
    title: 'daemon did not answer as expected',
    meaning:
      'Something answered on the admin socket or address, but not as a sentinel daemon, or it stopped in the middle.',
    remedy: 'Check that `--daemon` names a sentinel daemon and see its log.',
  },
  'SNT-A011': {
    title: 'daemon is starting',
    meaning: 'The daemon has no configuration in force yet; its workers are getting ready.',
    remedy: 'Repeat the request in a second. If it stays so, see the log of the daemon.',
  },
  'SNT-A012': {
    title: 'needs confirmation',
    meaning:
      'What was asked for would cut off very many clients, or this machine itself, so it is done only when its name is given a second time. Nothing was done.',
    remedy: 'Repeat the command with the `--confirm=` that the message shows, if that is what you mean.',
  },
  'SNT-A013': {
    title: 'no such override',
    meaning: 'Nothing of this name was set at run time, so there is nothing to take back.',
    remedy: 'List what is set (`sentinel block list`); what the file says is changed in the file.',
  },
  'SNT-A014': {
    title: 'no such upstream or breaker',
    meaning: 'The configuration in force has no upstream or breaker of that name.',
    remedy:
      'See the names with `sentinel upstreams` and `sentinel breakers`; a breaker is named `UPSTREAM/TARGET` or `route/ROUTE`.',
  },
  'SNT-A015': {
    title: 'too many streams',
    meaning: 'The daemon keeps a bounded number of live streams, and all are taken. Nothing else is affected.',
    remedy: 'End a command that follows (`sentinel events -f`, `sentinel logs -f`, `sentinel tap`), then try again.',
  },
  'SNT-A016': {
    title: 'not there yet',
    meaning: 'The admin API has this endpoint by name, but this version cannot do what it stands for.',
    remedy: 'The message says what does the same today.',
  },
  'SNT-A017': {
    title: 'no such route',
    meaning: 'The configuration in force has no route of that name, or it is disabled.',
    remedy: 'See the names with `sentinel routes`.',
  },
  'SNT-A018': {
    title: 'no such request under way',
    meaning:
      'No request under way has this id, or more than one has this correlation id. Nothing was ended. Requests end by themselves between a list and the next command.',
    remedy: 'List them again (`sentinel inflight`); what became of one that has ended says `sentinel trace ID`.',
  },
  'SNT-A019': {
    title: 'workers did not answer',
    meaning:
      'What was asked for is known to the workers alone, and one of them did not answer within a second: it is stuck, overloaded or just being replaced. So the answer is not known.',
    remedy:
      'See the workers with `sentinel status`, then ask again: a worker that stays silent is replaced after five seconds.',
  },
  'SNT-A020': {
    title: 'a change is pending already',
    meaning: 'One configuration at a time can be on trial. The message names the one that is. Nothing was applied.',
    remedy:
      'Confirm it (`sentinel config confirm ID`) or roll it back (`sentinel config rollback ID`) first; `--stack` puts the new one in its place, and a rollback goes back to what was confirmed last.',
  },
  'SNT-A021': {
    title: 'no such pending change',
    meaning:
      'No configuration of this id is on trial: none is, or another one, or it has ended already. Nothing was done.',
    remedy: 'The message says which id is pending, or how that one ended; `sentinel status` shows it too.',
  },
  'SNT-A022': {
    title: 'window out of range',
    meaning:
      'A configuration is on trial for 90 seconds at least, since less leaves no time to see what it does and to confirm it, and for 24 hours at most.',
    remedy: 'Give a time between 90s and 24h.',
  },
  'SNT-A023': {
    title: 'no file to apply to',
    meaning:
      'The daemon runs without a configuration file (the built-in configuration, or `--to`), so there is nothing that a change could be kept in. Nothing was applied.',
    remedy: 'Start the daemon with a file: `sentinel run -c FILE`.',
  },
  'SNT-A024': {
    title: 'configuration file could not be written later',
    meaning:
      'A confirmed configuration is written into its file, and the daemon may not write there: it would be lost with the next start. Nothing was applied.',
    remedy:
      'The message names the folder or file. Give the user of the daemon the right to write there, then repeat the command.',
  },
  'SNT-A025': {
    title: 'no such generation',
    meaning: 'The history of configurations has no generation of this number, or cannot be read.',
    remedy: 'See which there are with `sentinel config history`.',
  },
  'SNT-A032': {
    title: 'overrides not kept',
    meaning:
      'What is set at run time could not be read from, or written to, the state folder. What was set now is in force; after a restart it would not be.',
    remedy:
      'The message names the file and the reason. What was put aside as unusable can be read there; set again what is still wanted.',
  },
  'SNT-A033': {
    title: 'overrides are over and still in force',
    meaning:
      'The time of an override is over, or it was taken back, but the workers could not be given what holds without it. The daemon goes on trying.',
    remedy: 'The message says what the workers lack; `sentinel status` shows them, `sentinel reload` tries at once.',
  },
  'SNT-A034': {
    title: 'nothing to override',
    meaning:
      'What was to be overridden is not in the configuration: there is no such route, upstream, target or check. Nothing was set.',
    remedy: 'See the names with `sentinel routes` and `sentinel upstreams`.',
  },
  'SNT-A035': {
    title: 'the file says the same',
    meaning: 'The override would change nothing: the configuration has this value already. Nothing was set.',
    remedy:
      'Where another override is in force there, take it back: `sentinel override list`, `sentinel override clear`.',
  },
  'SNT-A036': {
    title: 'too few targets would be left',
    meaning:
      'Without this target the upstream would have fewer targets that take requests than `min-healthy` wants, or none at all. Nothing was done.',
    remedy: 'Bring another target up or in first; or repeat the command with the `--confirm=` that the message shows.',
  },
  'SNT-A037': {
    title: 'target there already, or not there',
    meaning: 'The upstream has this target already, or does not have the target that is meant. Nothing was done.',
    remedy: 'See its targets with `sentinel upstreams NAME`.',
  },
  'SNT-A038': {
    title: 'too many overrides',
    meaning: 'As many values lie over the file as may. What was in force stays; nothing was set.',
    remedy:
      'What is to last belongs into the file. See what is set with `sentinel override list`, and clear what is not needed.',
  },
  'SNT-A040': {
    title: 'token file not readable',
    meaning: 'The file that SENTINEL_TOKEN_FILE names could not be read, so nothing was asked of the daemon.',
    remedy: 'Check the path and who may read it, or set SENTINEL_TOKEN instead; `sentinel env` shows what is set.',
  },
  'SNT-A041': {
    title: 'token file open to others',
    meaning:
      'Others than its owner may read the file that SENTINEL_TOKEN_FILE names: whoever reads it may do what the token may. It was not used.',
    remedy: 'Take their rights away with `chmod 600`; where others may have read it, make a new token.',
  },
  'SNT-A042': {
    title: 'no token where one was named',
    meaning:
      'SENTINEL_TOKEN, or the file that SENTINEL_TOKEN_FILE names, holds nothing that can be a token: one word of printable ASCII on one line. What it holds is not shown.',
    remedy: 'Put the token there that `observability { admin { token … } }` of the daemon has the SHA-256 of.',
  },
} as const satisfies Record<string, CodeFacts>;
