/** An event as something that filters ask of: the same for the daemon's log of events and for the screen. */
import type { FieldName } from './fields.ts';
import type { FieldValue, FilterSubject } from './match.ts';

export interface EventFacts {
  readonly kind: string;
  readonly severity: string;
  readonly count: number;
  readonly subject: string | null;
  readonly actor: string | null;
  readonly reason: string | null;
  readonly words: string;
  readonly detail: string | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @param ageMs how long ago it happened last */
export function eventSubject(event: EventFacts, ageMs: number): FilterSubject {
  const { kind, subject, words, detail } = event;
  const name = [kind, subject, words, detail].filter((part) => part !== null).join(' ');
  return { name, value: (field) => eventValue(event, field, ageMs) };
}

function eventValue(event: EventFacts, field: FieldName, ageMs: number): FieldValue {
  switch (field) {
    case 'kind':
    case 'severity':
    case 'count':
      return event[field];
    case 'subject':
    case 'actor':
    case 'reason':
      return event[field] ?? undefined;
    case 'age':
      return ageMs;
    case 'state':
      return textField(event, 'to');
    case 'client':
      return textField(event, 'client_ip');
    default:
      return textField(event, field);
  }
}

function textField({ fields }: EventFacts, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}
