/** Names of incidents: which ones may be the name of a folder, which one comes next, and the channel that belongs to each. Pure. */
import { SentinelError } from '../../base/errors.ts';

const LONGEST = 64;

/** A folder's name that nothing else means: no path, no hidden file, no option. */
const form = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** @throws SNT-I001 */
export function checkIncidentId(id: string): string {
  const why =
    id === ''
      ? 'it is empty'
      : id.length > LONGEST
        ? `it has ${id.length} characters, expected ${LONGEST} at most`
        : form.test(id)
          ? null
          : 'expected letters, digits, dots, hyphens and underscores, with a letter or a digit first';
  if (why === null) return id;
  throw new SentinelError('SNT-I001', `${JSON.stringify(id.slice(0, 2 * LONGEST))} cannot name an incident: ${why}`, {
    hint: 'leave the id away for the next free one of the day: `sentinel incident open`',
  });
}

/** Whether a folder of that name may be an incident. */
export function isIncidentId(name: string): boolean {
  return name.length <= LONGEST && form.test(name);
}

/**
 * The id after all that are there: `INC-20261121-001`, four digits after 999.
 * @param taken Names in the folder of incidents, whatever they are.
 */
export function nextIncidentId(taken: Iterable<string>, nowMs: number): string {
  const day = `INC-${new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '')}-`;
  let last = 0;
  for (const name of taken) {
    const number = name.startsWith(day) ? /^\d{3,9}$/.exec(name.slice(day.length)) : null;
    if (number !== null) last = Math.max(last, Number(number[0]));
  }
  return `${day}${String(last + 1).padStart(3, '0')}`;
}

/** `#incident-20261121-001` of `INC-20261121-001`; of a name of another form all of it, in small letters. */
export function channelOf(id: string): string {
  return `#incident-${id.replace(/^INC-/i, '').toLowerCase().replaceAll('.', '-')}`;
}
