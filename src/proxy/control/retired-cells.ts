/**
 * The cells of targets that no plan has any more. Addresses of names come and go for as long as the process lives; their
 * cells must not. A target's cells are given back when it has been gone for a while and nothing of it is held: until then it
 * may return to its numbers, and requests of older plans may still use it.
 */
import type { Clock } from '../../base/clock.ts';
import { type CellRef, type CellRegistry, targetFields } from '../shared/cells.ts';
import type { Plan } from '../shared/plan.ts';
import { targetIdentities } from './compile-plan.ts';

/**
 * How long a target's cells wait. A request that has outlived its plan by more, holds nothing of the target and then tries
 * it again would be counted for whoever has the cell now: one in a gauge, for as long as it lasts.
 */
export const RETIRED_CELLS_MS = 60_000;

interface TargetCells {
  readonly identities: Set<string>;
  readonly cell: CellRef;
  /** Null while the plan in force has it. */
  goneAt: number | null;
}

export class RetiredCells {
  readonly #clock: Clock;
  readonly #registry: CellRegistry;
  readonly #targets = new Map<string, TargetCells>();

  constructor(clock: Clock, registry: CellRegistry) {
    this.#clock = clock;
    this.#registry = registry;
  }

  /** A plan is in force, and no other is being made: one that is would count on cells that it has found. */
  follow(plan: Plan): void {
    const now = this.#clock.now();
    const present = new Set<string>();
    for (const upstream of plan.upstreams) {
      for (const target of upstream.targets) {
        present.add(target.id);
        const known = this.#targets.get(target.id);
        const cells = known ?? { identities: new Set<string>(), cell: target.cell, goneAt: null };
        cells.goneAt = null;
        for (const identity of targetIdentities(upstream, target)) cells.identities.add(identity);
        this.#targets.set(target.id, cells);
      }
    }
    for (const [id, cells] of this.#targets) if (!present.has(id)) cells.goneAt ??= now;
    this.#release(now - RETIRED_CELLS_MS);
  }

  #release(due: number): void {
    for (const [id, { identities, cell, goneAt }] of this.#targets) {
      if (goneAt === null || goneAt > due || this.#held(cell)) continue;
      for (const identity of identities) this.#registry.release(identity);
      this.#targets.delete(id);
    }
  }

  #held(cell: CellRef): boolean {
    const { connections, idle, pending, inFlight } = targetFields;
    return (
      [connections, idle, pending].some((field) => this.#registry.shared(cell, field) !== 0) ||
      Array.from({ length: this.#registry.laneCount }, (_, lane) => lane).some(
        (lane) => this.#registry.laneValue(cell, inFlight, lane) !== 0,
      )
    );
  }
}
