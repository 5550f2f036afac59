/** `sentinel incident comms`: a message to people outside, filled with what is known. Sends nothing. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { parseDuration, rfc3339 } from '../../base/units.ts';
import { messageOf } from '../../incident/messages/message.ts';
import {
  type Message,
  type MessageFacts,
  type MessageKind,
  messageFormats,
  messageKinds,
} from '../../incident/messages/shapes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { openOrLastIncident } from '../incident/chosen-incident.ts';
import { impactFor } from '../incident/impact-of.ts';
import { incidentPlace, incidentStore } from '../incident/place.ts';
import { incidentFacts, publicSettings } from '../incident/message-facts.ts';
import { oneLine } from '../text.ts';

export async function run(invocation: Invocation): Promise<Outcome> {
  const kind = kindOf(invocation);
  const format = messageFormats.find((one) => one === invocation.option('format')) ?? 'text';
  const maintenance = kind === 'maintenance-announce' || kind === 'maintenance-done';
  const window = windowOf(invocation);
  const named = invocation.argument('id') ?? invocation.option('incident');
  if (maintenance && named === undefined) {
    const facts = { ...ofMaintenance(invocation), ...given(invocation), window };
    return outcome(messageOf(kind, facts, format), null, invocation);
  }
  const store = await incidentStore(invocation);
  const id = await openOrLastIncident(invocation, store);
  const incident = store.read(id);
  const known = maintenance
    ? { ...ofMaintenance(invocation), sev: incident.sev }
    : incidentFacts(invocation, incident, await impactFor(invocation, incident));
  const message = messageOf(kind, { ...known, ...given(invocation), window }, format);
  if (!invocation.flag('draft')) await store.append(id, [{ kind: 'message', message: kind, format }]);
  return outcome(message, id, invocation);
}

function outcome(message: Message, incident: string | null, invocation: Invocation): Outcome {
  const { kind, format, subject, text, blanks, notes } = message;
  const warnings = [
    ...notes,
    ...(blanks.length === 0
      ? []
      : [`${blanks.length === 1 ? 'a blank' : `${blanks.length} blanks`} to fill in: ${blanks.join('  ')}`]),
  ];
  if (!invocation.json)
    for (const one of warnings) invocation.stderr.write(`${invocation.stderr.style.yellow('▲')} ${oneLine(one)}\n`);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident, kind, format, subject, text, blanks },
    ...(invocation.json ? { warnings } : {}),
    text: () => text,
  };
}

/** @throws SNT-P040 there is no such message */
function kindOf(invocation: Invocation): MessageKind {
  const word = invocation.argument('message');
  const kind = messageKinds.find((one) => one === word);
  if (kind !== undefined) return kind;
  throw new SentinelError(
    'SNT-P040',
    `there is no message ${JSON.stringify(word)}, expected one of ${messageKinds.join(', ')}`,
    {
      hint: 'sentinel incident comms initial',
    },
  );
}

/** What the command line says, in place of what is known. */
function given(invocation: Invocation): Partial<MessageFacts> {
  const pairs = (['impact', 'update', 'next', 'cause', 'service', 'title'] as const).flatMap((name) => {
    const text = invocation.option(name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(pairs);
}

function ofMaintenance(invocation: Invocation): MessageFacts {
  const { service } = incidentPlace(invocation);
  return {
    service,
    title: null,
    sev: null,
    phase: 'open',
    impact: null,
    now: rfc3339(invocation.clock.wallMs()),
    started: null,
    resolved: null,
    updateEveryMs: null,
    update: null,
    next: null,
    cause: null,
    window: null,
    hidden: publicSettings(invocation, { config: null }).hidden,
  };
}

/** @throws SNT-P040 it is no stretch of time */
function windowOf(invocation: Invocation): MessageFacts['window'] {
  const text = invocation.option('window');
  if (text === undefined) return null;
  const [start = '', end = '', ...others] = text.split('/');
  const fromMs = momentOf(start);
  const long = parseDuration(end);
  const toMs = long === null ? momentOf(end) : fromMs + long;
  if (others.length === 0 && toMs > fromMs) return { from: rfc3339(fromMs), to: rfc3339(toMs) };
  throw new SentinelError(
    'SNT-P040',
    `--window is ${JSON.stringify(text)}, expected a start and a later end such as 2026-11-22T02:00Z/2026-11-22T03:00Z or 2026-11-22T02:00Z/1h`,
    { hint: 'sentinel incident comms --help' },
  );
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Not a number where it is no time. */
function momentOf(text: string): number {
  return instant.test(text) ? Date.parse(text) : Number.NaN;
}
