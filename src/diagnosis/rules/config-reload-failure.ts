/** A configuration on disk that is not what runs: refused, broken, not taken over, gone. Silent without a daemon: see process crash. */
import { type Case, clockTime, seen, suspect } from '../case.ts';
import { validateCommand } from '../command-words.ts';
import type { Suspicion } from '../judgement.ts';

export function configReloadFailure(of: Case): readonly Suspicion[] {
  if (of.process?.pid === null) return [];
  return [...refused(of), ...onDisk(of)];
}

function refused(of: Case): readonly Suspicion[] {
  const state = of.daemon?.status.config;
  const last = state?.last_reload ?? null;
  // Once the file is what runs again, what was refused is over.
  if (state === undefined || last === null || last.result === 'completed' || state.disk_matches_running === true)
    return [];
  const first = last.problems[0];
  const restart = last.result === 'refused';
  return [
    suspect({
      cause: restart ? 'reload-needs-restart' : 'reload-refused',
      strength: 0.93,
      detail: `the reload at ${clockTime(last.at)} by ${last.actor} was refused${restart ? ', as it changes what is fixed while the process runs' : ''}${first === undefined ? '' : `: ${first}`}`,
      resource: state.path === null ? null : { kind: 'file', name: state.path },
      evidence: [
        seen(
          'daemon',
          `reload ${last.result}: ${last.problems.length} problem${last.problems.length === 1 ? '' : 's'}`,
          { value: last.result, at: last.at },
        ),
      ],
      impact: 'minor',
      since: last.at,
      next: restart
        ? ['sentinel upgrade', 'sentinel config diff running disk']
        : [validateCommand(of), 'sentinel config diff running disk'],
    }),
  ];
}

function onDisk(of: Case): readonly Suspicion[] {
  const { config, daemon } = of;
  const state = daemon?.status.config;
  const first = config?.problems[0];
  // Of a daemon on another machine it alone tells where its file is.
  const path = config === null ? state?.path : config.path;
  const resource = typeof path !== 'string' ? null : { kind: 'file', name: path };
  if (state !== undefined && state.source !== 'file') return [];
  if (config !== null && (config.loads === 'missing' || config.loads === 'unreadable') && config.path !== null)
    return [
      suspect({
        cause: 'config-not-readable',
        strength: 0.92,
        detail: `${config.path} ${config.loads === 'missing' ? 'is not there any more' : 'cannot be read'}: what runs goes on, and no restart would come up`,
        resource,
        evidence: [seen('config', `${config.path}: ${config.loads}`, { value: config.loads })],
        impact: 'minor',
        next: ['sentinel config print', validateCommand(of)],
      }),
    ];
  if (config?.loads === 'no')
    return [
      suspect({
        cause: 'config-broken-on-disk',
        strength: 0.9,
        detail: `${config.path} would not load at the next start${first === undefined ? '' : `: ${first.place ?? ''} ${first.words}`.replace('  ', ' ')}`,
        resource,
        evidence: [
          seen(
            'config',
            `${config.problem_count} problems, the first ${first?.code ?? ''} ${first?.place ?? ''}`.trim(),
            { value: config.problem_count },
          ),
        ],
        impact: 'minor',
        since: config.modified_at,
        next: [validateCommand(of), 'sentinel config diff running disk'],
      }),
    ];
  // A change on trial is written into the file when it is confirmed.
  const trial = daemon?.status.pending?.state === 'pending';
  if (state?.disk_matches_running === false && !trial)
    return [
      suspect({
        cause: 'disk-differs',
        strength: 0.85,
        detail: `${state.path ?? 'the file on disk'} is not what runs (generation ${daemon?.status.generation})${typeof config?.modified_at !== 'string' ? '' : `: changed at ${clockTime(config.modified_at)} and not reloaded`}`,
        resource,
        evidence: [
          seen('daemon', 'the digest of the file is not that of what runs', {
            value: state.digest_disk ?? 'unknown',
            threshold: state.digest_running,
          }),
        ],
        impact: 'minor',
        since: config?.modified_at ?? null,
        next: ['sentinel config diff running disk', 'sentinel reload'],
      }),
    ];
  return [];
}
