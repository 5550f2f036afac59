/** The part of the checked configuration that says who is paged, and the shape in which the admin API and facts tell it. Pure. */
import type { ContactsState } from '../admin/contract/contact-shapes.ts';

/** Null = the file does not say. */
export interface ContactsConfig {
  readonly primary: string | null;
  readonly secondary: string | null;
  /** Who is told of an outage that lasts; in the order of the file. */
  readonly management: readonly { readonly contact: string; readonly afterMs: number }[];
  readonly infrastructure: string | null;
  readonly security: string | null;
  readonly channel: string | null;
  readonly docsUrl: string | null;
}

/** As the daemon tells it, and as a diagnosis reads it from the file when there is none. */
export function contactsState({ management, docsUrl, ...named }: ContactsConfig): ContactsState {
  const { primary, secondary, infrastructure, security, channel } = named;
  return {
    primary,
    secondary,
    management: management.map(({ contact, afterMs }) => ({ contact, after_ms: afterMs })),
    infrastructure,
    security,
    channel,
    docs_url: docsUrl,
  };
}
