/** A line of a log as something that filters ask of: the same for the daemon's memory and for files that commands read. */
import type { FieldName } from './fields.ts';
import type { FieldValue, FilterSubject } from './match.ts';

/** Fields of lines that filters call otherwise. */
const names: Readonly<Partial<Record<FieldName, readonly string[]>>> = {
  kind: ['event'],
  id: ['correlation_id'],
  trace: ['trace_id'],
  client: ['client_ip', 'client'],
  agent: ['user_agent'],
  subject: ['subject', 'target', 'route'],
  state: ['to'],
  duration: ['duration_ms'],
  p50: ['duration_ms'],
  p95: ['duration_ms'],
  p99: ['duration_ms'],
  in: ['bytes_in'],
  out: ['bytes_out'],
};

/**
 * @param fields of the line, as its JSON has them
 * @param ageMs how long ago it was written
 */
export function lineSubject(fields: Readonly<Record<string, unknown>>, ageMs: number): FilterSubject {
  const message = textOf(fields['message']) ?? '';
  return {
    // Of a request its path: the same that `sentinel requests` searches.
    name: message === '' ? (textOf(fields['path']) ?? '') : message,
    value(field): FieldValue {
      if (field === 'age') return ageMs;
      if (field === 'level') return textOf(fields['level'])?.toLowerCase();
      for (const name of names[field] ?? [field]) {
        const value = fields[name];
        if (typeof value === 'number') return value;
        const text = textOf(value);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
