/** New places of the daemon that are open beside the old ones, until one or the other is closed. Shape only. */
export interface Move {
  /** Closes the old ones. */
  commit(): void;
  /** Closes the new ones. */
  abandon(): Promise<void>;
}
