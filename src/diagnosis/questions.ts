/**
 * The questions that runbooks may ask of facts, by the names that their `ask` and `assert` nodes use. Words only; how each is
 * answered stands in `answers/`. A question that is not here is one for people.
 */
export const questions = {
  'process-running': 'Is the proxy process running?',
  'systemd-runs-it': 'Does systemd run it here?',
  'clients-get-in': 'Do clients get a connection?',
  'health-answers': 'Is the health endpoint responding?',
  'under-attack': 'Is the traffic that of an attack?',
  'memory-enough': 'Is there memory enough?',
  'maintenance-off': 'Is the service out of maintenance?',
  'any-upstream-up': 'Is any upstream up?',
  'upstreams-healthy': 'Are all upstreams healthy?',
  'certificates-usable': 'Are all certificates usable?',
  'error-rate-normal': 'Is the error rate normal?',
  'errors-by-upstream-answers': 'Do the errors come from the upstream itself?',
  'errors-502': 'Are most of the errors 502?',
  'errors-503': 'Are most of the errors 503?',
  'errors-504': 'Are most of the errors 504?',
  'errors-500': 'Are most of the errors 500?',
  'refusals-high': 'Does the proxy refuse much with 4xx?',
  'config-in-force': 'Is the file on disk what runs, and did the last reload succeed?',
  'latency-normal': 'Is the latency normal?',
  'upstream-is-slow': 'Does the time go into waiting for the upstream?',
  'listener-bound': 'Does the daemon listen where the configuration says?',
  'port-free': 'Is every port free, or the daemon’s own?',
  'disk-has-room': 'Is there room on the disks that the daemon writes to?',
  'config-loads': 'Would the configuration on disk load?',
  'files-permitted': 'May the user of the daemon read and write what it needs?',
  'descriptors-enough': 'Are there open files enough?',
  'clock-right': 'Is the clock right?',
} as const;

export type QuestionName = keyof typeof questions;
