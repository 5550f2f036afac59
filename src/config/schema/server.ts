/** `server`: the process as a whole. */
import { filePath, fieldValue, urlPath } from './http-types.ts';
import { block, optional, setting } from './keys.ts';
import { orNull, seconds, toggle, whole } from './value-type.ts';

export const server = block(
  {
    'worker-threads': setting(whole({ min: 0, max: 1024, zero: 'one per core' }), {
      meaning: 'Threads that carry traffic, each with its own listening sockets.',
      interplay:
        '`--workers` and `SENTINEL_WORKERS` win over the file. A reload starts or lets go workers, up to one per core, or as many as there were at the start; more need `sentinel upgrade`.',
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
    'shutdown-lag-secs': setting(seconds({ zero: 'off' }), {
      meaning:
        'How long the daemon serves on as before after TERM, QUIT or INT while `/ready` fails already: the time that a balancer in front needs to notice. New connections are taken until it is over.',
      interplay: 'Comes before `graceful-shutdown-timeout-secs`, which counts from its end.',
      default: 0,
    }),
    'drain-idle-secs': setting(seconds({ zero: 'closed at once' }), {
      meaning:
        'How long an open connection without a request may stay when its worker ends. A client that uses it meanwhile is told `Connection: close` with the answer; one that is closed could be sending just then.',
      interplay: 'No longer than `graceful-shutdown-timeout-secs`.',
      default: 2,
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
