/** The rules of passive health: how long a target is out, and when it may not go. Pure but for the record of one target. */

/** An ejection lasts at most so many times `eject-secs`, and so long without one makes a target new again. */
const LONGEST = 16;

/** How often a target was ejected of late. */
export class EjectionRecord {
  #times = 0;
  #endedAt = 0;

  /** Ejections that count, the present one included. */
  get times(): number {
    return this.#times;
  }

  /** Begins one; milliseconds that it lasts: `ejectMs`, twice that the next time, and so on. */
  begin(now: number, ejectMs: number): number {
    if (this.#times > 0 && now - this.#endedAt >= ejectMs * LONGEST) this.#times = 0;
    this.#times++;
    return ejectMs * Math.min(LONGEST, 2 ** (this.#times - 1));
  }

  ended(now: number): void {
    this.#endedAt = now;
  }
}

/** An upstream as passive health sees it. */
export interface EjectionScene {
  /** All targets. */
  readonly targets: number;
  readonly ejected: number;
  /** Targets that take requests now, the one in question included. */
  readonly available: number;
  /** Targets that must stay. */
  readonly minHealthy: number;
  readonly maxEjectedPercent: number;
}

/** Why a target may not be ejected; null when it may. */
export function ejectionObjection(scene: EjectionScene): string | null {
  const { targets, ejected, available, minHealthy, maxEjectedPercent } = scene;
  if (available <= 1) return 'no other target could take its requests';
  if (available - 1 < minHealthy) return `min-healthy wants ${minHealthy} of ${targets} targets to stay`;
  // One of two is already more than a third: whoever allows ejection at all allows one.
  const most = maxEjectedPercent === 0 ? 0 : Math.max(1, Math.floor((targets * maxEjectedPercent) / 100));
  if (ejected < most) return null;
  return `${ejected} of ${targets} targets are ejected, and max-ejected-percent is ${maxEjectedPercent}`;
}

/** Targets of an upstream that `min-healthy` wants. */
export function minHealthyOf(
  setting: { readonly count: number } | { readonly percent: number },
  targets: number,
): number {
  return 'count' in setting ? setting.count : Math.ceil((targets * setting.percent) / 100);
}
