/**
 * The dialogue of `--guided`: asks before each probe that opens connections or that others could notice, and goes through the walk
 * fork by fork. Speaks on standard error; what was answered decides which probes run, and nothing else.
 */
import { glyphs, type Report } from '../../diagnosis/report/report.ts';
import { type Probe, ProbeFault, type ProbeTable } from '../../diagnosis/probe.ts';
import type { SectionName } from '../../diagnosis/facts.ts';
import type { Invocation } from '../command.ts';

/** No answer is longer. */
const LONGEST_ANSWER = 256;

const effects = {
  active: 'opens connections to listeners, targets or name servers',
  intrusive: 'others could notice it',
} as const;

/** The probes that may run; those that were refused find out nothing and say why. @param intrusive agreed to already */
export async function agreedProbes(
  invocation: Invocation,
  probes: Partial<ProbeTable>,
  intrusive: boolean,
): Promise<Partial<ProbeTable>> {
  const { stderr } = invocation;
  const chosen: [SectionName, Probe<SectionName>][] = [];
  for (const probe of Object.values(probes) as readonly Probe<SectionName>[]) {
    if (probe.class === 'passive' || (probe.class === 'intrusive' && intrusive)) {
      chosen.push([probe.name, probe]);
      continue;
    }
    const usual = probe.class === 'active';
    stderr.write(`${stderr.style.bold(probe.title)}\n  ${effects[probe.class]}. Run it? ${usual ? '[Y/n]' : '[y/N]'} `);
    const answer = (await answerOf(invocation)).toLowerCase();
    const yes = answer === '' ? usual : answer.startsWith('y');
    chosen.push([probe.name, yes ? probe : refusedProbe(probe)]);
  }
  return Object.fromEntries(chosen) as Partial<ProbeTable>;
}

function refusedProbe(probe: Probe<SectionName>): Probe<SectionName> {
  return { ...probe, class: 'passive', find: () => Promise.reject(new ProbeFault('you did not want it asked', [])) };
}

/** Question, answer and evidence of each fork; Enter goes on, `q` goes to the verdict. */
export async function showWalk(invocation: Invocation, { path, procedure }: Report): Promise<void> {
  const { stderr } = invocation;
  const { style } = stderr;
  for (const [index, { title, answer, mark, words, evidence, notTaken, leaves }] of path.entries()) {
    stderr.write(`\n${style.bold(`${index + 1}/${path.length} ${title}`)}\n`);
    stderr.write(`  ${glyphs[mark]} ${answer}${words === '' ? '' : `: ${words}`}\n`);
    for (const one of evidence) stderr.write(`    – ${one.words} ${style.dim(`[${one.source}]`)}\n`);
    const on = leaves && procedure !== null ? `to ${procedure.title}` : 'to the next question';
    stderr.write(`  ${style.cyan(`▸ ${on}`)}${notTaken === null ? '' : style.dim(`, not to ${notTaken}`)}\n`);
    stderr.write(style.dim('  Enter goes on, q goes to the verdict '));
    if ((await answerOf(invocation)).toLowerCase().startsWith('q')) break;
  }
  stderr.write('\n');
}

async function answerOf({ stdin }: Invocation): Promise<string> {
  const line = await stdin.readUpTo(LONGEST_ANSWER, '\n');
  return line.toString('utf8').trim();
}
