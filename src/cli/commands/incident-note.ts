/** `sentinel incident note`: a line, or what comes in on standard input, into the journal. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { clockText } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';

/** More than this the journal would refuse. */
const MOST_BYTES = 256 << 10;

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  const text = await textOf(invocation);
  const incident = await store.append(id, [{ kind: 'note', text }]);
  const note = incident.notes.at(-1);
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, note },
    text: (style) =>
      `${style.green('✓')} noted in ${id} at ${clockText(note?.at ?? '', invocation.clock.wallMs())}, entry ${incident.head.seq}\n`,
  };
}

/** @throws SNT-P040 there is nothing to note */
async function textOf({ arguments: words, stdin }: Invocation): Promise<string> {
  const given = words('text').join(' ');
  const text = given === '-' ? (await stdin.readUpTo(MOST_BYTES)).toString('utf8').trimEnd() : given.trim();
  if (text !== '') return text;
  throw new SentinelError('SNT-P040', 'the note is empty', { hint: 'sentinel incident note "what you see"' });
}
