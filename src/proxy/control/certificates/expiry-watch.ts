/**
 * Holds the dates of loaded certificates and revocation lists against the clock: a standing warning for each that ends soon or
 * has ended, once a day in the log, and what has ended for `/ready` and status. It is used all the same. Asked by
 * `certificates.ts`.
 */
import type { Clock, Stoppable } from '../../../base/clock.ts';
import { rfc3339 } from '../../../base/units.ts';
import { oneLine } from '../../../certs/distinguished-name.ts';
import type { Lifetime } from '../../../certs/lifetime.ts';
import type { CertificateThresholds } from '../../../config/alerts-model.ts';
import type { StandingWarnings } from '../standing-warnings.ts';
import { type Held, type HeldList, leafFingerprint, type Reading } from './reading.ts';
import { lifetimeOfUse } from './standing.ts';
import { useWords } from './uses.ts';

/** Dates pass without anybody doing anything, and clocks are set. The end of a certificate is judged when it comes. */
const JUDGE_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** More warnings would hide each other. */
const MAX_WARNINGS = 20;
const moreSubject = 'certificates/more';

export interface ExpiryOptions {
  readonly clock: Clock;
  readonly warnings: StandingWarnings;
  readonly onReadiness: () => void;
}

/** Something that has ended and is used all the same, in a sentence. */
export interface Ended {
  readonly code: 'SNT-T010' | 'SNT-T047';
  readonly words: string;
}

/** What is to be said of one certificate or list. */
interface Remark {
  readonly subject: string;
  readonly code: 'SNT-T010' | 'SNT-T011' | 'SNT-T012' | 'SNT-T047';
  readonly words: string;
  readonly endMs: number;
  readonly over: boolean;
}

export class ExpiryWatch {
  readonly #options: ExpiryOptions;
  #next: Stoppable | null = null;
  #reading: Pick<Reading, 'held' | 'lists'> = { held: [], lists: [] };
  #alerts: CertificateThresholds = { certWarnDays: 0, certCriticalDays: 0 };
  #ended: readonly Ended[] = [];
  /** Subjects of the warnings that stand. */
  #subjects: ReadonlySet<string> = new Set();

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  get ended(): readonly Ended[] {
    return this.#ended;
  }

  /** From now on this is loaded. */
  follow(reading: Pick<Reading, 'held' | 'lists'>, alerts: CertificateThresholds): void {
    this.#reading = reading;
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
    const { held, lists } = this.#reading;
    const now = clock.wallMs();
    const ends = [
      ...held.map((one) => this.lifetime(one).notAfter.getTime()),
      ...lists.flatMap(({ due }) => due?.atMs ?? []),
    ];
    const nextMs = Math.min(JUDGE_MS, ...ends.filter((end) => end >= now).map((end) => end - now + 1));
    this.#next?.stop();
    this.#next = ends.length === 0 ? null : clock.after(nextMs, () => this.#judge());

    const remarks = [...this.#certificates(), ...lists.flatMap((list) => listRemark(list, now, this.#alerts) ?? [])];
    const worst = remarks.sort((a, b) => a.endMs - b.endMs).slice(0, MAX_WARNINGS);
    const texts = new Map(worst.map(({ subject, code, words }) => [subject, `[${code}] ${words}`]));
    const more = remarks.length - worst.length;
    if (more > 0)
      texts.set(
        moreSubject,
        `[SNT-T011] ${more} more ${more === 1 ? 'certificate ends' : 'certificates end'} soon: see sentinel cert-check`,
      );
    for (const subject of this.#subjects) if (!texts.has(subject)) warnings.set(subject, null);
    for (const [subject, text] of texts) warnings.set(subject, text);
    this.#subjects = new Set(texts.keys());

    const before = JSON.stringify(this.#ended);
    this.#ended = worst.flatMap(({ code, words, over }) =>
      over && (code === 'SNT-T010' || code === 'SNT-T047') ? [{ code, words }] : [],
    );
    if (JSON.stringify(this.#ended) !== before) onReadiness();
  }

  /** One certificate may be used in many places: that is one remark. */
  #certificates(): readonly Remark[] {
    const groups = new Map<string, { readonly held: Held; readonly lifetime: Lifetime; readonly places: number }>();
    for (const held of this.#reading.held) {
      const lifetime = this.lifetime(held);
      if (lifetime.standing === 'ok') continue;
      const subject = `certificate/${held.use.source}/${leafFingerprint(held)}`;
      const known = groups.get(subject);
      groups.set(subject, { held: known?.held ?? held, lifetime, places: (known?.places ?? 0) + 1 });
    }
    return [...groups].map(([subject, { held, lifetime, places }]) => ({
      subject,
      ...certificateWords(held, lifetime, places),
      endMs: lifetime.notAfter.getTime(),
      over: lifetime.standing === 'expired',
    }));
  }
}

function certificateWords(held: Held, lifetime: Lifetime, places: number): Pick<Remark, 'code' | 'words'> {
  const { standing, notAfter, daysLeft, culprit } = lifetime;
  const more = places === 1 ? '' : ` (and in ${places - 1} more ${places === 2 ? 'place' : 'places'})`;
  const member = oneLine(culprit.subject);
  const authorities = held.use.files.key === null;
  const what = `${authorities ? `${member} of the ` : ''}${useWords(held.use)}${more}`;
  const by = authorities || culprit === held.certificates[0] ? '' : ` by its intermediate ${member}`;
  const renew = 'renew it, then sentinel reload --certs';
  switch (standing) {
    case 'not_yet_valid':
      return { code: 'SNT-T012', words: `${what} is valid only from ${culprit.validFromDate.toISOString()}${by}` };
    case 'expired':
      return {
        code: 'SNT-T010',
        words: `${what} expired at ${notAfter.toISOString()}${by} and is used all the same: ${renew}`,
      };
    default: {
      const left = daysLeft >= 1 ? `in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}` : 'within a day';
      return { code: 'SNT-T011', words: `${what} expires ${left}${by}, at ${notAfter.toISOString()}: ${renew}` };
    }
  }
}

/** Lists are made anew every few days: there is no warning before the time is critical, as that of certificates. */
function listRemark({ use, due }: HeldList, now: number, { certCriticalDays }: CertificateThresholds): Remark | null {
  if (due === null || due.atMs - now > Math.min(due.lifeMs / 10, certCriticalDays * DAY_MS)) return null;
  const over = due.atMs < now;
  const at = rfc3339(due.atMs);
  const whose = `the revocation list ${use.files.certificate} of listener ${JSON.stringify(use.name)}`;
  const words = over
    ? `${whose} was to be replaced by ${at}: every client certificate of its authority is refused`
    : `${whose} is to be replaced by ${at}: from then on every client certificate of its authority is refused`;
  const next = `${words}; put the present one in its place, then sentinel reload --certs`;
  return { subject: `revocations/${use.name}`, code: 'SNT-T047', words: next, endMs: due.atMs, over };
}
