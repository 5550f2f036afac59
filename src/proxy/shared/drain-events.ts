/** Events of targets that operators take out of traffic: a part of `event-catalogue.ts`, which says what the facts mean. Data only. */

export const drainEvents = {
  drain_begin: {
    severity: 'info',
    meaning: 'A target was taken out of traffic: nothing new goes there.',
    subject: ['targets'],
    detail: ['actor', 'reason'],
    told: true,
  },
  drain_cut: {
    severity: 'warn',
    meaning: 'The deadline of a drain ended what was still in flight, as ordered.',
    subject: ['targets'],
    detail: ['cut'],
    told: true,
  },
  drain_done: {
    severity: 'info',
    meaning: 'Nothing is in flight any more to a target that drains.',
    subject: ['targets'],
    detail: ['finished', 'cut'],
    told: true,
  },
  drain_follow_up: {
    severity: 'error',
    meaning: 'What was to follow a drain (weight 0 in the file, the target taken out) was done, or could not be done.',
    subject: ['targets'],
    detail: ['lines'],
    told: true,
  },
  drain_back: {
    severity: 'info',
    meaning:
      'A rollback, or the start after a change that was never confirmed, has brought back a target that was drained when it left the configuration: it is drained as before.',
    subject: ['targets'],
    detail: ['target'],
    told: true,
  },
  drain_gone: {
    severity: 'info',
    meaning: 'A target that drained has left the configuration; what it still works on is waited for.',
    subject: ['targets'],
    detail: ['in_flight'],
    told: true,
  },
  drain_timeout: {
    severity: 'warn',
    meaning:
      'The deadline of a drain passed with work left: it goes on, cuts what is left, or takes the target back, as ordered.',
    subject: ['targets'],
    detail: ['on_timeout', 'in_flight'],
    told: true,
  },
  drains_lost: {
    severity: 'error',
    meaning: 'The drains of the process before could not be read; their targets take requests.',
    subject: [],
    detail: ['problem'],
    told: true,
  },
  undrain: {
    severity: 'info',
    meaning:
      'A drain ended and its target takes requests again: taken back, cancelled, restored by its deadline, or expired.',
    subject: ['targets'],
    detail: ['result', 'actor', 'reason'],
    told: true,
  },
} as const;
