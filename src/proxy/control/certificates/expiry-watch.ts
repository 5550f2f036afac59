/**
 * Holds the dates of loaded certificates against the clock: a standing warning for each that ends soon or has ended, once a
 * day in the log, and the sentences about ended ones for `/ready`. What has ended is served all the same. Asked by
 * `certificates.ts`.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import type { Lifetime } from '../../../certs/lifetime.ts';
import type { AlertsConfig } from '../../../config/model.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { lifetimeOfUse } from './standing.ts';
import { type Held, leafFingerprint } from './reading.ts';
import { useWords } from './uses.ts';

/** Dates pass without anybody doing anything, and clocks are set. The end of a certificate is judged when it comes. */
const JUDGE_MS = 3_600_000;
/** More warnings would hide each other. */
const MAX_WARNINGS = 20;
const moreSubject = 'certificates/more';

export interface ExpiryOptions {
  readonly clock: Clock;
  readonly warnings: StandingWarnings;
  readonly onReadiness: () => void;
}

export class ExpiryWatch {
  readonly #options: ExpiryOptions;
  #next: Stoppable | null = null;
  #held: readonly Held[] = [];
  #alerts: AlertsConfig = { certWarnDays: 0, certCriticalDays: 0 };
  #expired: readonly string[] = [];
  /** Subjects of the warnings that stand. */
  #subjects: ReadonlySet<string> = new Set();

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** Sentences about certificates that have ended. */
  get expired(): readonly string[] {
    return this.#expired;
  }

  /** From now on these are loaded. */
  follow(held: readonly Held[], alerts: AlertsConfig): void {
    this.#held = held;
    this.#alerts = alerts;
    this.#judge();
  }

  lifetime(held: Held): Lifetime {
    return lifetimeOfUse(held, this.#alerts, this.#options.clock.wallMs());
  }

  close(): void {
    this.#next?.stop();
  }

  #judge(): void {
    const { clock, warnings, onReadiness } = this.#options;
    const now = clock.wallMs();
    let nextMs = JUDGE_MS;
    // One certificate may be used in many places.
    const groups = new Map<string, Ending>();
    for (const held of this.#held) {
      const lifetime = this.lifetime(held);
      const left = lifetime.notAfter.getTime() - now;
      if (left >= 0) nextMs = Math.min(nextMs, left + 1);
      if (lifetime.standing === 'ok') continue;
      const subject = `certificate/${held.use.source}/${leafFingerprint(held)}`;
      const places = (groups.get(subject)?.places ?? 0) + 1;
      groups.set(subject, { held: groups.get(subject)?.held ?? held, lifetime, places });
    }
    this.#next?.stop();
    this.#next = this.#held.length === 0 ? null : clock.after(nextMs, () => this.#judge());
    const worst = [...groups].sort(([, a], [, b]) => a.lifetime.notAfter.getTime() - b.lifetime.notAfter.getTime());
    const texts = new Map(worst.slice(0, MAX_WARNINGS).map(([subject, ending]) => [subject, this.#words(ending)]));
    const more = worst.length - texts.size;
    if (more > 0) texts.set(moreSubject, `[SNT-T011] ${more} more certificates end soon: see sentinel status --json`);
    for (const subject of this.#subjects) if (!texts.has(subject)) warnings.set(subject, null);
    for (const [subject, text] of texts) warnings.set(subject, text);
    this.#subjects = new Set(texts.keys());
    const before = this.#expired.join('\n');
    this.#expired = worst.flatMap(([, ending]) =>
      ending.lifetime.standing === 'expired' ? [this.#words(ending)] : [],
    );
    if (this.#expired.join('\n') !== before) onReadiness();
  }

  #words({ held, lifetime, places }: Ending): string {
    const { standing, notAfter, daysLeft, culprit } = lifetime;
    const more = places === 1 ? '' : ` (and in ${places - 1} more ${places === 2 ? 'place' : 'places'})`;
    const member = culprit.subject.replaceAll('\n', ', ');
    const authorities = held.use.files.key === null;
    const what = `${authorities ? `${member} of the ` : ''}${useWords(held.use)}${more}`;
    const by = authorities || culprit === held.certificates[0] ? '' : ` by its intermediate ${member}`;
    const renew = 'renew it, then sentinel reload --certs';
    switch (standing) {
      case 'not_yet_valid':
        return `[SNT-T012] ${what} is valid only from ${culprit.validFromDate.toISOString()}${by}`;
      case 'expired':
        return `[SNT-T010] ${what} expired at ${notAfter.toISOString()}${by} and is used all the same: ${renew}`;
      default: {
        const left = daysLeft >= 1 ? `in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}` : 'within a day';
        return `[SNT-T011] ${what} expires ${left}${by}, at ${notAfter.toISOString()}: ${renew}`;
      }
    }
  }
}

/** A certificate that ends soon or has ended. */
interface Ending {
  /** One of the places where it is used. */
  readonly held: Held;
  readonly lifetime: Lifetime;
  readonly places: number;
}
