/** How drains read: the head, the line that is brought up to date, what they wait for, how they end. Pure; prints nothing. */
import type { DrainPreview, DrainState, DrainWork } from '../../admin/contract/drain-shapes.ts';
import type { Style } from '../streams.ts';
import { countText, durationText, momentText, printable, sideBySide } from '../text.ts';

const SHOWN = 3;

/** `drain 10.1.1.10:8080  (api-backend, web)   reason: kernel patch   deadline 5m   on-timeout: wait` */
export function headLine(drain: DrainState, style: Style): string {
  const reason = drain.reason === null ? [] : [`reason: ${printable(drain.reason)}`];
  const expires = drain.expires_at === null ? [] : [`until ${momentText(drain.expires_at)}`];
  const facts = [
    `(${drain.upstreams.map(printable).join(', ')})`,
    ...reason,
    `deadline ${durationText(drain.timeout_ms).replace(/ 00[smh]$/, '')}`,
    `on-timeout: ${drain.on_timeout}`,
    ...expires,
  ];
  return `${style.bold(`drain ${printable(drain.target)}`)}  ${facts.join('   ')}  ${style.dim(drain.id)}`;
}

/** `00:07  in-flight 38→12   ws 2   idle sockets 0 (closed 14)   eta ~9s`; without the time nothing in it changes by itself. */
export function progressLine(drain: DrainState): string {
  const { at_start: start, now, eta_ms: eta, idle_closed: closed } = drain;
  const overdue = drain.overdue && drain.state === 'draining' ? ['deadline passed'] : [];
  return [
    `in-flight ${countText(start.in_flight - start.websockets)}→${countText(now.in_flight - now.websockets)}`,
    `ws ${countText(now.websockets)}`,
    `idle sockets ${countText(now.idle)} (closed ${countText(closed)})`,
    ...(eta === null || eta === 0 ? [] : [`eta ~${durationText(Math.max(1000, eta))}`]),
    ...overdue,
  ].join('   ');
}

/** What of the line somebody should hear of: not the estimate, which moves all the time. */
export function progressKey(drain: DrainState): string {
  const { now, state, overdue } = drain;
  return [state, now.in_flight, now.websockets, overdue].join();
}

/** `waiting on: GET /export (3m10s, client 10.9.0.4) · ws /live ×2 (oldest 2h)`; empty when there is nothing to say. */
export function waitingLine(drain: DrainState): string {
  const { waiting_on: work, unanswered } = drain;
  const requests = work.filter(({ websocket }) => !websocket);
  const paths = Map.groupBy(
    work.filter(({ websocket }) => websocket),
    ({ path }) => path,
  );
  const sockets = [...paths].map(([path, of]) => webSocketWords(path, of));
  const named = [...requests.map(requestWords), ...sockets];
  const more = named.length - SHOWN;
  const words = [...named.slice(0, SHOWN), ...(more > 0 ? [`${more} more`] : [])];
  if (unanswered.length > 0) words.push(`worker ${unanswered.join(', ')} does not answer`);
  return words.length === 0 ? '' : `waiting on: ${words.join(' · ')}`;
}

function requestWords({ method, path, age_ms, client_ip }: DrainWork): string {
  return `${printable(method)} ${printable(path)} (${durationText(age_ms)}, client ${client_ip})`;
}

function webSocketWords(path: string, of: readonly DrainWork[]): string {
  const oldest = durationText(Math.max(...of.map(({ age_ms }) => age_ms)));
  return of.length === 1
    ? `ws ${printable(path)} (${oldest})`
    : `ws ${printable(path)} ×${of.length} (oldest ${oldest})`;
}

/** `00:07`, `1:02:03`: since it began. */
export function elapsedText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(seconds % 60)}`;
}

/** How it stands when the command ends, and what to type next. */
export function closingLines(drain: DrainState, style: Style): string {
  const target = printable(drain.target);
  const counted = `${countText(drain.cut)} cut, ${countText(drain.finished)} finished`;
  const next = (command: string) => `   ${style.cyan('next:')} ${command}`;
  const left = `${countText(drain.now.in_flight)} in flight`;
  switch (drain.result) {
    case 'undrained':
    case 'cancelled':
      return `${style.yellow('▲')} somebody took ${target} back: it takes requests again (${left})\n`;
    case 'expired':
      return `${style.yellow('▲')} the time of the drain is over: ${target} takes requests again (${left})\n`;
    case 'restored':
      return `${style.red('✗')} deadline passed with ${left}: ${target} takes requests again, as --on-timeout restore says${next(again(drain))}\n`;
    case 'gone':
      return `${style.green('✓')} ${target} has left the configuration; ${counted}\n`;
    case 'removed':
      return `${style.green('✓')} drained in ${tookText(drain)}  ${counted}; ${target} was removed\n`;
    case null:
      break;
  }
  if (drain.state === 'drained') {
    const mark = drain.cut > 0 ? style.red('✗ deadline passed,') : style.green('✓');
    return `${mark} drained in ${tookText(drain)}  ${counted}.${next(`sentinel undrain ${target}`)}\n`;
  }
  return `${style.red('✗')} deadline passed with ${left}: ${target} goes on draining\n${sideBySide([`  ${style.cyan('next:')} sentinel drain ${target}`, `  ${style.cyan('undo:')} sentinel undrain ${target}`], style.columns)}\n`;
}

function again({ target, on_timeout: onTimeout }: DrainState): string {
  return `sentinel drain ${printable(target)} --timeout 10m --on-timeout ${onTimeout}`;
}

function tookText({ started_at, drained_at, ended_at }: DrainState): string {
  return durationText(Math.max(0, Date.parse(drained_at ?? ended_at ?? started_at) - Date.parse(started_at)));
}

/** What was changed besides, or could not be. */
export function followUpLines({ follow_up: followUp }: DrainState, style: Style): string {
  if (followUp === null || followUp.state === 'waiting') return '';
  const mark = followUp.state === 'done' ? '' : `${style.red('✗')} could not be done: `;
  return followUp.lines.map((line) => `${mark}${printable(line)}\n`).join('');
}

/** What brings a removed target back: in the file the history knows the way. */
export function undoOfRemoval({ upstreams, target, result, follow_up: followUp }: DrainState, style: Style): string {
  if (result !== 'removed' || followUp?.state !== 'done') return '';
  const commands = followUp.persist
    ? ['sentinel config rollback']
    : upstreams.map((name) => `sentinel override clear target ${printable(name)}/${printable(target)}`);
  return commands.map((command) => `  ${style.cyan('undo:')} ${command}\n`).join('');
}

/** As much of a preview as is known without asking the daemon to judge: what is null is not said. */
export type KnownPreview = Omit<DrainPreview, 'websockets' | 'routes'> & {
  readonly websockets: DrainPreview['websockets'] | null;
  readonly routes: DrainPreview['routes'] | null;
};

/** What an upstream loses, in numbers. */
export function previewWords(preview: KnownPreview): string {
  const { upstream, left, total, min_healthy, draining, down, in_flight, websockets, idle, requests_per_s } = preview;
  const out = [...(draining > 0 ? [`${draining} draining`] : []), ...(down > 0 ? [`${down} down`] : [])];
  const least = `min-healthy ${min_healthy}${out.length === 0 ? '' : `; ${out.join(', ')} already`}`;
  const held = preview.sticks ? '; its clients move to others' : '';
  return `${printable(upstream)}: ${left}/${total} take requests then (${least}), ${loadWords(preview)}; now ${requests_per_s}/s, ${countText(in_flight)} in flight${websockets === null ? '' : `, ${websockets} ws`}, ${idle} idle sockets${held}`;
}

function loadWords({ load_ratio: ratio, routes }: KnownPreview): string {
  if (ratio !== null) return `est. load on the rest ${Math.round(ratio * 100)} %`;
  if (routes === null) return 'nobody is left: its routes answer 503, or go to their fallback';
  const without = routes.filter(({ fallback }) => fallback === null).map(({ id }) => id);
  if (routes.length === 0) return 'nobody is left, and no route comes here';
  if (without.length === 0) return 'nobody is left: its routes go to their fallback';
  return `nobody is left: ${without.map(printable).join(', ')} would answer 503`;
}
