/** Why guarded changes are refused: the sentences, with what to type next. Pure. */
import type { EndedChange } from '../../../admin/contract/commit-shapes.ts';
import { SentinelError } from '../../../base/errors.ts';
import { rfc3339 } from '../../../base/units.ts';
import { type Trial, windowMs } from './trial.ts';

type Named = Pick<Trial, 'id' | 'generation' | 'actor' | 'deadline' | 'problem'>;

/** A second change, asked for as one. */
export function pendingAlready(trial: Named): SentinelError {
  return new SentinelError('SNT-A020', `${words(trial)}; nothing was applied`, { hint: decide(trial) });
}

/** A reload, or another change that knows nothing of trials. */
export function waiting(trial: Named): SentinelError {
  return new SentinelError('SNT-P023', `${words(trial)}; nothing else is put in force meanwhile`, {
    hint: decide(trial),
  });
}

export function notPending(id: string, trial: Named | null, ended: EndedChange | null): SentinelError {
  const became = ended === null ? `no change of the id ${JSON.stringify(id)} is known` : endedWords(ended);
  if (trial === null)
    return new SentinelError('SNT-A021', `${became}; nothing is pending`, { hint: 'sentinel status' });
  return new SentinelError('SNT-A021', trial.id === id ? words(trial) : `${became}; ${words(trial)}`, {
    hint: decide(trial),
  });
}

/** @throws SNT-A022 */
export function checkWindow(ms: number): void {
  if (ms >= windowMs.least && ms <= windowMs.most) return;
  const why =
    ms < windowMs.least
      ? 'less leaves no time to look at what it does and to confirm it'
      : 'what is not decided within a day is not watched by anybody';
  throw new SentinelError('SNT-A022', `the window is ${ms / 1000} s, expected 90 s to 24 h: ${why}`, {
    hint: 'give a time between 90s and 24h; 5m is usual',
  });
}

export function notWritten(problem: string, { id }: Named): SentinelError {
  return new SentinelError('SNT-P025', `${problem}; ${id} stays pending`, {
    hint: `correct it, then sentinel config confirm ${id}; for more time: sentinel config extend ${id} 10m`,
  });
}

function words({ id, generation, actor, deadline, problem }: Named): string {
  return problem === null
    ? `${id} is pending: generation ${generation} of ${actor}, until ${rfc3339(deadline.wallMs)}`
    : `${id} is in force unconfirmed: generation ${generation} of ${actor} could not be rolled back`;
}

function decide({ id }: Named): string {
  return `sentinel config confirm ${id}; or to undo it: sentinel config rollback ${id}`;
}

function endedWords({ id, result, cause, why, at, in_force: inForce }: EndedChange): string {
  switch (result) {
    case 'confirmed':
      return `${id} was confirmed at ${at}`;
    case 'replaced':
      return `${id} was replaced by another change at ${at}`;
    case 'rolled_back':
      return `${id} was rolled back at ${at} (${cause}${why === null ? '' : `: ${why}`}); generation ${inForce} is in force`;
  }
}
