/** `sentinel incident role`: who leads, who speaks, who writes; or, without a role, who has which. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import { isGrave } from '../../incident/record/severity-table.ts';
import type { Invocation, Outcome } from '../command.ts';
import { chosenIncident } from '../incident/chosen-incident.ts';
import { hanging } from '../incident/incident-lines.ts';
import { incidentStore } from '../incident/place.ts';

const form = /^[a-z][a-z0-9-]{0,31}$/;

export async function run(invocation: Invocation): Promise<Outcome> {
  const store = await incidentStore(invocation);
  const id = await chosenIncident(invocation, store);
  const change = changeOf(invocation);
  const incident =
    change === null
      ? store.read(id)
      : await store.change(id, ({ roles }) =>
          (roles[change.role] ?? null) === change.person ? [] : [{ kind: 'role', ...change }],
        );
  const { roles, sev } = incident;
  return {
    kind: 'report',
    exitCode: exitCodes.ok,
    status: 'ok',
    data: { incident: id, roles },
    text: (style) => {
      const lines = Object.entries(roles).map(([role, person]) =>
        hanging(`  ${role.padEnd(14)}`, person, style.columns),
      );
      if (isGrave(sev) && roles['commander'] === undefined)
        lines.push(
          `  ${'commander'.padEnd(14)}${style.red('nobody')}   sentinel incident role commander NAME -i ${id}\n`,
        );
      return lines.length === 0 ? `nobody has a role in ${id}\n` : `${id}\n${lines.join('')}`;
    },
  };
}

/** Null = only show. @throws SNT-P040 */
function changeOf({
  argument,
  arguments: words,
  flag,
}: Invocation): { readonly role: string; readonly person: string | null } | null {
  const role = argument('role')?.toLowerCase();
  if (role === undefined) return null;
  if (!form.test(role))
    throw usage(`${JSON.stringify(role)} is no name of a role, expected one word such as commander`);
  const person = words('person').join(' ').trim();
  if (flag('clear')) {
    if (person !== '')
      throw usage(`--clear takes the role from whoever has it, and ${JSON.stringify(person)} was named`);
    return { role, person: null };
  }
  if (person === '') throw usage(`who is to be ${role} was not said`);
  return { role, person };
}

function usage(message: string): SentinelError {
  return new SentinelError('SNT-P040', message, { hint: 'sentinel incident role commander NAME' });
}
