/** A finished request as a filter sees it: the same facts under the same names as the exchange had (`data/records/exchange-subject.ts`). */
import type { RequestRecord } from '../../../admin/contract/request-shapes.ts';
import type { FieldName } from '../../../filter/fields.ts';
import type { FieldValue, FilterSubject } from '../../../filter/match.ts';

/** When it ended, in milliseconds since the epoch. */
export function endOf({ time, duration_ms }: RequestRecord): number {
  return Date.parse(time) + duration_ms;
}

export function subjectOf(record: RequestRecord, nowMs: number): FilterSubject {
  const { method, host, path } = record;
  return { name: `${method} ${host}${path}`, value: (field) => valueOf(record, field, nowMs) };
}

function valueOf(record: RequestRecord, field: FieldName, nowMs: number): FieldValue {
  switch (field) {
    case 'id':
      return [record.correlation_id, record.id];
    case 'trace':
      return record.trace_id;
    case 'client':
      return record.client_ip;
    case 'agent':
      return record.user_agent;
    case 'listener':
    case 'method':
    case 'host':
    case 'path':
    case 'protocol':
    case 'status':
    case 'cause':
    case 'route':
    case 'upstream':
    case 'target':
    case 'attempts':
      return record[field];
    case 'duration':
    case 'p50':
    case 'p95':
    case 'p99':
      return record.duration_ms;
    case 'age':
      return Math.max(0, nowMs - endOf(record));
    case 'in':
      return record.bytes_in;
    case 'out':
      return record.bytes_out;
    default:
      return undefined;
  }
}
