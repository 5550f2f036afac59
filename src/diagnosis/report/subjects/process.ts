/** The lines of the daemon itself: whether it runs, how the last one ended, whether it answers, who connects. */
import { type Case, lasting, percent } from '../../case.ts';
import type { EndpointAnswers } from '../../facts/network.ts';
import type { ReportLine } from '../report.ts';
import { counted, firstOf, millis, moment, shortCount } from '../words.ts';
import { isDown, line, unknownLine } from './line.ts';

/** More would push what matters off the screen. */
const shownHolders = 3;

export function processLines(of: Case): readonly ReportLine[] {
  const { process, descriptors, memory, daemon } = of;
  if (process === null) return unknownLine(of, 'process', 'whether it runs is');
  if (process.pid === null) return [line('bad', 'no process'), ...systemdLines(of), ...deathLines(of)];
  const { pid, kernel_state: state, uptime_ms: uptime } = process;
  const frozen = state === 'T' || state === 't';
  const restarts = daemon?.workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const said = [
    `${frozen ? 'stopped by a signal (state T),' : 'running'} pid ${pid}`,
    ...(uptime === null ? [] : [`up ${lasting(uptime)}`]),
    ...(restarts === undefined ? [] : [`worker restarts ${restarts}`]),
  ];
  const dead = daemon?.workers.filter(({ alive, leaving }) => !alive && !leaving) ?? [];
  return [
    line(frozen ? 'bad' : 'ok', said.join(', ')),
    ...(dead.length === 0 ? [] : [line('bad', `${counted(dead.length, 'worker')} not up`)]),
    ...(typeof descriptors?.open !== 'number' || descriptors.soft_limit === null
      ? []
      : [
          line(
            descriptors.open > descriptors.soft_limit * 0.8 ? 'warn' : 'ok',
            `fd ${shortCount(descriptors.open)}/${shortCount(descriptors.soft_limit)}`,
          ),
        ]),
    ...(typeof memory?.cgroup.oom_kills !== 'number'
      ? []
      : [line(memory.cgroup.oom_kills > 0 ? 'note' : 'ok', `oom_kill ${memory.cgroup.oom_kills}`)]),
    ...systemdLines(of),
  ];
}

/** What the unit says, where that is not simply that it runs. */
function systemdLines({ process }: Case): readonly ReportLine[] {
  const unit = process?.systemd ?? null;
  if (unit === null || (unit.active === 'active' && unit.restarts === 0)) return [];
  const failed = unit.active === 'failed' || unit.result !== 'success';
  const words = [`${unit.unit} ${unit.active} (${unit.sub})`, `result ${unit.result}`, `restarts ${unit.restarts}`];
  return [line(failed ? 'bad' : unit.restarts > 0 ? 'warn' : 'note', words.join(', '))];
}

/** How the last one ended, as far as anything says. */
function deathLines({ death, process }: Case): readonly ReportLine[] {
  if (death === null) return [];
  const left = process?.pid_files.find(({ pid, alive }) => pid !== null && !alive);
  const { last_run: last, refused_start: refused, crash_files: crashes } = death;
  const ended = last?.ended ?? null;
  return [
    ...(last === null
      ? [
          left === undefined
            ? line('note', 'no record of an earlier run')
            : line('bad', `pid ${left.pid} of ${left.path} is gone`),
        ]
      : ended === null
        ? [line('bad', `pid ${last.pid}, started ${moment(last.started_at)}, ended without a word`)]
        : [
            line(
              ended.exit_code === 0 ? 'note' : 'bad',
              `pid ${last.pid} ended ${moment(ended.at)} with ${ended.signal ?? `exit ${ended.exit_code}`}: ${ended.words}`,
            ),
          ]),
    ...(refused === null ? [] : [line('bad', `start refused ${moment(refused.at)}: ${refused.code} ${refused.words}`)]),
    ...crashes.slice(-1).map(({ path, at }) => line('bad', `crash file ${path} of ${moment(at)}`)),
  ];
}

export function healthLines(of: Case): readonly ReportLine[] {
  const { endpoints, daemon } = of;
  if (endpoints === null) return isDown(of) ? [] : unknownLine(of, 'endpoints', 'whether it answers is');
  if (isDown(of)) return [];
  const several = endpoints.listeners.length > 1;
  const asked = endpoints.listeners.flatMap(({ id, health, ready }) =>
    [health, ready].map((answers) => answerLine(answers, several ? `${id} ` : '')),
  );
  // Two lines of a listener that are well say the same as one for each path.
  const wrong = asked.filter(({ mark }) => mark !== 'ok');
  const good = asked.filter(({ mark }) => mark === 'ok');
  const { shown, more } = firstOf(good, 4);
  const { admin, metrics } = endpoints;
  const state = daemon?.status.state ?? 'ready';
  return [
    ...wrong,
    ...shown,
    ...(more > 0 ? [line('ok', `and ${more} more`)] : []),
    ...(state === 'ready'
      ? []
      : [line(state === 'draining' ? 'warn' : 'bad', `says ${state.replace('_', ' ')}: ${reasonsOf(of)}`)]),
    admin.reached
      ? line('ok', `admin in ${millis(admin.took_ms)}`)
      : line('bad', `admin does not answer${admin.why === null ? '' : `: ${admin.why}`}`),
    ...(metrics.address === null || metrics.status === 200
      ? []
      : [line('warn', `metrics ${metrics.address}: ${metrics.why ?? `status ${metrics.status}`}`)]),
  ];
}

function reasonsOf({ daemon }: Case): string {
  return daemon?.status.reasons.join(', ') ?? '';
}

function answerLine({ path, asked, good, p50_ms, why, others }: EndpointAnswers, prefix: string): ReportLine {
  if (asked === 0) return line('unknown', `${prefix}${path} not asked${why === null ? '' : `: ${why}`}`);
  if (good === asked) return line('ok', `${prefix}${path} 200${p50_ms === null ? '' : ` in ${millis(p50_ms)}`}`);
  const other = others[0];
  const what =
    why ?? (other === undefined ? 'no good answer' : `${other.status} by ${other.by === 'unknown' ? '?' : other.by}`);
  return line(good === 0 ? 'bad' : 'warn', `${prefix}${path} ${good} of ${asked} well: ${what}`);
}

export function clientLines(of: Case): readonly ReportLine[] {
  const { ports, daemon, clients, thresholds, firewall } = of;
  const lines: ReportLine[] = [];
  for (const one of ports?.wanted ?? []) {
    const strangers = one.holders.filter(({ daemon: own }) => !own);
    if (strangers.length > 0) {
      const names = firstOf(strangers, shownHolders).shown.map(({ name, pid }) => `${name} (pid ${pid})`);
      lines.push(line('bad', `${one.what} ${one.address} is held by ${names.join(', ')}`));
    } else if (one.holders.length === 0 && !one.held_by_unseen && !isDown(of)) {
      lines.push(line('bad', `${one.what} ${one.address}: nobody listens`));
    }
    const queue = one.accept_queue;
    if (queue !== null && queue.most > 0 && queue.waiting >= queue.most * 0.8)
      lines.push(line('bad', `${one.what} accept queue ${queue.waiting}/${queue.most}`));
  }
  const dropped = ports?.listen_overflows?.during_probe ?? 0;
  if (dropped > 0) lines.push(line('bad', `accept queues overflow: ${dropped} dropped just now`));
  for (const { port, rule } of firstOf(firewall?.rules ?? [], 2).shown)
    lines.push(line('warn', `firewall, port ${port}: ${rule}`));
  if (daemon !== null) {
    const open = daemon.status.counts.open_connections;
    const most = daemon.limits.max_total_connections;
    const full = most > 0 && open >= most * thresholds.connectionsRatio;
    const of_ = most > 0 ? `/${shortCount(most)}` : '';
    lines.push(line(full ? (open >= most ? 'bad' : 'warn') : 'ok', `connections ${shortCount(open)}${of_}`));
  }
  const top = clients?.by_address.clients[0];
  if (clients !== null && top !== undefined) {
    const rate = clients.usual_requests_per_s;
    const usual = rate === null ? '' : ` (usually ${shortCount(rate)})`;
    lines.push(line('note', `${shortCount(clients.requests_per_s)} req/s${usual}`));
    lines.push(line('note', `top ${top.key} ${percent(top.share)}`));
    if ((clients.refused_ratio ?? 0) >= 0.05)
      lines.push(line('warn', `${percent(clients.refused_ratio ?? 0)} refused by limits`));
  }
  return lines.length > 0 || isDown(of) ? lines : unknownLine(of, 'ports', 'who listens is');
}
