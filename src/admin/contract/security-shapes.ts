/** Shapes of the admin API for block lists. Names and units as in `shapes.ts`. Types only. */

/** A network that was blocked at run time. */
export interface BlockState {
  /** Network or single address, in normal form: `203.0.113.0/24`, `2001:db8::7`. */
  readonly address: string;
  readonly reason: string | null;
  readonly actor: string;
  readonly added_at: string;
  /** `null` = until it is taken back. */
  readonly expires_at: string | null;
  readonly expires_in_ms: number | null;
  /** Allow entries that share addresses with it: those stay served. */
  readonly allowed: readonly string[];
}

export interface BlocksReply {
  /** Run-time entries, in the order in which they were added. */
  readonly blocks: readonly BlockState[];
  /** `security { block … }` and `security { allow … }` of the file. */
  readonly configured: readonly string[];
  readonly allow: readonly string[];
  /** `security { block-file … }`; `null` where there is none. */
  readonly file: { readonly path: string; readonly networks: number; readonly problems: readonly string[] } | null;
}

export interface BlockRequest {
  readonly address: string;
  /** Left out = until it is taken back. */
  readonly expires_in_ms?: number;
  /** The address once more, where it would cut off very many or this machine. */
  readonly confirm?: string;
}

export interface BlockReply {
  readonly block: BlockState;
  /** There was one of this address, with other reason or expiry. */
  readonly replaced: boolean;
  /** All workers have it. */
  readonly in_force: boolean;
  /** It survives a restart. */
  readonly kept: boolean;
}

export interface BlockQuery {
  readonly address: string;
}

export interface UnblockReply {
  readonly address: string;
  readonly in_force: boolean;
  readonly kept: boolean;
  /** What else still blocks addresses of it: other run-time entries, `block` entries. */
  readonly still_blocked_by: readonly string[];
}
