/**
 * What a section of the facts says, a line each, for the `probe` of a runbook: as the report of a diagnosis says it where it does,
 * else name by name. Judges nothing.
 */
import type { Case } from '../../diagnosis/case.ts';
import type { Facts, Known, SectionName } from '../../diagnosis/facts.ts';
import type { ReportLine } from '../../diagnosis/report/report.ts';
import { certificateLines, configLines, memoryLines } from '../../diagnosis/report/subjects/machine.ts';
import { clientLines, healthLines, processLines } from '../../diagnosis/report/subjects/process.ts';
import { errorLines, latencyLines, upstreamLines } from '../../diagnosis/report/subjects/traffic.ts';
import { millis, plain, shortBytes } from '../../diagnosis/report/words.ts';

/** More than that is no answer at a glance; `sentinel diagnose --json` has it all. */
const MOST_LINES = 14;

/** How the last one ended, and what is written down of it. */
function deathLines({ death }: Case): readonly ReportLine[] {
  if (death === null) return [];
  const {
    last_run: last,
    refused_start: refused,
    kernel_lines,
    last_errors,
    crash_files,
    oom_kills_since_start: oom,
  } = death;
  const note = (words: string): ReportLine => ({ mark: 'note', words: plain(words) });
  const ended = last?.ended ?? null;
  return [
    ...(last === null
      ? [note('no earlier run is written down')]
      : [
          note(`last run: pid ${last.pid}, version ${last.version}, as ${last.user}, since ${last.started_at}`),
          note(
            ended === null
              ? 'it ended without a word'
              : `it ended at ${ended.at} by ${ended.signal ?? `exit ${ended.exit_code}`}: ${ended.words}`,
          ),
        ]),
    ...(refused === null ? [] : [note(`start refused at ${refused.at}: ${refused.code} ${refused.words}`)]),
    ...(oom === null ? [] : [note(`killed by the kernel for want of memory since: ${oom}`)]),
    ...kernel_lines.slice(-3).map(({ line }) => note(`kernel: ${line}`)),
    ...crash_files.slice(-1).map(({ path, at, summary }) => note(`crash file ${path} of ${at}: ${summary}`)),
    ...last_errors.slice(-3).map(({ source, line }) => note(`${source}: ${line}`)),
    ...(death.booted_at === null ? [] : [note(`the machine runs since ${death.booted_at}`)]),
  ];
}

const reported: { readonly [K in SectionName]?: (of: Case) => readonly ReportLine[] } = {
  process: processLines,
  death: deathLines,
  endpoints: healthLines,
  daemon: (of) => [...healthLines(of), ...upstreamLines(of)],
  targets: upstreamLines,
  traffic: (of) => [...errorLines(of), ...latencyLines(of)],
  memory: memoryLines,
  certificates: certificateLines,
  config: configLines,
  clients: clientLines,
};

export function sectionLines(name: SectionName, facts: Facts, of: Case): readonly string[] {
  const section = facts.sections[name] as Known<unknown>;
  if (section.state === 'unknown') return [plain(section.why), ...section.tried.map((one) => plain(`tried ${one}`))];
  const lines = reported[name]?.(of).map(({ words }) => words) ?? [];
  const all = lines.length > 0 ? lines : flat(section.value, '');
  const rest = all.length - MOST_LINES;
  if (all.length === 0) return ['nothing to tell'];
  return rest > 0 ? [...all.slice(0, MOST_LINES), `and ${rest} more`] : all;
}

/** `last_run.pid: 812`; a list of things has a line for each. What is not known says nothing. */
function flat(value: unknown, name: string): readonly string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) {
    if (value.length === 0) return [];
    if (value.every((one) => typeof one !== 'object')) return [plain(`${name}: ${value.join(', ')}`)];
    return value.map((one) => plain(`${name}: ${inOne(one)}`));
  }
  if (typeof value === 'object') {
    return Object.entries(value).flatMap(([key, one]) => flat(one, name === '' ? key : `${name}.${key}`));
  }
  return [plain(`${name}: ${inWords(name, value)}`)];
}

/** By the unit that its name says. */
function inWords(name: string, value: unknown): string {
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('_bytes')) return shortBytes(value);
  if (name.endsWith('_ms')) return millis(value);
  return name.endsWith('_ratio') ? `${Number((value * 100).toFixed(1))} %` : String(value);
}

function inOne(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(inOne).join('; ');
  return Object.entries(value)
    .filter(([, one]) => one !== null && one !== '' && !(Array.isArray(one) && one.length === 0))
    .map(([key, one]) => `${key} ${typeof one === 'object' ? inOne(one) : inWords(key, one)}`)
    .join(', ');
}
