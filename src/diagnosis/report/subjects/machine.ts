/** The lines of what the daemon stands on: memory, certificates, configuration, and the machine below. */
import { type Case, clockTime, percent } from '../../case.ts';
import type { ReportLine } from '../report.ts';
import { counted, firstOf, shortBytes, shortCount } from '../words.ts';
import { isDown, line, unknownLine } from './line.ts';

/** More would push what matters off the screen. */
const shownCertificates = 3;
const shownProblems = 3;

/** Disks fuller than this are worth a word, and than the second one are full. */
const DISK_WARN = 0.9;
const DISK_FULL = 0.98;

export function memoryLines(of: Case): readonly ReportLine[] {
  const { memory, thresholds } = of;
  if (memory === null) return isDown(of) ? [] : unknownLine(of, 'memory', 'its use is');
  const { rss_bytes: rss, used_ratio: used, limit_bytes: limit, limit_source: source } = memory;
  const free = memory.machine_available_bytes;
  return [
    ...(rss === null
      ? []
      : [
          line(
            (used ?? 0) > thresholds.memoryRatio ? 'warn' : 'ok',
            `${shortBytes(rss)}/${shortBytes(limit)} of the ${source}${used === null ? '' : `, ${percent(used)}`}`,
          ),
        ]),
    ...(free === null
      ? []
      : [line(free < memory.machine_total_bytes * 0.05 ? 'warn' : 'ok', `machine ${shortBytes(free)} free`)]),
  ];
}

export function certificateLines(of: Case): readonly ReportLine[] {
  const { certificates, thresholds } = of;
  if (certificates === null) return unknownLine(of, 'certificates', 'how they are is');
  const all = certificates.certificates;
  if (all.length === 0) return [line('note', 'none configured')];
  const wrong = all.filter(
    ({ problems, days_left: days, in_use: used }) =>
      problems.length > 0 || used === false || (days !== null && days < thresholds.certWarnDays),
  );
  const { shown, more } = firstOf(wrong, shownCertificates);
  const soonest = Math.min(...all.flatMap(({ days_left: days }) => (days === null ? [] : [days])));
  const handshakes = certificates.failed_handshakes.reduce((sum, { count }) => sum + count, 0);
  return [
    ...shown.flatMap(({ file, uses, days_left: days, problems, in_use: used, served_not_after: served }) => {
      const name = uses[0] ?? file;
      const said = firstOf(problems, 2).shown.map(({ code, words, severity }) =>
        line(severity === 'error' ? 'bad' : 'warn', `${name}: ${code} ${words}`),
      );
      const ends = days === null ? null : days < 0 ? `ended ${-days}d ago` : `ends in ${days}d`;
      return [
        ...said,
        ...(said.length > 0 || ends === null
          ? []
          : [line((days ?? 0) < thresholds.certCriticalDays ? 'bad' : 'warn', `${name} ${ends} (${file})`)]),
        ...(used === false
          ? [line('warn', `${name}: another one is served${served === null ? '' : `, until ${served}`}`)]
          : []),
      ];
    }),
    ...(more > 0 ? [line('bad', `and ${counted(more, 'certificate')} more`)] : []),
    ...(wrong.length === all.length
      ? []
      : [
          line(
            'ok',
            `${all.length - wrong.length} good${Number.isFinite(soonest) && wrong.length === 0 ? `, the first ends in ${soonest}d` : ''}`,
          ),
        ]),
    ...(handshakes === 0 ? [] : [line('note', `${counted(handshakes, 'handshake')} failed`)]),
  ];
}

export function configLines(of: Case): readonly ReportLine[] {
  const { config, daemon, permissions } = of;
  const status = daemon?.status ?? null;
  const reload = status?.config.last_reload ?? null;
  const denied = (permissions?.files ?? []).filter(({ allowed }) => allowed === false);
  const same = status?.config.disk_matches_running ?? null;
  const pending = status?.pending ?? null;
  return [
    ...(config === null ? unknownLine(of, 'config', 'whether the file loads is') : fileLines(config)),
    ...(status === null ? [] : [line('ok', `generation ${status.generation}${same === true ? ', same on disk' : ''}`)]),
    ...(same === false ? [line('warn', 'the file on disk is not what runs')] : []),
    ...(pending === null ? [] : [line('note', `on trial: ${pending.id} of ${pending.actor}`)]),
    ...(reload === null || reload.result === 'completed'
      ? []
      : [
          line(
            'bad',
            `reload ${reload.result} at ${clockTime(reload.at)} by ${reload.actor}: ${reload.problems[0] ?? '?'}`,
          ),
        ]),
    ...firstOf(denied, shownProblems).shown.map(({ path, needs, why }) =>
      line('bad', `${permissions?.user ?? '?'} may not ${needs} ${path}${why === null ? '' : `: ${why}`}`),
    ),
  ];
}

function fileLines(config: NonNullable<Case['config']>): readonly ReportLine[] {
  const { path, loads, problems, problem_count: count } = config;
  const name = path ?? 'built in, no file';
  switch (loads) {
    case 'yes':
      return [line('ok', `${name} loads`)];
    case 'missing':
      return [path === null ? line('note', 'no file') : line('bad', `${path} is not there`)];
    case 'unreadable':
      return [line('bad', `${name} cannot be read${problems[0] === undefined ? '' : `: ${problems[0].words}`}`)];
    case 'no': {
      const { shown, more } = firstOf(problems, shownProblems);
      return [
        line('bad', `${name} would not load: ${counted(count, 'mistake')}`),
        ...shown.map(({ code, words, place }) => line('bad', `${place === null ? '' : `${place} `}${code} ${words}`)),
        ...(more > 0 || count > problems.length ? [line('bad', `the others: sentinel validate ${name}`)] : []),
      ];
    }
  }
}

export function machineLines(of: Case): readonly ReportLine[] {
  const { disk, clock, kernel, descriptors } = of;
  const full = (disk?.places ?? []).filter(
    ({ used_ratio: used, read_only: fixed, writable, inodes_used_ratio: inodes }) =>
      used >= DISK_WARN || fixed || writable === false || (inodes ?? 0) >= DISK_WARN,
  );
  const fullest = disk?.places.toSorted((a, b) => b.used_ratio - a.used_ratio)[0];
  const ports = descriptors?.local_ports ?? null;
  const portCount = ports === null ? 0 : ports.last - ports.first + 1;
  const low = (kernel?.settings ?? []).filter(({ verdict }) => verdict === 'low');
  return [
    ...firstOf(full, shownProblems).shown.map(
      ({ path, mount, used_ratio: used, free_bytes: free, read_only: fixed, writable, inodes_used_ratio: inodes }) =>
        line(
          used >= DISK_FULL || fixed || writable === false || (inodes ?? 0) >= DISK_FULL ? 'bad' : 'warn',
          `${path} (${mount ?? '?'}) ${fixed ? 'read-only' : `${percent(used)} full, ${shortBytes(free)} free${(inodes ?? 0) >= DISK_WARN ? `, inodes ${percent(inodes ?? 0)}` : ''}`}`,
        ),
    ),
    ...(disk === null
      ? unknownLine(of, 'disk', 'disk')
      : full.length === 0 && fullest !== undefined
        ? [line('ok', `disk ${percent(fullest.used_ratio)}`)]
        : []),
    ...(clock === null
      ? unknownLine(of, 'clock', 'clock')
      : clock.synchronized === null
        ? [line('unknown', 'clock: nothing says whether it is kept right')]
        : [
            line(
              clock.synchronized ? 'ok' : 'warn',
              clock.synchronized ? 'clock synchronized' : 'clock not synchronized',
            ),
          ]),
    ...(kernel === null
      ? unknownLine(of, 'kernel', 'kernel')
      : [
          ...(kernel.load_1m === null
            ? []
            : [
                line(
                  kernel.load_1m > kernel.cores * 1.5 ? 'note' : 'ok',
                  `load ${kernel.load_1m.toFixed(1)} on ${counted(kernel.cores, 'core')}`,
                ),
              ]),
          ...(low.length === 0
            ? []
            : [line('note', `${counted(low.length, 'setting')} below the advice (${low[0]?.name ?? ''})`)]),
        ]),
    ...(ports === null || portCount === 0
      ? []
      : [
          line(
            (ports.busiest?.count ?? 0) > portCount * 0.8 ? 'bad' : 'ok',
            `local ports ${shortCount(ports.in_use)}/${shortCount(portCount)}`,
          ),
        ]),
  ];
}
