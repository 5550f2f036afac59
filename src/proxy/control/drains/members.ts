/** The targets of a plan as drains see them, and whether a configuration still names what a drain is about. Pure. */
import { isIP } from 'node:net';
import type { Config, UpstreamConfig } from '../../../config/model.ts';
import type { CellRef } from '../../shared/cells.ts';
import type { Plan } from '../../shared/plan.ts';
import type { CoveredTarget, DrainRecord } from './drain-record.ts';

export interface Member extends CoveredTarget {
  readonly id: string;
  /** By the plan in force. */
  readonly weight: number;
  readonly cell: CellRef;
}

export function planTargets({ upstreams }: Plan): readonly Member[] {
  return upstreams.flatMap(({ name, targets }) =>
    targets.map(({ id, address, written, weight, cell }) => ({ upstream: name, id, address, written, weight, cell })),
  );
}

/** False when the target has left the configuration; an address that a name has now and then has not. */
export function isNamed({ upstreams }: Config, { target, upstreams: names }: DrainRecord): boolean {
  return upstreams.some(
    (upstream) =>
      names.includes(upstream.name) &&
      (hasNames(upstream) || upstream.targets.some(({ address }) => address === target)),
  );
}

function hasNames({ discover, targets }: UpstreamConfig): boolean {
  return discover !== null || targets.some(({ socket }) => socket.kind === 'tcp' && isIP(socket.host) === 0);
}
