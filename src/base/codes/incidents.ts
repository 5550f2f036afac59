/** Codes of range I up to 39: the record of an incident, its timeline, its post-mortem and its messages. */
import type { CodeFacts } from '../code-facts.ts';

export const incidentCodes = {
  'SNT-I001': {
    title: 'incident id refused',
    meaning:
      'An id was given that cannot be the name of a folder: it holds a path character, begins with a dot, or is too long.',
    remedy:
      'Letters, digits, dots, hyphens and underscores, 64 at most: `INC-001`. Without one the next free id of the day is taken.',
  },
  'SNT-I002': {
    title: 'no such incident',
    meaning: 'The folder of incidents has none of that name: a folder with a journal in it.',
    remedy:
      '`sentinel incident list --all` names those that there are; SENTINEL_INCIDENTS and `incidents { dir }` say where they are looked for.',
  },
  'SNT-I003': {
    title: 'incident cannot be read',
    meaning: 'The folder of incidents, or the journal of one, is there and cannot be read by this user.',
    remedy: 'Run the command as the user who has the incident, with sudo perhaps.',
  },
  'SNT-I004': {
    title: 'incident cannot be written down',
    meaning:
      'The disk is full, the file system is read-only, or the folder belongs to another user. Nothing half-written was left.',
    remedy:
      'Make room, run the command as the user who has the folder, or name another folder with SENTINEL_INCIDENTS.',
  },
  'SNT-I005': {
    title: 'incident exists',
    meaning: 'An incident was to be opened under an id that another has, or something that is no folder has that name.',
    remedy:
      'Go on with the one that there is (`sentinel incident show ID`), or leave the id away for the next free one.',
  },
  'SNT-I006': {
    title: 'incident is being written by somebody else',
    meaning:
      'Another process writes to the same incident for longer than five seconds, or the file system knows no locks.',
    remedy: 'Try again; where it stays, name a folder on a local disk with SENTINEL_INCIDENTS.',
  },
  'SNT-I007': {
    title: 'too long for a journal',
    meaning: 'An entry of more than 256 KiB was to be written into the journal of an incident.',
    remedy: 'Put the text into a file in the folder of the incident, and name the file in a note.',
  },
  'SNT-I008': {
    title: 'which incident is not clear',
    meaning: 'No incident was named, and none or several are not closed.',
    remedy: 'Name one; `sentinel incident list` has those that are not closed.',
  },
  'SNT-I009': {
    title: 'incident is not in that state',
    meaning:
      'What was asked for does not fit how the incident stands: one that is not resolved was to be closed, a closed one acknowledged, an open one reopened.',
    remedy: '`sentinel incident show` says how it stands and what comes next.',
  },
  'SNT-I010': {
    title: 'incident is not what was written',
    meaning:
      'The journal of an incident, its head or a file that it names was changed: a line has another text, is missing, stands elsewhere, or was never sealed.',
    remedy:
      'The message names file and line. A copy of the journal is in every snapshot of the incident; a line that was not sealed because a process ended is sealed by the next entry.',
  },
  'SNT-I020': {
    title: 'folder of incidents cannot be used',
    meaning:
      'The folder that incidents are to be written down in cannot be made, belongs to another user, or others may write there.',
    remedy:
      'Name one of your own: `SENTINEL_INCIDENTS=/path`, or `incidents { dir "/path" }` in the configuration; `sentinel env` shows which is in force.',
  },
  'SNT-I030': {
    title: 'post-mortem cannot be read',
    meaning: 'The file of the post-mortem is there and cannot be read, or is no file. Nothing was written.',
    remedy: 'Run the command as the user who has it, or name another file with `--output`.',
  },
  'SNT-I031': {
    title: 'post-mortem changed meanwhile',
    meaning:
      'Somebody saved the file of the post-mortem between the moment it was read and the moment it was to be written. It is as they left it.',
    remedy: 'Save and close it in your editor, then type the command again.',
  },
  'SNT-I032': {
    title: 'post-mortem cannot be written',
    meaning:
      'The disk is full, the folder belongs to another user, or a file stands in the place where new parts are to be offered. What was there is as it was.',
    remedy: '`sentinel incident postmortem --print` shows it without writing; `--output` names another file.',
  },
  'SNT-I033': {
    title: 'part of a post-mortem without its markers',
    meaning:
      'A part that `sentinel` writes has lost one of its markers, or has them twice. What stands there was left as it is; the new text is in `postmortem.new.md`.',
    remedy:
      'Put the part from `postmortem.new.md` in its place, markers and all, or leave it: only parts with their markers are written anew.',
  },
} as const satisfies Readonly<Record<string, CodeFacts>>;
