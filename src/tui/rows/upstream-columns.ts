/** Columns of the view "Upstreams", in the order in which they are left out on a narrow screen (operator.md §1). A table, no more. */
import { rateColumns } from './rates.ts';
import type { Column } from './row.ts';

export const upstreamColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'name', title: 'UPSTREAM/TARGET', worst: 'low' },
  { id: 'adm', title: 'ADM', width: 10, drop: 4, narrow: { drop: 5, width: 7 }, worst: 'low' },
  { id: 'check', title: 'CHECK', width: 14, drop: 1, narrow: { drop: 6, width: 8 }, worst: 'low' },
  { id: 'breaker', title: 'BRK', width: 11, drop: 2, narrow: { drop: 9, width: 3 }, worst: 'high' },
  { id: 'weight', title: 'W', right: true, width: 3, drop: 10, worst: 'low' },
  { id: 'infl', title: 'INFL', right: true, width: 5, worst: 'high' },
  { id: 'conns', title: 'CONN', right: true, width: 5, wide: true, drop: 14, worst: 'high' },
  { id: 'idle', title: 'IDLE', right: true, width: 5, wide: true, drop: 15, worst: 'high' },
  { id: 'pending', title: 'PEND', right: true, width: 5, wide: true, drop: 13, worst: 'high' },
  { ...rateColumns.rps, drop: 7 },
  rateColumns.err,
  { ...rateColumns.p50, drop: 11 },
  { ...rateColumns.p95, drop: 8 },
  { ...rateColumns.p99, drop: 3 },
  { id: 'since', title: 'SINCE', right: true, width: 6, drop: 12, worst: 'low' },
];
