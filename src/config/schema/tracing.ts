/** `observability { tracing }`: where spans go, and of how many requests. */
import { kdlString } from '../../kdl/text.ts';
import { editableFieldName, fieldValue, nonEmptyText } from './http-types.ts';
import { optionalBlock, pairs, required, setting, variant } from './keys.ts';
import { share, type ValueType, Wrong } from './value-type.ts';

/** Base URL of a collector that speaks OTLP over HTTP. */
const collectorUrl: ValueType<string> = {
  expected: 'a URL such as "http://localhost:4318"',
  read(value) {
    if (typeof value !== 'string') return new Wrong('SNT-C108');
    if (!URL.canParse(value)) return new Wrong('SNT-C178');
    const { protocol, username, password, port, search, hash } = new URL(value);
    if (protocol !== 'http:' && protocol !== 'https:')
      return new Wrong('SNT-C178', { help: 'the URL begins with `http://` or `https://`' });
    if (username !== '' || password !== '')
      return new Wrong('SNT-C178', { help: 'what the collector wants to see of you goes into `headers`' });
    if (search !== '' || hash !== '') return new Wrong('SNT-C178', { help: 'the URL has no query and no fragment' });
    if (port === '4317')
      return new Wrong('SNT-C178', { help: '4317 is the port of OTLP over gRPC; OTLP over HTTP has 4318' });
    return value;
  },
  write: kdlString,
};

/** What a collector is shown: often a token. */
const secretFieldValue: ValueType<string> = { ...fieldValue, secret: true };

/** Null where nothing is exported. */
export const tracing = optionalBlock(
  {
    backend: variant(
      {
        otlp: {
          endpoint: required(collectorUrl, {
            meaning: 'Where the collector listens for OTLP over HTTP; spans are posted to `/v1/traces` below it.',
            interplay: 'Certificates of `https` are verified with the authorities of this machine.',
            example: 'endpoint "http://localhost:4318"',
          }),
          headers: pairs(editableFieldName, secretFieldValue, {
            meaning: 'Fields of the requests to the collector.',
            interplay: 'Values may contain `${…}`, for tokens. Shown to nobody but the reader of the file itself.',
            example: 'headers { "Authorization" "Bearer ${COLLECTOR_TOKEN}" }',
          }),
        },
      },
      {
        meaning: 'What spans are sent to.',
        default: 'otlp',
        example: 'backend "otlp" { endpoint "http://localhost:4318" }',
      },
    ),
    'sampling-rate': setting(share, {
      meaning: 'Share of the traces of which spans are exported.',
      interplay:
        'Where a peer of `trusted-proxies` has begun the trace, its decision stands; other clients may decide against it, and get this share of what they ask for.',
      default: 0.01,
    }),
    'service-name': setting(nonEmptyText, {
      meaning: 'Name of this proxy among the services of a trace: `service.name`.',
      default: 'sentinel',
    }),
  },
  {
    meaning:
      'Exports spans of requests and of their tries. Unwritten, nothing is exported; trace context of clients goes on to targets either way.',
  },
);
