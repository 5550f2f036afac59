/** `server`: the process as a whole. */
import { filePath, fieldValue, urlPath } from './http-types.ts';
import { block, optional, setting } from './keys.ts';
import { orNull, seconds, toggle, whole } from './value-type.ts';

export const server = block(
  {
    'worker-threads': setting(whole({ min: 0, max: 1024, zero: 'one per core' }), {
      meaning: 'Threads that carry traffic, each with its own listening sockets.',
      interplay: '`--workers` and `SENTINEL_WORKERS` win over the file. A change needs a restart.',
      default: 0,
    }),
    'max-connections': optional(whole({ min: 0, zero: 'off' }), {
      meaning: 'Client connections held at once, over all listeners.',
      interplay: 'The same as `limits.max-total-connections`; the stricter of both is in force.',
      defaultNote: '`limits.max-total-connections`',
      boundBy: 'max-total-connections',
    }),
    'graceful-shutdown-timeout-secs': setting(seconds({ zero: 'cut at once' }), {
      meaning:
        'How long requests in flight may take to finish after TERM, QUIT or INT. What is left is cut, and `run` exits with 6.',
      default: 30,
    }),
    'pid-file': optional(filePath(), {
      meaning: 'Where the process id of the daemon is written.',
      defaultNote: '`/var/run/sentinel.pid`, or `$XDG_RUNTIME_DIR/sentinel.pid` where that is not writable',
    }),
    'auto-reload': setting(toggle, {
      meaning:
        'Whether configuration and certificate files are watched, and taken over when they have changed and are valid.',
      interplay: 'Certificates that cannot be used change nothing; the ones in force stay.',
      default: false,
    }),
    'health-path': setting(urlPath, {
      meaning: 'Answered with 200 on every listener while the process is alive.',
      interplay: 'Wins over every route but one that has exactly this `path`.',
      default: '/health',
    }),
    'ready-path': setting(urlPath, {
      meaning:
        'Answered with 200 on every listener while the daemon is ready for traffic, with 503 while it starts or drains.',
      interplay: 'Wins over every route but one that has exactly this `path`.',
      default: '/ready',
    }),
    'server-header': setting(orNull(fieldValue, 'to send none'), {
      meaning: '`Server` field of the responses that the proxy makes itself.',
      default: 'sentinel',
    }),
  },
  { meaning: 'The process as a whole.', aliases: ['system'] },
);
