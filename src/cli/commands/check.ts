/** `sentinel check`: has targets probed now and says what was found. */
import type { CheckReply, CheckResult } from '../../admin/contract/upstream-shapes.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { fittedTable } from '../fitted-table.ts';
import type { Output, Style } from '../streams.ts';
import { latencyText, printable } from '../text.ts';
import { verdictText } from '../verdicts.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const name = invocation.argument('upstream');
  const client = daemonOf(invocation);
  const reply =
    name === undefined ? await client.call('health-check') : await client.call('upstream-check', { params: { name } });
  const { data, daemon, generation, notes } = reply;
  const failed = data.results.filter(({ ok, code }) => !ok && code !== 'OWN');
  const unknown = [
    ...data.results
      .filter(({ code }) => code === 'OWN')
      .map(({ upstream, target, words }) => ({ upstream: `${upstream}/${target}`, why: words })),
    ...data.skipped.filter(({ reason }) => reason === 'no_target'),
  ];
  const exitCode = failed.length > 0 ? exitCodes.problems : unknown.length > 0 ? exitCodes.unknown : exitCodes.ok;
  return {
    kind: 'report',
    exitCode,
    status: failed.length > 0 ? 'problems' : unknown.length > 0 ? 'unknown' : 'ok',
    data,
    findings: [...failed.map(failure), ...unknown.map(({ upstream, why }) => undetermined(upstream, why))],
    warnings: notes,
    daemon,
    generation,
    text: (style) => text(data, style, invocation.stdout),
  };
}

function failure({ upstream, target, code, words }: CheckResult): Finding {
  const command = `sentinel upstreams ${upstream}`;
  return {
    code: 'SNT-U001',
    severity: 'error',
    title: 'target down',
    detail: `${upstream}/${target} ${code}: ${words}`,
    suggestion: { text: command, command },
  };
}

function undetermined(upstream: string, why: string): Finding {
  return {
    code: 'SNT-U004',
    severity: 'error',
    title: 'upstream could not be checked',
    detail: `${upstream}: ${why}`,
  };
}

const columns = [
  { title: 'UPSTREAM' },
  { title: 'TARGET' },
  { title: 'CHECK', drop: 1 },
  { title: 'RESULT' },
  { title: 'TOOK', right: true, drop: 3 },
  { title: 'STATE', drop: 2 },
  { title: 'WHY' },
];

function text({ results, skipped }: CheckReply, style: Style, output: Output): string {
  const rows = results.map(({ upstream, target, check, ok, code, latency_ms, verdict, words }) => ({
    cells: [
      upstream,
      target,
      check === 'none' ? '– (tcp)' : check,
      `${ok ? '✓' : '✗'} ${code}`,
      latencyText(latency_ms),
      verdictText(verdict),
      check === 'none' ? `${words}; no health check is configured, so that only a connection was tried` : words,
    ],
    paint: ok ? style.green : style.red,
  }));
  const notes = skipped.map(({ upstream, reason, why }) => {
    const line = `upstream ${printable(upstream)} ${printable(why)}`;
    return reason === 'static' ? style.dim(`· ${line}\n`) : style.yellow(`? ${line}\n`);
  });
  if (rows.length === 0 && notes.length === 0) return 'nothing to check: no upstream has a target\n';
  return (rows.length === 0 ? '' : fittedTable(columns, rows, style, output)) + notes.join('');
}
