/** Codes of range I from 40 on: snapshots, their redaction and what is read from them. */
import type { CodeFacts } from '../code-facts.ts';

export const snapshotCodes = {
  'SNT-I040': {
    title: 'snapshot would have leaked a secret',
    meaning:
      'The archive was searched once more after it was written, and something in it is a known secret or looks like one. It was removed: nothing was left on disk.',
    remedy:
      'The message names file and rule, never the secret. Take it again with `--redact paranoid`, and report the rule.',
  },
  'SNT-I045': {
    title: 'no room for the snapshot',
    meaning:
      'The file system has less free than the snapshot needs, with its logs cut already. Nothing was left there: no half archive takes the last room.',
    remedy:
      'The message says how much it needs and how much is free. Name a file on another file system with `--output`, or take less with `--fast`.',
  },
  'SNT-I046': {
    title: 'snapshot cannot be written',
    meaning:
      'The folder is missing or may not be written to, the disk fails, or something with that name is there already. Nothing was left there.',
    remedy: 'Name a file in a folder that you may write to with `--output`. What is there already is never replaced.',
  },
  'SNT-I047': {
    title: 'bundle cannot be read',
    meaning: 'The file that was named as a bundle is not there, or may not be read.',
    remedy:
      'Bundles are for their owner alone (0600). `sentinel incident list` has the incidents, whose folders hold their bundles.',
  },
  'SNT-I048': {
    title: 'no whole bundle',
    meaning:
      'The file is no archive of a snapshot, or one that was cut off, changed, or made to harm: its container, its checksums, its paths or its sizes are not those of a bundle. Nothing of it was unpacked.',
    remedy:
      'The message says what was expected. Copy it once more from where it was made; the journal of the incident has its SHA-256.',
  },
  'SNT-I049': {
    title: 'bundle is not what it says',
    meaning:
      'Its manifest, its files, or the journal of its incident contradict each other: something was changed after the snapshot was taken, or is missing.',
    remedy:
      '`sentinel incident snapshot verify FILE` names each contradiction. Trust the copy whose SHA-256 stands in the journal of the incident.',
  },
  'SNT-I050': {
    title: 'no such file in the bundle',
    meaning:
      'A path was named that the bundle does not hold, or whose source gave nothing when the snapshot was taken.',
    remedy: '`sentinel incident snapshot show FILE` lists what it holds, and why something is missing.',
  },
  'SNT-I051': {
    title: 'secret in a bundle',
    meaning: 'Something in the bundle looks like a secret, or is one that this process knows.',
    remedy:
      'Do not pass it on. Take the snapshot again, with `--redact paranoid` if need be, remove this one, and report the rule.',
  },
  'SNT-I052': {
    title: 'snapshot lacks what it must have',
    meaning:
      'The archive is whole, but it has no configuration (neither the one in force nor the one on disk), or nothing that says what the daemon did. Its manifest says why.',
    remedy:
      'Keep it: the rest cannot be had again. Name the configuration with `-c` and the daemon with `--daemon`, and take another one; root may read what others may not.',
  },
  'SNT-I053': {
    title: 'snapshot is in no journal',
    meaning:
      'The archive was written, and the journal of the incident could not be: nothing in the incident names it, and nothing there proves its SHA-256.',
    remedy: 'Note it as soon as the journal can be written: `sentinel incident note "snapshot PATH, sha256 …"`.',
  },
} as const satisfies Readonly<Record<string, CodeFacts>>;
