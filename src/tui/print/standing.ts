/**
 * How it stands, as an exit status and findings: what `--once` and `--json` end with, whichever of the two is asked for. The verdict
 * decides, and that every daemon answered; which view is shown and what it filters does not. Pure.
 */
import { codes, type ErrorCode } from '../../base/codes.ts';
import { type ExitCode, exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Status } from '../../cli/command.ts';
import { isDenied } from '../../cli/failure.ts';
import { causes } from '../../diagnosis/causes.ts';
import type { Notice, Suspicion } from '../../diagnosis/judgement.ts';
import type { NodeState, State } from '../store/state.ts';

export interface Standing {
  readonly exitCode: ExitCode;
  readonly status: Status;
  readonly findings: readonly Finding[];
  readonly warnings: readonly string[];
}

/** @param refusals By node: the code with which it did not answer. */
export function standingOf(state: State, refusals: ReadonlyMap<string, ErrorCode>): Standing {
  const several = state.nodes.length > 1;
  return {
    ...exitOf(state, refusals),
    findings: state.nodes.flatMap((node) => findingsOf(node, refusals.get(node.node), several)),
    warnings: state.nodes.flatMap((node) => warningsOf(node, several)),
  };
}

/** Problems before what is not known (operator.md §7); not let in only where that is all that is wrong. */
function exitOf({ nodes }: State, refusals: ReadonlyMap<string, ErrorCode>): Pick<Standing, 'exitCode' | 'status'> {
  if (nodes.some(hasProblems)) return { exitCode: exitCodes.problems, status: 'problems' };
  const unknown = nodes.filter((node) => !isClean(node));
  if (unknown.length === 0) return { exitCode: exitCodes.ok, status: 'ok' };
  const denied = unknown.every(({ node, lost }) => lost !== null && isDenied(refusals.get(node) ?? 'SNT-A001'));
  return { exitCode: denied ? exitCodes.denied : exitCodes.unknown, status: 'unknown' };
}

function answers({ lost, reading }: NodeState): boolean {
  return lost === null && reading !== null;
}

function hasProblems(node: NodeState): boolean {
  return answers(node) && node.verdict?.status === 'problems';
}

function isClean(node: NodeState): boolean {
  return answers(node) && node.verdict?.status === 'ok';
}

function findingsOf(node: NodeState, refusal: ErrorCode | undefined, several: boolean): readonly Finding[] {
  const where = several ? `${node.node}: ` : '';
  if (!answers(node)) {
    const code = refusal ?? 'SNT-A001';
    const command = `sentinel status${several ? ` --daemon ${node.node}` : ''}`;
    return [
      {
        code,
        severity: 'error',
        title: codes[code].title,
        detail: `${node.node}: ${node.lost?.why ?? 'it has not answered'}`,
        resource: { kind: 'daemon', name: node.node },
        suggestion: { text: command, command },
      },
    ];
  }
  if (node.verdict === null) {
    const detail = `${where}${node.unjudged ?? 'it has not been judged'}`;
    return [{ code: 'SNT-P107', severity: 'warning', title: 'not known', detail }];
  }
  return [
    ...node.verdict.causes.map((one) => causeOf(one, where)),
    ...node.verdict.notices.map((one) => noticeOf(one, where)),
  ];
}

function causeOf({ cause, detail, resource, evidence, next: [command] }: Suspicion, where: string): Finding {
  const { code } = causes[cause];
  return {
    code,
    severity: 'error',
    title: codes[code].title,
    detail: `${where}${detail}`,
    ...(resource === null ? {} : { resource }),
    evidence,
    ...(command === undefined ? {} : { suggestion: { text: command, command } }),
  };
}

function noticeOf({ code, severity, title, detail, evidence }: Notice, where: string): Finding {
  return { code, severity, title, detail: `${where}${detail}`, evidence };
}

/** What is missing in what is shown. */
function warningsOf({ node, reading }: NodeState, several: boolean): readonly string[] {
  const where = several ? `${node}: ` : '';
  return Object.entries(reading?.unread ?? {}).map(([part, why]) => `${where}${part} could not be read: ${why}`);
}
