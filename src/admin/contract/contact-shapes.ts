/** Shape of the block `contacts` of a configuration: who is paged for what. Types only. */

/** Null = the configuration does not say. */
export interface ContactsState {
  readonly primary: string | null;
  readonly secondary: string | null;
  /** Who is told of an outage that has lasted `after_ms`. */
  readonly management: readonly { readonly contact: string; readonly after_ms: number }[];
  readonly infrastructure: string | null;
  readonly security: string | null;
  readonly channel: string | null;
  readonly docs_url: string | null;
}
