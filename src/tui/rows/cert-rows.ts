/** View "Certs": every certificate in use, how long it is good for, and whether the file on disk is what is in use. */
import type { CertState, CertStanding } from '../../admin/contract/cert-shapes.ts';
import { usesOf } from '../../cli/certificate-uses.ts';
import { cell, said, saidCell, unknownCell } from './cells.ts';
import { type Asked, asShown, type Drafted, isSeveral, partOf, whyEmpty, withNode } from './drafted.ts';
import { type Column, type Row, type Standing, standings } from './row.ts';
import type { Shown } from './shown.ts';
import { standingCell } from './standing.ts';

const certColumns: readonly Column[] = [
  { id: 'st', title: 'ST', width: 2, worst: 'high' },
  { id: 'name', title: 'NAME', width: 22, worst: 'low' },
  { id: 'days', title: 'DAYS', right: true, width: 6, worst: 'low' },
  { id: 'state', title: 'STANDING', width: 13, drop: 1, worst: 'high' },
  { id: 'use', title: 'USE', width: 15, drop: 3, worst: 'low' },
  { id: 'disk', title: 'DISK', width: 7, drop: 2, worst: 'high' },
  { id: 'names', title: 'GOOD FOR', worst: 'low' },
  { id: 'key', title: 'KEY', width: 10, drop: 5, wide: true, worst: 'low' },
  { id: 'file', title: 'FILE', width: 36, drop: 4, worst: 'low' },
];

const standingBy: Readonly<Record<CertStanding, Standing>> = {
  ok: 'up',
  warning: 'degraded',
  critical: 'down',
  expired: 'down',
  not_yet_valid: 'down',
};

const wordsBy: Readonly<Record<CertStanding, string>> = {
  ok: 'ok',
  warning: 'ends soon',
  critical: 'ends very soon',
  expired: 'expired',
  not_yet_valid: 'not valid yet',
};

const codeBy: Readonly<Partial<Record<CertStanding, string>>> = {
  warning: 'SNT-T011',
  critical: 'SNT-T011',
  expired: 'SNT-T010',
  not_yet_valid: 'SNT-T012',
};

export function certRows(asked: Asked): Drafted {
  const several = isSeveral(asked);
  const rows = asked.shown.flatMap((shown) =>
    (partOf(shown, 'certs')?.certificates ?? []).map((cert) => certRow(shown, cert, several)),
  );
  return {
    columns: withNode(asked, certColumns),
    rows,
    title: 'Certs',
    empty:
      rows.length === 0
        ? whyEmpty(asked, 'certs', 'no certificates: no listener has tls, and no upstream is asked over TLS')
        : null,
  };
}

/** What tells one certificate from others: the same file may be used in several places. */
export function certId(cert: Pick<CertState, 'name' | 'source'>): string {
  return `${cert.name} ${cert.source}`;
}

export function certStanding({ standing, same_as_disk: same }: Pick<CertState, 'standing' | 'same_as_disk'>): Standing {
  const own = standingBy[standing];
  if (own !== 'up') return own;
  return same === true ? 'up' : same === null ? 'unknown' : 'degraded';
}

function certRow(shown: Shown, cert: CertState, several: boolean): Row {
  const standing = shown.stale ? 'unknown' : certStanding(cert);
  const tone = standing === 'down' ? 'bad' : standing === 'degraded' ? 'warn' : undefined;
  const { days_left: days, same_as_disk: same, names, files } = cert;
  return {
    id: `${shown.node} ${certId(cert)}`,
    node: shown.node,
    thing: { kind: 'cert', name: certId(cert) },
    depth: 0,
    parent: null,
    standing,
    cells: asShown(
      shown,
      {
        st: standingCell(standing),
        name: { ...saidCell(cert.name), tone: 'strong' },
        days: cell(days === 0 ? '·' : String(days), tone),
        state: cell(wordsBy[cert.standing], tone),
        use: cell(usesOf[cert.source]),
        disk: same === null ? unknownCell : same ? cell('same') : cell('differs', 'warn'),
        names: saidCell(names.join(', ')),
        key: saidCell(cert.key_type, 'dim'),
        file: saidCell(files.certificate, 'dim'),
      },
      several,
    ),
    sortBy: {
      st: standings.indexOf(standing),
      name: cert.name,
      days,
      state: standings.indexOf(standingBy[cert.standing]),
      use: cert.source,
      disk: same === null ? 1 : same ? 0 : 2,
      names: names.join(', '),
      key: cert.key_type,
      file: files.certificate,
      node: shown.node,
    },
    badness: standings.indexOf(standing) * 100_000 - days,
    name: [cert.name, ...names, files.certificate].join(' '),
    value: () => undefined,
    why: whyOf(cert),
    code: codeBy[cert.standing] ?? (same === false ? 'SNT-T060' : null),
  };
}

function whyOf({
  standing,
  days_left: days,
  not_after: end,
  same_as_disk: same,
  disk_why: diskWhy,
  served_by: served,
}: CertState): string {
  const left = days < 0 ? `ended ${-days} days ago` : `ends in ${days} days`;
  const disk =
    same === true
      ? []
      : same === null
        ? [`the file on disk cannot be used: ${said(diskWhy ?? 'nobody said why')}`]
        : ['the file on disk is another one: sentinel reload --certs takes it'];
  const where = served.length === 0 ? [] : [`served by ${served.map(said).join(', ')}`];
  return [`${wordsBy[standing]}: ${left} (${said(end).slice(0, 10)})`, ...disk, ...where].join('; ');
}
