/** The table of `cert-check`: one line for each certificate, on disk, loaded and served beside each other. */
import { kindOf } from '../../certs/key-kind.ts';
import { spanText } from '../../certs/lifetime.ts';
import { fingerprintOf } from '../../certs/material.ts';
import { codes } from '../../base/codes.ts';
import { type FittedColumn, fittedTable } from '../fitted-table.ts';
import { usesOf } from '../certificate-uses.ts';
import type { Output, Style } from '../streams.ts';
import { type Checked, type InUse, type Seen, firstToEnd, shortFingerprint } from '../../config/cert-check/checked.ts';

export function certTable(rows: readonly Checked[], nowMs: number, style: Style, output: Output): string {
  if (rows.length === 0) return '';
  const live = rows.some(({ inUse }) => inUse.loaded.state !== 'none' || inUse.served.state !== 'none');
  const remote = rows.every(({ source }) => source === 'remote');
  const columns: readonly FittedColumn[] = [
    { title: 'NAME' },
    // The bundles of a listener or an upstream have its name.
    { title: 'USE', drop: 1, carry: (name, use) => `${name}${/ (?:CA|CRL)$/.exec(use)?.[0] ?? ''}` },
    { title: remote ? 'SERVED' : 'ON DISK' },
    ...(live ? [{ title: 'LOADED' }, { title: 'SERVED' }] : []),
    { title: 'KEY', drop: 2 },
    { title: 'ENDS IN', right: true },
    { title: 'LEFT', right: true, drop: 3 },
    { title: 'VERDICT' },
  ];
  return fittedTable(
    columns,
    rows.map((row) => ({ cells: cellsOf(row, live, nowMs), paint: paintOf(row, style) })),
    style,
    output,
  );
}

function cellsOf(row: Checked, live: boolean, nowMs: number): readonly string[] {
  const { name, source, use, leaf, members, inUse, judged } = row;
  const first = firstToEnd(judged === null ? members : [judged.chain.leaf, ...judged.chain.intermediates]);
  const left = first === null ? null : first.validToDate.getTime() - nowMs;
  const whole = first === null ? 1 : first.validToDate.getTime() - first.validFromDate.getTime();
  const named = source === 'file' || source === 'remote';
  const kind = !named ? usesOf[source] : leaf === null && use === 'server' ? '–' : use;
  const others = members.length > 1 ? ` +${members.length - 1}` : '';
  return [
    name,
    kind,
    leaf === null ? '?' : `${shortFingerprint(fingerprintOf(leaf))}${others}`,
    ...(live ? [seenText(inUse.loaded), servedText(inUse)] : []),
    leaf === null ? '–' : kindOf(leaf.publicKey),
    left === null ? '?' : left < 0 ? `${spanText(-left)} ago` : spanText(left),
    left === null ? '?' : `${Math.max(0, Math.floor((left / whole) * 100))} %`,
    verdictText(row),
  ];
}

function seenText({ state, fingerprint }: Seen): string {
  if (fingerprint === null) return state === 'none' ? '–' : '?';
  return state === 'same' ? 'same' : shortFingerprint(fingerprint);
}

/** `same` is what the files hold: what is served as it was loaded is another one while a renewal waits for its reload. */
function servedText({ loaded, served }: InUse): string {
  if (served.state === 'same' && loaded.state === 'differs') return shortFingerprint(served.fingerprint);
  return seenText(served);
}

/** The worst that was found, and how much more. */
function verdictText({ findings }: Checked): string {
  const problems = findings.filter(({ severity }) => severity === 'error' || severity === 'warning');
  const worst = problems.find(({ severity, unknown }) => severity === 'error' && unknown !== true) ?? problems[0];
  if (worst === undefined) return '✓ ok';
  const glyph = worst.unknown === true ? '?' : worst.severity === 'error' ? '✗' : '▲';
  const more = problems.length === 1 ? '' : `, ${problems.length - 1} more`;
  return `${glyph} ${codes[worst.code].title}${more}`;
}

function paintOf({ findings }: Checked, style: Style): (text: string) => string {
  if (findings.some(({ severity }) => severity === 'error')) return style.red;
  if (findings.some(({ severity }) => severity === 'warning')) return style.yellow;
  return (text) => text;
}
