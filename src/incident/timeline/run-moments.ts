/** Runs of runbooks as lines of a timeline: that one began, each step that ran, how it ended. What was printed stays in the transcript. */
import type { Entry } from '../../runbook/run/entry.ts';
import { typedLine } from './logged-command.ts';
import type { Moment } from './moment.ts';
import type { TranscriptSource } from './sources.ts';

/** Outcomes of steps in which something ran. */
const ran: ReadonlySet<string> = new Set(['done', 'failed', 'interrupted']);

export function runMoments(runs: readonly TranscriptSource[]): readonly Moment[] {
  return runs.flatMap(({ file, entries }) => {
    const [begun] = entries;
    // A dry run has done nothing.
    if (begun?.kind !== 'begun' || begun.mode !== 'run') return [];
    return entries.flatMap((entry, index): readonly Moment[] => {
      const said = saidOf(entry, begun.runbook);
      if (said === null) return [];
      const { words, severity, at, fields } = said;
      const key = `runbook:${begun.run}:${index}`;
      return [
        {
          at: at ?? entry.at,
          source: 'runbook',
          kind: entry.kind,
          actor: entry.kind === 'resumed' ? entry.actor : begun.actor,
          words,
          severity,
          key,
          fields: { run: begun.run, runbook: begun.runbook, host: begun.host, file, ...fields },
        },
      ];
    });
  });
}

interface Said {
  readonly words: string;
  readonly severity: Moment['severity'];
  /** Where it is not that of the entry. */
  readonly at?: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

function saidOf(entry: Entry, runbook: string): Said | null {
  switch (entry.kind) {
    case 'begun':
      return { words: `runbook ${runbook} begun`, severity: 'info', fields: { pid: entry.pid } };
    case 'resumed':
      return { words: `runbook ${runbook} gone on with`, severity: 'info', fields: { pid: entry.pid } };
    case 'step':
      if (!ran.has(entry.outcome)) return null;
      return stepSaid(`runbook ${runbook}, step ${entry.number} ${entry.name}: ${entry.words}`, entry);
    case 'bash':
      if (!ran.has(entry.outcome)) return null;
      return stepSaid(`runbook ${runbook}, fence ${entry.number} of bash`, entry);
    case 'rollback':
      if (!ran.has(entry.outcome)) return null;
      return stepSaid(`runbook ${runbook}, taken back${entry.step === null ? '' : ` ${entry.step}`}`, entry);
    case 'ended':
      return {
        words: `runbook ${runbook} ${entry.outcome}${entry.exit_code === 0 ? '' : `, exit ${entry.exit_code}`}`,
        severity: entry.exit_code === 0 ? 'info' : 'warn',
        fields: { outcome: entry.outcome, exit_code: entry.exit_code, open: entry.open },
      };
    default:
      return null;
  }
}

function stepSaid(what: string, entry: Extract<Entry, { kind: 'step' | 'bash' | 'rollback' }>): Said {
  const { outcome, command } = entry;
  const argv = command?.argv ?? ('argv' in entry ? entry.argv : null);
  const [program, ...rest] = argv ?? [];
  const typed = program === undefined || entry.kind === 'bash' ? '' : `: ${typedLine({ program, argv: rest })}`;
  const exit = command?.exit ?? null;
  const how = outcome === 'done' ? '' : `, ${outcome}${exit === null ? '' : ` (exit ${exit})`}`;
  return {
    words: `${what}${typed}${how}`,
    severity: outcome === 'done' ? 'info' : 'warn',
    at: command?.started,
    fields: { outcome, exit, argv, duration_ms: command?.duration_ms ?? null },
  };
}
