/** What became of a configuration on trial, as the outcome of the command that watched it: its status, its finding, its words. */
import type { ApplyReply, EndedChange } from '../../admin/contract/commit-shapes.ts';
import type { Reply } from '../../admin/client/client.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Outcome, Status } from '../command.ts';
import type { Style } from '../streams.ts';
import { printable, sideBySide } from '../text.ts';
import type { TrialEnd } from './trial-watch.ts';

interface Told {
  readonly exitCode: ExitCode;
  readonly status: Status;
  readonly finding: Finding | null;
  readonly words: (style: Style) => string;
}

export function trialOutcome(
  { data, daemon, generation, notes }: Reply<ApplyReply>,
  end: TrialEnd,
  more: Readonly<Record<string, unknown>>,
): Outcome {
  const id = data.pending?.id ?? '';
  const { exitCode, status, finding, words } = told(end, id, data);
  return {
    kind: 'report',
    exitCode,
    status,
    data: { ...data, ...more, ended: end.kind === 'ended' ? end.ended : null },
    findings: finding === null ? [] : [finding],
    warnings: [...data.warnings, ...notes],
    daemon,
    generation,
    text: (style) => `${words(style)}\n`,
  };
}

function told(end: TrialEnd, id: string, { generation }: ApplyReply): Told {
  switch (end.kind) {
    case 'ended':
      return endedTold(end.ended, generation);
    case 'stuck': {
      const detail = `${id} was to be rolled back and could not: ${end.pending.problem ?? 'no reason is known'}; generation ${generation} runs on`;
      const next = `sentinel config rollback ${id}`;
      return failed(exitCodes.problems, 'problems', 'SNT-P024', 'rollback failed', detail, next);
    }
    case 'forgotten': {
      const detail = `the daemon was started anew and knows nothing of ${id}; what runs now is in its status`;
      return failed(
        exitCodes.unknown,
        'unknown',
        'SNT-A021',
        'what became of it is not known',
        detail,
        'sentinel status',
      );
    }
    case 'detached':
      return {
        exitCode: end.exitCode,
        status: 'unknown',
        finding: null,
        words: (style) =>
          [
            `detached: ${id} stays pending`,
            sideBySide(
              [`confirm: sentinel config confirm ${id}`, `abort: sentinel config rollback ${id}`],
              style.columns,
            ),
          ].join('\n'),
      };
  }
}

function endedTold({ id, result, cause, why, in_force: inForce }: EndedChange, generation: number): Told {
  switch (result) {
    case 'confirmed':
      return {
        exitCode: exitCodes.ok,
        status: 'ok',
        finding: null,
        words: (style) =>
          `${style.green('✓')} ${id} was confirmed: generation ${generation} stays, and its file is written`,
      };
    case 'replaced': {
      const detail = `${id} was replaced by another change`;
      return failed(exitCodes.problems, 'problems', 'SNT-A021', 'replaced', detail, 'sentinel status');
    }
    case 'rolled_back': {
      const by = {
        timer: 'by the timer',
        guard: 'by a guard',
        operator: 'by order',
        boot: 'at the start of the daemon',
      };
      const reason = why === null ? '' : `: ${why}`;
      const detail = `${id} was rolled back ${by[cause ?? 'operator']}${reason}; generation ${inForce} is in force, with what ran before`;
      const next = cause === 'guard' ? 'sentinel events --kind config_rollback' : 'sentinel config history';
      return failed(exitCodes.rolledBack, 'problems', 'SNT-P023', 'rolled back', detail, next);
    }
  }
}

function failed(
  exitCode: ExitCode,
  status: Status,
  code: Finding['code'],
  title: string,
  detail: string,
  next: string,
): Told {
  return {
    exitCode,
    status,
    finding: { code, severity: 'error', title, detail, suggestion: { text: next, command: next } },
    words: (style) => `${style.red('✗')} ${printable(detail)}\n  ${style.cyan('next:')} ${next}`,
  };
}
