/**
 * Facts for a run: collected when something first asks, kept until something was done, and judged by the answers and rules of the
 * diagnosis. One section can be looked at again and again while a run waits for it.
 */
import type { DaemonTarget } from '../../admin/client/address.ts';
import type { AdminClient } from '../../admin/client/client.ts';
import { codes } from '../../base/codes.ts';
import { answerFor, questionNamed, wellAnswer } from '../../diagnosis/answers.ts';
import { CERTAIN_ENOUGH, type Case, caseOf } from '../../diagnosis/case.ts';
import { causes } from '../../diagnosis/causes.ts';
import { collect } from '../../diagnosis/collect.ts';
import type { Facts, SectionName } from '../../diagnosis/facts.ts';
import { fold } from '../../diagnosis/fold.ts';
import type { Suspicion } from '../../diagnosis/judgement.ts';
import { notices } from '../../diagnosis/notices.ts';
import { probes } from '../../diagnosis/probes.ts';
import type { ProbeTable } from '../../diagnosis/probe.ts';
import { type QuestionName, questions } from '../../diagnosis/questions.ts';
import { rank } from '../../diagnosis/rank.ts';
import { suspicions } from '../../diagnosis/rules.ts';
import { thresholdsIn } from '../../diagnosis/settings.ts';
import { localContext } from '../../diagnosis/surroundings.ts';
import type { FactAnswer, FactSource } from '../../runbook/run/world.ts';
import type { Invocation } from '../command.ts';
import { meantConfig } from '../diagnose/meant-config.ts';
import { progressOn } from '../diagnose/progress.ts';
import type { FactValues } from './known-values.ts';
import type { MeasuredFacts } from './live-conditions.ts';
import { sectionLines } from './section-lines.ts';

export interface LiveFactsOptions {
  readonly invocation: Invocation;
  readonly client: AdminClient;
  readonly target: DaemonTarget;
  readonly signal: AbortSignal;
}

const forPeople: FactAnswer = { answer: 'unknown', words: 'it is a question for a person', evidence: [] };

/** Sections that answer a question that is asked again and again while a run waits; others are answered by all of them. */
const enoughFor: { readonly [K in QuestionName]?: readonly SectionName[] } = {
  'process-running': [],
  'health-answers': ['endpoints'],
  'clients-get-in': ['endpoints', 'ports'],
  'error-rate-normal': ['traffic'],
  'latency-normal': ['traffic'],
  'any-upstream-up': ['targets'],
  'upstreams-healthy': ['targets'],
};

/** Placeholders that facts can fill in. */
const inFacts: ReadonlySet<string> = new Set(['config', 'pid', 'unit', 'address', 'port', 'target', 'upstream']);

/** Those, and what every one of them builds on. */
function only(sections: readonly SectionName[]): Partial<ProbeTable> {
  const wanted: ReadonlySet<string> = new Set(['process', 'config', 'daemon', ...sections]);
  return Object.fromEntries(Object.entries(probes).filter(([name]) => wanted.has(name)));
}

/** As they are and as they are judged. */
interface Judged {
  readonly facts: Facts;
  readonly of: Case;
  /** The most likely first. */
  readonly suspected: readonly Suspicion[];
}

export type LiveFacts = MeasuredFacts & FactValues & FactSource;

export function liveFacts(options: LiveFactsOptions): LiveFacts {
  return new CollectedFacts(options);
}

class CollectedFacts implements LiveFacts {
  readonly #options: LiveFactsOptions;
  #judged: Promise<Judged> | null = null;

  constructor(options: LiveFactsOptions) {
    this.#options = options;
  }

  outdated(): void {
    this.#judged = null;
  }

  titleOf(question: string): string | null {
    const name = questionNamed(question);
    return name === null ? null : questions[name];
  }

  async look(question: string): Promise<FactAnswer> {
    const name = questionNamed(question);
    if (name === null) return forPeople;
    const wanted = enoughFor[name];
    const { of } =
      wanted === undefined ? await this.#collected(probes, true) : await this.#collected(only(wanted), false);
    return answerFor(name, of);
  }

  async answer(question: string): Promise<FactAnswer> {
    const name = questionNamed(question);
    if (name === null) return forPeople;
    const { answer, words, evidence } = answerFor(name, (await this.#now()).of);
    return { answer, words, evidence: evidence.map(({ source, words: seen }) => ({ source, words: seen })) };
  }

  wellAnswer(question: string): 'yes' | 'no' {
    const name = questionNamed(question);
    return name === null ? 'yes' : wellAnswer(name);
  }

  async section(name: string) {
    const { facts, of } = await this.#now();
    if (!Object.hasOwn(facts.sections, name)) return null;
    const section = name as SectionName;
    return { state: facts.sections[section].state, lines: sectionLines(section, facts, of) };
  }

  async cause(name: string) {
    const { suspected } = await this.#now();
    const found = suspected.find(({ cause }) => cause === name);
    return { strength: found?.strength ?? 0, detail: found?.detail ?? '' };
  }

  async finding(code: string) {
    const { of, suspected } = await this.#now();
    const title = Object.hasOwn(codes, code) ? codes[code as keyof typeof codes].title : code;
    const cause = suspected.find((one) => one.strength >= CERTAIN_ENOUGH && causes[one.cause].code === code);
    const words = cause?.detail ?? notices(of, []).find((one) => one.code === code)?.detail;
    return { state: words === undefined ? 'absent' : 'there', title, words: words ?? '' } as const;
  }

  async memoryRatio(): Promise<number | null> {
    const { of } = await this.#collected(only(['memory']), false);
    return of.memory?.used_ratio ?? null;
  }

  async valueOf(name: string): Promise<string | null> {
    // Who is to be asked waits for no probe.
    if (!inFacts.has(name)) return null;
    const { facts, of, suspected } = await this.#now();
    const listener = of.daemon?.status.listeners[0]?.address ?? of.config?.listeners[0]?.address ?? null;
    switch (name) {
      case 'config':
        return of.daemon?.status.config.path ?? facts.subject.config_path;
      case 'pid':
        return typeof of.process?.pid !== 'number' ? null : String(of.process.pid);
      case 'unit':
        return of.process?.systemd?.unit ?? 'sentinel';
      case 'address':
        return listener;
      case 'port':
        return listener?.slice(listener.lastIndexOf(':') + 1) ?? null;
      case 'target':
        return troubled(suspected, 'target')?.address ?? null;
      case 'upstream':
        return troubled(suspected, 'upstream')?.upstream ?? onlyUpstream(of);
      default:
        return null;
    }
  }

  #now(): Promise<Judged> {
    this.#judged ??= this.#collected(probes, true);
    return this.#judged;
  }

  async #collected(table: Partial<ProbeTable>, shown: boolean): Promise<Judged> {
    const { invocation, client, target, signal } = this.#options;
    const { clock, context, directory, version, stderr } = invocation;
    const configPath = meantConfig(invocation, target);
    const surroundings = localContext({ run: context, clock, client, target, configPath, directory, version });
    const progress = shown ? progressOn(stderr, clock) : null;
    let facts: Facts;
    try {
      facts = await collect(surroundings, table, {
        signal,
        ...(progress === null ? {} : { onProgress: progress.onProgress }),
      });
    } finally {
      progress?.end();
    }
    const of = caseOf(facts, thresholdsIn(facts));
    return { facts, of, suspected: rank(fold(of, suspicions(of)), null, new Map()) };
  }
}

/** The one that is most likely in trouble. */
function troubled(
  suspected: readonly Suspicion[],
  kind: 'target' | 'upstream',
): { readonly upstream: string; readonly address: string | null } | null {
  for (const { strength, resource } of suspected) {
    if (strength < CERTAIN_ENOUGH || resource === null) continue;
    if (resource.kind === 'upstream' && kind === 'upstream') return { upstream: resource.name, address: null };
    const slash = resource.name.indexOf('/');
    if (resource.kind !== 'target' || slash < 0) continue;
    return { upstream: resource.name.slice(0, slash), address: resource.name.slice(slash + 1) };
  }
  return null;
}

/** With one alone there is no doubt which is meant. */
function onlyUpstream({ daemon }: Case): string | null {
  const [first, ...others] = daemon?.upstreams.upstreams.filter(({ kind }) => kind === 'targets') ?? [];
  return first === undefined || others.length > 0 ? null : first.name;
}
