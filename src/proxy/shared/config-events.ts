/** Events of changes of the configuration: a part of `event-catalogue.ts`, which says what the facts mean. Data only. */

export const configEvents = {
  config_boot: {
    severity: 'warn',
    meaning:
      'The process before ended while a change was under way: files were being replaced, or a configuration waited for its confirmation. Says what the start has taken, and why.',
    subject: ['generation'],
    detail: ['why'],
    told: true,
  },
  config_confirmed: {
    severity: 'info',
    meaning: 'A configuration on trial was confirmed: it stays in force, and its file is written.',
    subject: ['id'],
    detail: ['reason'],
    told: true,
  },
  config_disk: {
    severity: 'warn',
    meaning: 'The configuration on disk is no longer the one that runs, or is it again.',
    subject: [],
    detail: ['next'],
    told: true,
  },
  config_edit: {
    severity: 'info',
    meaning: 'A change that is to last was written into a configuration file.',
    subject: ['file'],
    detail: ['lines'],
    told: true,
  },
  config_extended: {
    severity: 'info',
    meaning: 'A configuration on trial has longer to be confirmed.',
    subject: ['id'],
    detail: ['deadline'],
    told: true,
  },
  config_guard: {
    severity: 'warn',
    meaning:
      'Errors, latency, targets or TLS handshakes are worse than before a change that is in force for good; nothing is undone.',
    subject: ['generation'],
    detail: ['why'],
    told: true,
  },
  config_mark: {
    severity: 'error',
    meaning:
      'That no configuration is on trial any more could not be written down: the next start would go back once more.',
    subject: [],
    told: true,
  },
  config_pending: {
    severity: 'info',
    meaning:
      'A configuration is in force on trial, until it is confirmed, runs out of time, or a guard has had enough of it.',
    subject: ['id'],
    detail: ['reason'],
    told: true,
  },
  config_rollback: {
    severity: 'error',
    meaning: 'A configuration was rolled back: by the timer, by a guard, by order, or at the start of the daemon.',
    subject: ['id'],
    detail: ['cause', 'why'],
    told: true,
  },
  config_rollback_failed: {
    severity: 'error',
    meaning:
      'A configuration was to be rolled back and the one before could not be put in force: it runs on, confirmed by nobody.',
    subject: ['id'],
    detail: ['problem'],
    told: true,
  },
  config_written: {
    severity: 'info',
    meaning: 'The configuration files on disk were replaced by the texts of a generation.',
    subject: ['generation'],
    detail: ['why'],
    told: true,
  },
} as const;
