/**
 * Why no daemon runs: what it wrote down itself, what the kernel says of it, and what would keep it from starting now. Silent as
 * long as a process is there, but for places that it cannot write to.
 */
import { type Case, clockTime, seen, suspect } from '../case.ts';
import type { CauseName } from '../causes.ts';
import { startCommand, validateCommand, word } from '../command-words.ts';
import type { RefusedStart, RunRecord } from '../../history/run-record.ts';
import type { Evidence, Suspicion } from '../judgement.ts';
import { fullPlaces, placeWords } from '../places.ts';

const outage = { impact: 'outage' } as const;

export function processCrash(of: Case): readonly Suspicion[] {
  if (of.process === null) return [];
  if (of.process.pid !== null) return [...withoutRoom(of), ...withoutRight(of)];
  const found = [
    ...ports(of),
    ...refusedStart(of),
    ...configuration(of),
    ...permissions(of),
    ...disks(of),
    ...ended(of),
  ];
  if (found.some(({ strength }) => strength >= 0.5) || of.death === null) return found;
  return [...found, ...neverStarted(of)];
}

/** A refusal counts as long as no later daemon came up. */
function lastRefusal(of: Case): RefusedStart | null {
  const refused = of.death?.refused_start ?? null;
  const run = of.death?.last_run ?? null;
  return refused !== null && (run === null || Date.parse(refused.at) >= Date.parse(run.started_at)) ? refused : null;
}

const causeOfRefusal: readonly (readonly [RegExp, CauseName])[] = [
  [/^SNT-P003$/, 'port-conflict'],
  [/^SNT-P008$/, 'crash-loop'],
  [/^SNT-(?:T0\d\d|P015)$/, 'certificate-blocks-start'],
  [/^SNT-P00[156]$|^SNT-P01[24]$|^SNT-P004$/, 'file-not-readable'],
  [/^SNT-C/, 'start-refused-config'],
  [/^SNT-P07/, 'crashed'],
];

/** A start is refused by its first problem that says more than "not valid". */
function causeOf(code: string, problems: readonly string[], words: string): CauseName {
  const text = [words, ...problems].join('\n');
  if (/\bENOSPC\b|\bEROFS\b|no space left|disk quota/i.test(text)) return 'disk-full';
  if (/\bEADDRINUSE\b/.test(text)) return 'port-conflict';
  if (/\bEACCES\b|\bEPERM\b|permission denied|may not (?:read|write)/i.test(text)) return 'file-not-readable';
  const codes = [code, ...problems.flatMap((line) => line.match(/SNT-[A-Z]\d{3}/g) ?? [])];
  const certificate = codes.some((one) => one.startsWith('SNT-T'));
  const mistake = codes.some((one) => one.startsWith('SNT-C') && one !== 'SNT-C100');
  if (certificate && !mistake) return 'certificate-blocks-start';
  return causeOfRefusal.find(([form]) => form.test(code))?.[1] ?? 'start-refused-config';
}

function refusedStart(of: Case): readonly Suspicion[] {
  const refused = lastRefusal(of);
  if (refused === null) return [];
  const cause = causeOf(refused.code, refused.problems, `${refused.words} ${refused.hint ?? ''}`);
  return [
    suspect({
      cause,
      strength: 0.95,
      detail: `the last start was refused at ${clockTime(refused.at)}: ${refused.words.replace(/\.$/, '')}`,
      evidence: [
        seen('death', `${refused.code} ${refused.problems[0] ?? refused.words}`, {
          value: refused.code,
          at: refused.at,
        }),
      ],
      since: refused.at,
      next: [...nextAfterRefusal(of, cause), startCommand(of)],
      ...outage,
    }),
  ];
}

function nextAfterRefusal(of: Case, cause: CauseName): readonly string[] {
  if (cause === 'start-refused-config' || cause === 'file-not-readable') return [validateCommand(of)];
  if (cause === 'certificate-blocks-start') return ['sentinel cert-check', validateCommand(of)];
  return [];
}

function ports(of: Case): readonly Suspicion[] {
  return (of.ports?.wanted ?? []).flatMap(({ what, address, holders, held_by_unseen }) => {
    const holder = holders.find(({ daemon }) => !daemon);
    if (holder === undefined && !(held_by_unseen && holders.length === 0)) return [];
    const who = holder === undefined ? 'somebody whom this user may not see' : `${holder.name} (pid ${holder.pid})`;
    return [
      suspect({
        cause: 'port-conflict',
        strength: holder === undefined ? 0.8 : 0.97,
        detail: `${who} listens on ${address}, which ${what} needs`,
        resource: { kind: 'address', name: address },
        evidence: [seen('ports', `${address} is held by ${who}`, { value: holder?.pid ?? 'unseen' })],
        next: [
          holder === undefined ? `ss -ltnp 'sport = :${address.split(':').at(-1)}'` : `ps -fp ${holder.pid}`,
          startCommand(of),
        ],
        ...outage,
      }),
    ];
  });
}

/** Whether the next start would be refused. */
function configuration(of: Case): readonly Suspicion[] {
  const { config } = of;
  if (config === null || config.loads === 'yes') return [];
  const first = config.problems[0];
  if (config.loads === 'missing' && (config.path === null || of.death?.last_run === null)) {
    if (config.path === null) return [];
  }
  const codes = config.problems.map(({ code, words }) => `${code} ${words}`);
  const cause: CauseName =
    config.loads === 'unreadable'
      ? 'file-not-readable'
      : config.loads === 'missing'
        ? 'start-refused-config'
        : causeOf(first?.code ?? 'SNT-C100', codes, '');
  const what =
    config.loads === 'missing'
      ? `${config.path} is not there`
      : config.loads === 'unreadable'
        ? `${config.path} cannot be read`
        : `${config.path} would not load: ${config.problem_count} problem${config.problem_count === 1 ? '' : 's'}`;
  return [
    suspect({
      cause,
      strength: lastRefusal(of) === null && of.death?.last_run ? 0.75 : 0.9,
      detail: `${what}${first === undefined ? '' : `, the first ${first.place ?? ''} ${first.words}`.replace('  ', ' ')}`,
      resource: config.path === null ? null : { kind: 'file', name: config.path },
      evidence: [
        seen('config', first === undefined ? what : `${first.place ?? config.path} ${first.code} ${first.words}`, {
          value: config.problem_count,
        }),
      ],
      since: config.modified_at,
      next: [
        validateCommand(of),
        ...(config.backup?.loads === true && config.path !== null
          ? [`cp ${word(config.backup.path)} ${word(config.path)}`]
          : []),
        startCommand(of),
      ],
      ...outage,
    }),
  ];
}

function permissions(of: Case): readonly Suspicion[] {
  const { permissions: rights } = of;
  return (rights?.files ?? [])
    .filter(({ allowed, what }) => allowed === false && what !== 'other')
    .map(({ path, what, needs, owner, mode, why }) =>
      suspect({
        cause: 'file-not-readable',
        strength: 0.85,
        detail: `${rights?.user} may not ${needs} ${path} (${what}, ${owner ?? 'owner unknown'} ${mode ?? 'not there'})`,
        resource: { kind: 'file', name: path },
        evidence: [seen('permissions', why ?? `${path} is ${owner} ${mode}`, { value: mode ?? 'missing' })],
        next: [`ls -la ${word(path)}`, startCommand(of)],
        ...outage,
      }),
    );
}

function disks(of: Case): readonly Suspicion[] {
  return fullPlaces(of)
    .filter(({ what }) => what !== 'config')
    .map((place) =>
      suspect({
        cause: 'disk-full',
        strength: 0.98,
        detail: placeWords(place),
        resource: { kind: 'path', name: place.path },
        evidence: [seen('disk', placeWords(place), { value: place.used_ratio, threshold: 1 })],
        next: [`df -h ${word(place.path)}`, startCommand(of)],
        ...outage,
      }),
    );
}

/** The daemon serves on without its log and its state, and would not start again. */
function withoutRoom(of: Case): readonly Suspicion[] {
  return fullPlaces(of)
    .filter(({ what, free_bytes: free, read_only: readOnly }) => what !== 'config' && free === 0 && !readOnly)
    .map((place) =>
      suspect({
        cause: 'disk-full',
        strength: 0.9,
        detail: `${placeWords(place)}: the daemon serves on, and can write nothing there`,
        resource: { kind: 'path', name: place.path },
        evidence: [seen('disk', placeWords(place), { value: place.used_ratio, threshold: 1 })],
        impact: 'minor',
        next: [`df -h ${word(place.path)}`],
      }),
    );
}

/** The daemon serves on without what it should keep there. */
function withoutRight(of: Case): readonly Suspicion[] {
  const { permissions: rights } = of;
  return (rights?.files ?? [])
    .filter(({ allowed, what }) => allowed === false && (what === 'state' || what === 'log'))
    .map(({ path, what, owner, mode, why }) =>
      suspect({
        cause: 'file-not-readable',
        strength: 0.8,
        detail: `${rights?.user} may not write ${path} (${what}): the daemon serves on, and keeps nothing there`,
        resource: { kind: 'file', name: path },
        evidence: [seen('permissions', why ?? `${path} is ${owner} ${mode}`, { value: mode ?? 'missing' })],
        impact: 'minor',
        next: [`ls -la ${word(path)}`],
      }),
    );
}

/** How the last daemon ended, the surest witness first. */
function ended(of: Case): readonly Suspicion[] {
  const { death } = of;
  if (death === null) return [];
  const run = death.last_run;
  const memory = wantOfMemory(of, run);
  if (memory !== null) return [memory];
  const crash = death.crash_files.at(-1);
  if (crash !== undefined && (run === null || Date.parse(crash.at) >= Date.parse(run.started_at)))
    return [
      ending(of, 'crashed', 0.93, `it crashed: ${crash.summary}`, crash.at, [
        seen('death', `${crash.path}: ${crash.summary}`, { at: crash.at }),
      ]),
    ];
  if (run === null) return lastRefusal(of) === null ? leftBehind(of) : [];
  if (run.ended !== null) return [byItself(of, run, run.ended)];
  const where = `pid ${run.pid}, started ${clockTime(run.started_at)}`;
  if (run.boot_id !== null && death.boot_id !== null && run.boot_id !== death.boot_id)
    return [
      ending(
        of,
        'rebooted',
        0.95,
        'the machine was started anew after the daemon had run, and nothing has started it since',
        death.booted_at,
        [seen('death', `last run (${where}) was before the boot`, { at: death.booted_at })],
      ),
    ];
  if (run.stopping !== null)
    return [
      ending(
        of,
        'stopped',
        0.9,
        `the daemon (${where}) was told to end at ${clockTime(run.stopping.at)} by ${run.stopping.by}, and was ended before it was done`,
        run.stopping.at,
        [seen('death', `told to end by ${run.stopping.by}`, { value: run.stopping.by, at: run.stopping.at })],
      ),
    ];
  const signal = of.process?.systemd?.result === 'signal' ? ' (systemd: ended by a signal)' : '';
  return [
    ending(
      of,
      'killed',
      0.88,
      `the daemon (${where}) ended without a word: killed, or the runtime itself crashed${signal}`,
      null,
      [seen('death', 'its run record says nothing of an end', { value: run.pid, at: run.started_at })],
    ),
  ];
}

/** Nothing is written down but the number in a pid file, which an orderly end would have taken away. */
function leftBehind(of: Case): readonly Suspicion[] {
  const left = of.process?.pid_files.find(({ pid, alive }) => pid !== null && !alive);
  if (left === undefined) return [];
  const unnamed = of.configPath === null ? '; which configuration it ran is not known, name it with -c' : '';
  const what = `a daemon (pid ${left.pid}) has left ${left.path} behind and is gone: killed, or the runtime itself crashed`;
  const evidence = [seen('process', `${left.path} names ${left.pid}, which does not run`, { value: left.pid ?? '' })];
  const hidden = hiddenRecord(of);
  if (hidden === undefined) return [ending(of, 'killed', 0.8, `${what}${unnamed}`, null, evidence)];
  // The record may say that it crashed.
  const more = `; what it wrote down cannot be read by this user (${hidden.why}): ask again as root, or as the user of the daemon`;
  return [ending(of, 'killed', 0.6, `${what}${more}`, null, evidence)];
}

/** What the last daemon wrote down of its run, where this user may not read it. */
function hiddenRecord(of: Case): { readonly source: string; readonly why: string } | undefined {
  return of.death?.unread.find(({ source }) => /\/(?:run-record|refused-start)\.json$/.test(source));
}

function wantOfMemory(of: Case, run: RunRecord | null): Suspicion | null {
  const { death } = of;
  if (death === null || run?.ended) return null;
  const line = death.kernel_lines.findLast(({ line: text }) =>
    /out of memory|oom[-_ ]?kill|\boom\b|killed process/i.test(text),
  );
  const kills = death.oom_kills_since_start ?? 0;
  const unit = of.process?.systemd?.result === 'oom-kill';
  if (line === undefined && kills === 0 && !unit) return null;
  const evidence = [
    ...(line === undefined ? [] : [seen('death', line.line, { at: line.at })]),
    ...(kills === 0
      ? []
      : [
          seen('death', `${kills} OOM kill${kills === 1 ? '' : 's'} in its group since it started`, {
            value: kills,
            threshold: 0,
          }),
        ]),
    ...(unit ? [seen('process', 'systemd: result oom-kill')] : []),
  ];
  return ending(of, 'oom-killed', 0.97, 'the kernel ended the daemon for want of memory', line?.at ?? null, evidence);
}

function byItself(of: Case, run: RunRecord, end: NonNullable<RunRecord['ended']>): Suspicion {
  const evidence = [
    seen('death', `${end.words} (exit ${end.exit_code}${end.signal === null ? '' : `, ${end.signal}`})`, {
      value: end.exit_code,
      at: end.at,
    }),
  ];
  const told = end.words.replace(/\.$/, '');
  if (end.code === 'SNT-P008')
    return ending(of, 'crash-loop', 0.96, `workers kept dying until the daemon gave up: ${told}`, end.at, evidence);
  if (end.code === null && (end.signal !== null || end.exit_code === 0))
    return ending(
      of,
      'stopped',
      0.92,
      `the daemon (pid ${run.pid}) was stopped at ${clockTime(end.at)}${end.signal === null ? '' : ` by ${end.signal}`}`,
      end.at,
      evidence,
    );
  if (end.signal !== null && end.exit_code !== 70)
    return ending(
      of,
      'stopped',
      0.9,
      `the daemon was stopped at ${clockTime(end.at)} by ${end.signal}: ${told}`,
      end.at,
      evidence,
    );
  return ending(of, 'crashed', 0.92, `the daemon ended by itself at ${clockTime(end.at)}: ${told}`, end.at, evidence);
}

function ending(
  of: Case,
  cause: CauseName,
  strength: number,
  detail: string,
  since: string | null,
  evidence: readonly Evidence[],
): Suspicion {
  return suspect({ cause, strength, detail, evidence, since, next: [startCommand(of)], ...outage });
}

function neverStarted(of: Case): readonly Suspicion[] {
  const hidden = hiddenRecord(of);
  if (hidden !== undefined) {
    // What cannot be read may say anything: that no daemon runs is all that is certain.
    return [
      suspect({
        cause: 'never-started',
        strength: 0.5,
        detail: `no daemon runs, and what the last one wrote down cannot be read by this user (${hidden.why}): ask again as root, or as the user of the daemon`,
        resource: { kind: 'file', name: hidden.source },
        evidence: [seen('death', `${hidden.source}: ${hidden.why}`), seen('process', 'no process')],
        next: [startCommand(of)],
        ...outage,
      }),
    ];
  }
  return [
    suspect({
      cause: 'never-started',
      strength: 0.9,
      detail: 'no daemon runs, and nothing says that one ever did with this configuration',
      evidence: [seen('death', 'no run record, no refused start'), seen('process', 'no process')],
      next: [startCommand(of)],
      ...outage,
    }),
  ];
}
