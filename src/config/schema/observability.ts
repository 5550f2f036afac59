/** `observability`: metrics, the admin interface, logs, and traces. */
import { filePath, loggedFieldName, socketPath, urlPath } from './http-types.ts';
import { block, collection, list, optional, required, setting } from './keys.ts';
import { tcpListenAddress, tokenHash } from './network-types.ts';
import { tracing } from './tracing.ts';
import { choice, share, toggle } from './value-type.ts';

const metrics = block(
  {
    enabled: setting(toggle, {
      meaning: 'Whether the TCP address for metrics and the admin interface is opened at all.',
      interplay: 'The admin socket stays open either way.',
      default: true,
    }),
    address: setting(tcpListenAddress, {
      meaning: 'Where `/metrics`, `/health` and `/ready` answer everybody, and `/admin/` answers loopback and tokens.',
      interplay: '`SENTINEL_METRICS_ADDR` wins over the file.',
      default: { kind: 'tcp', host: '0.0.0.0', port: 9090 },
    }),
    path: setting(urlPath, {
      meaning: 'Path of the metrics.',
      default: '/metrics',
    }),
  },
  { meaning: 'Metrics for Prometheus.' },
);

const tokens = collection(
  {
    role: required(choice('viewer', 'operator', 'admin'), {
      meaning: 'What the holder may do: read, act, or change everything.',
    }),
    hash: required(tokenHash, {
      meaning: 'SHA-256 of the bearer token; the token itself is never written down.',
      example: 'hash "sha256:…"',
    }),
  },
  {
    meaning: 'Somebody who may use the admin interface over TCP. The argument is the name that the audit log shows.',
    item: 'token',
    argument: { kind: 'id', noun: 'token' },
    wrapped: false,
  },
);

const admin = block(
  {
    socket: optional(socketPath, {
      meaning: 'Unix socket of the admin interface, which the commands use.',
      interplay: '`SENTINEL_ADMIN_SOCKET` wins over the file.',
      defaultNote:
        '`/run/sentinel/admin.sock`, else under `$XDG_RUNTIME_DIR/sentinel`, else under `/tmp/sentinel-$UID`',
    }),
    token: tokens,
  },
  { meaning: 'The admin interface.' },
);

const logging = block(
  {
    level: setting(choice('trace', 'debug', 'info', 'warn', 'error'), {
      meaning: 'The least important lines that are still logged.',
      interplay: '`SENTINEL_LOG` wins over the file.',
      default: 'info',
    }),
    format: setting(choice('json', 'pretty'), {
      meaning: 'One JSON object a line, or lines for people.',
      default: 'json',
    }),
    file: optional(filePath(), {
      meaning: 'A file that gets the same lines as the standard output.',
      example: 'file "/var/log/sentinel/sentinel.log"',
    }),
    'access-log': block(
      {
        enabled: setting(toggle, {
          meaning: 'Whether requests are logged.',
          interplay: 'Without `file` there is nowhere to log to, and the access log is off.',
          default: true,
        }),
        file: optional(filePath('a file path', 'stdout'), {
          meaning: 'Where requests are logged to: a file, or `stdout`.',
          example: 'file "/var/log/sentinel/access.log"',
        }),
        format: setting(choice('json', 'combined'), {
          meaning: 'One JSON object a line, or the combined format of web servers.',
          default: 'json',
        }),
        sample: setting(share, {
          meaning: 'Share of the requests that is logged.',
          default: 1,
        }),
        'capture-request-header': list(loggedFieldName, {
          meaning: 'Fields of the request whose values stand behind the others in each line; at most 16.',
          interplay: 'Fields that hold secrets are refused, values that look like secrets are left out, long ones cut.',
          example: 'capture-request-header "X-Tenant"',
        }),
        'capture-response-header': list(loggedFieldName, {
          meaning: 'The same of the response, as the target sent it; at most 16.',
          example: 'capture-response-header "X-Cache"',
        }),
      },
      { meaning: 'One line for each request.' },
    ),
    'audit-log': block(
      {
        enabled: setting(toggle, {
          meaning: 'Whether actions on the admin interface are logged apart.',
          default: true,
        }),
        file: optional(filePath(), {
          meaning: 'Where they are logged to.',
          defaultNote: 'the log itself',
          example: 'file "/var/log/sentinel/audit.log"',
        }),
      },
      { meaning: 'One line for each action on the admin interface: who, what, why.' },
    ),
  },
  { meaning: 'What is logged, and where.' },
);

export const observability = block(
  { metrics, admin, logging, tracing },
  { meaning: 'What can be seen of the daemon, and by whom.' },
);
