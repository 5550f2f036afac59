/**
 * Faults of the machine and the process (E), each with the files that hold the right behaviour against them. Read by its
 * test alone; the faults of clients and upstreams are in `test/proxy/data/fault-matrix.ts`.
 */

export interface MachineFault {
  readonly id: string;
  readonly fault: string;
  /** Files below `test`, without their ending. */
  readonly heldBy: readonly string[];
}

export const machineFaults: readonly MachineFault[] = [
  { id: 'E78', fault: 'no descriptor is left', heldBy: ['daemon/descriptors', 'daemon/lifecycle', 'daemon/parts'] },
  { id: 'E79', fault: 'memory runs short', heldBy: ['proxy/data/memory-shedding', 'daemon/floods'] },
  {
    id: 'E80',
    fault: 'more work than the processors carry',
    heldBy: ['proxy/data/overload-limits', 'proxy/data/bounds-over-workers', 'daemon/workers'],
  },
  { id: 'E81', fault: 'the disk under logs and state is full', heldBy: ['daemon/floods', 'daemon/log-file'] },
  {
    id: 'E82',
    fault: 'whoever reads the log stops, or is gone',
    heldBy: ['daemon/process', 'daemon/log-file', 'daemon/log-ring'],
  },
  {
    id: 'E83',
    fault: 'a worker is killed under load',
    heldBy: ['daemon/workers', 'proxy/shared/client-connections'],
  },
  { id: 'E84', fault: 'one request crashes, workers crash in a row', heldBy: ['proxy/data/defects', 'daemon/workers'] },
  { id: 'E85', fault: 'the clock jumps', heldBy: ['proxy/data/clock-jumps'] },
  { id: 'E86', fault: 'an address is taken, forbidden or not ours', heldBy: ['daemon/lifecycle', 'daemon/reload'] },
  {
    id: 'E87',
    fault: 'a flood of connections, all of one client',
    heldBy: ['daemon/floods', 'proxy/data/client-limits', 'proxy/data/overload-limits', 'proxy/data/shed-idle'],
  },
  { id: 'E88', fault: 'local ports towards a target run out', heldBy: ['daemon/floods', 'proxy/data/connection-pool'] },
];
