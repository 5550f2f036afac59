/**
 * What the kernel's log says of a process that is gone: that it was ended for want of memory, or died of a fault. Asks the device
 * itself, `dmesg` and the journal; whichever answers counts. Lines of other processes are left out.
 */
import { readText } from '../../machine/kernel-file.ts';
import { deviceRecords } from '../../machine/file-end.ts';
import { rfc3339 } from '../../base/units.ts';
import type { LogTail } from '../facts/process.ts';
import type { ProbeContext } from '../probe.ts';
import { askTool, toolFailure } from '../tool-call.ts';

const LIMIT_MS = 1_500;
const MOST_RECORDS = 20_000;
const MOST_LINES = 10;
/** How exactly the time of a line is known. */
const SLACK_MS = 5_000;

/** Whom lines have to be about. */
export interface Deceased {
  readonly pid: number | null;
  /** That of its group; null = not known, or that of the whole machine. */
  readonly cgroup: string | null;
  /** Milliseconds since the epoch; earlier lines are about others. */
  readonly sinceMs: number | null;
}

export interface KernelLog {
  readonly lines: readonly LogTail[];
  readonly unread: readonly { readonly source: string; readonly why: string }[];
}

interface KernelLine {
  readonly source: string;
  readonly atMs: number | null;
  readonly text: string;
}

export async function kernelLog(context: ProbeContext, who: Deceased): Promise<KernelLog> {
  const unread: { source: string; why: string }[] = [];
  const bootedMs = bootTimeMs(context);
  const [device, ...said] = await Promise.all([
    fromDevice(context, bootedMs, unread),
    fromTool(context, 'dmesg', [], bootedMs, unread),
    fromTool(context, 'journalctl', ['-k', '-q', '--no-pager', '-o', 'short-unix', '-n', '2000'], bootedMs, unread),
  ]);
  // The sources are several windows on one log.
  const lines = new Map<string, KernelLine>();
  for (const line of concerning([...device, ...said.flat()], who))
    if (!lines.has(line.text)) lines.set(line.text, line);
  const kept = [...lines.values()];
  return {
    lines: kept.slice(-MOST_LINES).map(({ source, atMs, text }) => ({
      source,
      at: atMs === null ? null : rfc3339(atMs),
      line: text,
    })),
    unread,
  };
}

/** When the machine was started; null when it does not say. */
export function bootTimeMs({ roots }: Pick<ProbeContext, 'roots'>): number | null {
  const stat = readText(`${roots.proc}/stat`);
  const seconds = 'value' in stat ? /^btime (\d+)$/m.exec(stat.value)?.[1] : undefined;
  return seconds === undefined ? null : Number(seconds) * 1000;
}

async function fromDevice(
  { roots }: ProbeContext,
  bootedMs: number | null,
  unread: { source: string; why: string }[],
): Promise<readonly KernelLine[]> {
  try {
    return deviceRecords(roots.kmsg, MOST_RECORDS).flatMap((record) => {
      // `6,1234,5678901,-;text`; lines that go on begin with a space.
      const [, micros, text] = /^\d+,\d+,(\d+),[^;]*;(.*)$/.exec(record) ?? [];
      if (micros === undefined || text === undefined) return [];
      return [{ source: roots.kmsg, atMs: bootedMs === null ? null : bootedMs + Number(micros) / 1000, text }];
    });
  } catch (error) {
    unread.push({ source: roots.kmsg, why: (error as NodeJS.ErrnoException).code ?? String(error) });
    return [];
  }
}

async function fromTool(
  context: ProbeContext,
  program: string,
  args: readonly string[],
  bootedMs: number | null,
  unread: { source: string; why: string }[],
): Promise<readonly KernelLine[]> {
  const result = await askTool(context, program, args, { timeoutMs: LIMIT_MS, maxBytes: 4 << 20 });
  const why = toolFailure(result);
  const source = [program, ...args.slice(0, 1)].join(' ');
  if (why !== null || result.kind !== 'ran') {
    unread.push({ source, why: why ?? '' });
    return [];
  }
  return result.stdout.split('\n').flatMap((line): readonly KernelLine[] => {
    const [, sinceBoot, plain] = /^(?:<\d+>)?\[\s*(\d+\.\d+)\]\s(.*)$/.exec(line) ?? [];
    if (sinceBoot !== undefined && plain !== undefined) {
      return [{ source, atMs: bootedMs === null ? null : bootedMs + Number(sinceBoot) * 1000, text: plain }];
    }
    const [, unix, told] = /^(\d{9,}\.\d+) \S+ kernel: (.*)$/.exec(line) ?? [];
    return unix === undefined || told === undefined ? [] : [{ source, atMs: Number(unix) * 1000, text: told }];
  });
}

const killed = /\bkilled process (\d+) \(/i;
const invoked = /^(\S+) invoked oom-killer\b/;
const fault = /^(?:traps: )?(\S+)\[(\d+)\]:? (?:segfault|general protection|trap|invalid opcode|bad frame)/;

/** In order of time. What wanted memory is told only beside what had to go for it. */
function concerning(
  lines: readonly { readonly source: string; readonly atMs: number | null; readonly text: string }[],
  who: Deceased,
): readonly KernelLine[] {
  const early = ({ atMs }: KernelLine) => who.sinceMs !== null && atMs !== null && atMs < who.sinceMs - SLACK_MS;
  const recent = lines.filter((line) => !early(line)).sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
  const isKill = ({ text }: KernelLine): boolean => {
    const [, pid] = killed.exec(text) ?? [];
    // A name alone may be that of another daemon.
    return pid !== undefined && (Number(pid) === who.pid || inGroup(text, who));
  };
  const kills = recent.filter(isKill);
  return recent.filter((line) => {
    const { text } = line;
    if (kills.includes(line)) return true;
    const [, , pid] = fault.exec(text) ?? [];
    if (pid !== undefined) return who.pid !== null && Number(pid) === who.pid;
    if (kills.length === 0) return false;
    return inGroup(text, who) || invoked.exec(text)?.[1]?.startsWith('sentinel') === true;
  });
}

/** The group of the whole machine says nothing of one process. */
function inGroup(text: string, { cgroup }: Deceased): boolean {
  if (cgroup === null || cgroup === '/') return false;
  return [...text.matchAll(/\b(?:oom_memcg|task_memcg)=([^,\s]+)/g)].some(([, group]) => group === cgroup);
}
