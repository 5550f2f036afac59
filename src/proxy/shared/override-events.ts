/** Events of what operators set at run time: a part of `event-catalogue.ts`, which says what the facts mean. Data only. */

export const overrideEvents = {
  override_awake: {
    severity: 'info',
    meaning: 'The subject of a run-time override is in the configuration again, and the override in force.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value'],
    told: true,
  },
  override_clear: {
    severity: 'info',
    meaning: 'A run-time override was taken back.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value', 'reason'],
    told: true,
  },
  override_dormant: {
    severity: 'warn',
    meaning:
      'The subject of a run-time override is not in the configuration: the override does nothing until it is there again, or its time is over.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value', 'why'],
    told: true,
  },
  override_expired: {
    severity: 'info',
    meaning: 'A run-time override ended by itself: its time was over.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value'],
    told: true,
  },
  override_set: {
    severity: 'info',
    meaning: 'A value was set at run time, over what the file says.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value', 'reason'],
    told: true,
  },
  override_settled: {
    severity: 'info',
    meaning: 'A run-time override ended because the file says the same now.',
    subject: ['kind', 'subject', 'key'],
    detail: ['value'],
    told: true,
  },
} as const;
