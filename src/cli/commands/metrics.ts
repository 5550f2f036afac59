/** `sentinel metrics`: the series that the daemon exposes, for people, or some of them as they are. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { daemonOf } from '../daemon.ts';
import { type Family, type FamilySample, readFamilies } from '../../admin/client/exposition-text.ts';
import type { Style } from '../streams.ts';
import { printable } from '../text.ts';

const prefix = 'sentinel_';

export async function run(invocation: Invocation): Promise<Outcome> {
  const wanted = invocation.arguments('name').map(matcherOf);
  const client = daemonOf(invocation);
  const { status, text: exposition } = await client.text('/metrics');
  if (status !== 200) {
    throw new SentinelError(
      'SNT-A005',
      `the daemon exposes no metrics at /metrics (status ${status}); observability.metrics says whether and where`,
      {
        hint: 'sentinel config print',
      },
    );
  }
  const families = readFamilies(exposition).filter(
    ({ name }) => wanted.length === 0 || wanted.some((matches) => matches(name)),
  );
  const found = families.length > 0;
  const names = invocation.arguments('name').join(', ');
  const missing = `no series is called ${names}, or begins like that`;
  return {
    kind: 'report',
    exitCode: found ? exitCodes.ok : exitCodes.problems,
    status: found ? 'ok' : 'problems',
    data: {
      series: families.map(({ name, type, help, samples }) => ({ name, type, help, samples: samples.map(plain) })),
    },
    findings: found ? [] : [{ code: 'SNT-P049', severity: 'error', title: 'no such series', detail: missing }],
    text: (style) => {
      if (!found) return `${printable(missing)}\n${style.cyan('next:')} sentinel metrics\n`;
      if (invocation.flag('raw')) return families.map(({ lines }) => `${lines.join('\n')}\n`).join('');
      return families.map((family) => familyText(family, style)).join('\n');
    },
  };
}

/** A name, the beginning of one, both with or without `sentinel_`, or a regular expression somewhere in it. */
function matcherOf(wanted: string): (name: string) => boolean {
  if (/^\w+$/.test(wanted)) return (name) => name.startsWith(wanted) || name.startsWith(prefix + wanted);
  let pattern: RegExp;
  try {
    pattern = new RegExp(wanted);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '';
    throw new SentinelError('SNT-P040', `${JSON.stringify(wanted)} is neither a name nor a regular expression${why}`, {
      hint: 'sentinel metrics --help',
    });
  }
  return (name) => pattern.test(name);
}

/** JSON knows no NaN and nothing infinite. */
function plain({ name, labels, value }: FamilySample) {
  return { name, labels, value: Number.isFinite(value) ? value : null };
}

function familyText({ name, type, help, samples }: Family, style: Style): string {
  // Thirteen buckets for each route would bury what they count.
  const shown = samples.filter((sample) => !sample.name.endsWith('_bucket') || type !== 'histogram');
  const lefts = shown.map((sample) => leftText(name, sample));
  const rights = shown.map(({ value }) => valueText(value));
  const width = Math.max(0, ...lefts.map((left) => left.length));
  const valueWidth = Math.max(0, ...rights.map((right) => right.length));
  const lines = shown.map(
    (_, index) => `  ${(lefts[index] ?? '').padEnd(width)}  ${(rights[index] ?? '').padStart(valueWidth)}`,
  );
  const left = samples.length === shown.length ? '' : style.dim('  buckets: --raw\n');
  const none = samples.length === 0 ? style.dim('  nothing yet\n') : '';
  return `${style.bold(name)}  ${style.dim(`${type}: ${help}`)}\n${lines.map((line) => `${line.trimEnd()}\n`).join('')}${left}${none}`;
}

/** `route=app status=200`, and in front what the sample adds to the name of its family. */
function leftText(family: string, { name, labels }: FamilySample): string {
  const part = name.slice(family.length).replace(/^_/, '');
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${printable(value).replaceAll('\n', ' ')}`);
  return [...(part === '' ? [] : [part]), ...pairs].join(' ');
}

/** Whole numbers in groups, others to six digits. */
function valueText(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Number.isInteger(value)) return String(value).replace(/\B(?=(\d{3})+$)/g, ' ');
  return String(Number(value.toPrecision(6)));
}
