/** What stands in the place of words in braces: what `--set` says, and what facts say of the daemon and of what is in trouble. */
import { SentinelError } from '../../base/errors.ts';
import { isSecretName } from '../../base/redaction.ts';
import type { ValueSource } from '../../runbook/run/world.ts';
import type { Invocation } from '../command.ts';

/** What facts can say; null = they do not. */
export interface FactValues {
  valueOf(name: string): Promise<string | null>;
}

/** `--set name=value`, each once. @throws SNT-P040 */
export function settings(invocation: Invocation): ReadonlyMap<string, string> {
  const pairs = invocation.options('set').map((text) => {
    const [, name, value] = /^([a-z][a-z0-9-]*)=([\s\S]+)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) return [name, value] as const;
    // What stands there may be a secret.
    throw new SentinelError('SNT-P040', `--set ${text.split('=', 1)[0]} is not of the form NAME=VALUE`, {
      hint: 'sentinel runbook run --help',
    });
  });
  return new Map(pairs);
}

/** Values whose names promise that they are to be seen nowhere. */
export function secretsOf(values: ReadonlyMap<string, string>): readonly string[] {
  return [...values].flatMap(([name, value]) => (isSecretName(name) ? [value] : []));
}

/** `--answer question=yes`. @throws SNT-P040 */
export function givenAnswers(invocation: Invocation): ReadonlyMap<string, 'yes' | 'no'> {
  const pairs = invocation.options('answer').map((text) => {
    const [, question, answer] = /^([a-z][a-z0-9-]*)=(yes|no)$/.exec(text) ?? [];
    if (question !== undefined) return [question, answer as 'yes' | 'no'] as const;
    throw new SentinelError('SNT-P040', `--answer is ${JSON.stringify(text)}, expected QUESTION=yes or QUESTION=no`, {
      hint: 'sentinel runbook run --help',
    });
  });
  return new Map(pairs);
}

/** @param incident which one the run is about; asked when a step first needs it, for a step before may have opened it */
export function knownValues(
  given: ReadonlyMap<string, string>,
  facts: FactValues,
  incident: () => Promise<string | null>,
): ValueSource {
  return {
    async value(name) {
      const said = given.get(name);
      if (said !== undefined) return { value: said, by: 'option' };
      if (name === 'incident') {
        const open = await incident();
        return open === null ? null : { value: open, by: 'facts' };
      }
      const found = await facts.valueOf(name);
      return found === null ? null : { value: found, by: 'facts', passing: name === 'pid' };
    },
  };
}
