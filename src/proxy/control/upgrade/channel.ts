/** What the old and the new process say to each other during an upgrade, over the channel that Node gives a child. Types only. */
import type { UpgradeProblem } from '../../../admin/contract/upgrade-shapes.ts';

/** The new one to the old one. */
export type FromHeir =
  /** Its workers serve, beside the old one's: it waits to be put in charge. */
  | { readonly kind: 'carrying' }
  /** Admin socket and pid file are its own. */
  | { readonly kind: 'ready' }
  /** It cannot start and ends now. */
  | ({ readonly kind: 'refused' } & UpgradeProblem);

/** The old one to the new one. */
export type ToHeir =
  /** The old one writes nothing any more that outlives a process: take over. */
  | { readonly kind: 'yours' }
  /** The old one finishes what it has. `in_flight` = requests; null = not known. */
  | { readonly kind: 'draining'; readonly in_flight: number | null }
  /** Its last word. */
  | { readonly kind: 'ended'; readonly cut: number };
