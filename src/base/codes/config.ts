/** Codes of range C: reading and checking configuration. */
import type { CodeFacts } from '../code-facts.ts';

export const configCodes = {
  'SNT-C001': {
    title: 'configuration file cannot be read',
    meaning:
      'The file that was named does not exist, is not a file, is too large or may not be read. A named file is never created.',
    remedy: 'Check the path and its permissions, or write a starter file with `sentinel init`.',
  },
  'SNT-C100': {
    title: 'syntax error',
    meaning: 'The text is not a KDL document at this place. Nothing else is checked until the syntax is right.',
    remedy:
      'Look at the marked place and just before it: an unclosed string or block shows where the next thing begins.',
  },
  'SNT-C101': {
    title: 'document in KDL version 1',
    meaning:
      'The file is written in the first version of KDL, with bare `true` or `r"…"`. It is read as it was meant; the current version writes `#true` and `#"…"#`.',
    remedy: 'Let `sentinel validate --apply-suggestions` rewrite it; comments and layout stay.',
  },
  'SNT-C102': {
    title: 'invalid UTF-8',
    meaning: 'Configuration is text in UTF-8, and these bytes are not.',
    remedy: 'Save the file as UTF-8, or remove the bytes at the marked place.',
  },
  'SNT-C103': {
    title: 'blocks nested too deeply',
    meaning: 'Blocks stand inside blocks for more than 64 levels; no configuration needs ten.',
    remedy: 'Look for a `}` that is missing again and again.',
  },
  'SNT-C104': {
    title: 'unknown node',
    meaning:
      'There is no key of this name here. A key that is not known has no effect, so it is refused rather than ignored.',
    remedy:
      'Correct the spelling, or move the key to the block that it belongs to; `man sentinel.kdl` lists every key.',
  },
  'SNT-C105': {
    title: 'unknown property',
    meaning: 'A `name=value` stands where the key takes none of this name.',
    remedy: 'Write it as a key in the block of the node, or remove it.',
  },
  'SNT-C106': {
    title: 'unexpected argument',
    meaning: 'A value stands where the key takes none, or takes fewer.',
    remedy: 'Remove it, or look for a line break that is missing.',
  },
  'SNT-C107': {
    title: 'missing value',
    meaning: 'The key needs a value after it.',
    remedy: 'Write the value, or remove the key to leave its default in force.',
  },
  'SNT-C108': {
    title: 'wrong type',
    meaning: 'The value is of another type than the key takes: a text where a number is needed, or the like.',
    remedy: 'Numbers and `#true`, `#false`, `#null` stand without quotes, texts within them.',
  },
  'SNT-C109': {
    title: 'value out of range',
    meaning: 'The value is of the right type but too small or too large.',
    remedy: 'Choose a value within the range that the message gives.',
  },
  'SNT-C110': {
    title: 'not one of the choices',
    meaning: 'The key takes one of a few words, and this is none of them.',
    remedy: 'Choose one of the words that the message lists.',
  },
  'SNT-C111': {
    title: 'given twice',
    meaning: 'A key or block that may stand once stands twice, so that it is not plain which is meant.',
    remedy: 'Remove one of the two. Only `limits` and collections may be given again.',
  },
  'SNT-C112': {
    title: 'property given twice',
    meaning: 'A `name=value` stands twice on one node. As KDL has it, the last one counts.',
    remedy: 'Remove the first one.',
  },
  'SNT-C113': {
    title: 'duplicate name',
    meaning: 'Two listeners, routes, upstreams, tokens, or two targets of one upstream, have the same identity.',
    remedy: 'Rename one, or merge the two. Look into included files too.',
  },
  'SNT-C114': {
    title: 'missing key',
    meaning: 'The block lacks a key that it cannot do without.',
    remedy: 'Add the key that the message names.',
  },
  'SNT-C115': {
    title: 'unexpected or missing block',
    meaning: 'The node has a block `{ … }` where it takes a value, or has none where it needs one.',
    remedy: 'Write `key value` for a value and `key { … }` for a block.',
  },
  'SNT-C116': {
    title: 'number not exact',
    meaning: 'Whole numbers beyond 2^53 cannot be kept exactly, so they are refused rather than rounded.',
    remedy: 'Choose a smaller number.',
  },
  'SNT-C117': {
    title: 'type annotation',
    meaning: 'KDL allows a type before a value, as in `(u8)5`. The configuration language gives it no meaning.',
    remedy: 'Remove the annotation.',
  },
  'SNT-C118': {
    title: 'empty or unusable text',
    meaning: 'A name or text is empty, too long, or contains control characters.',
    remedy: 'Write a text of visible characters; names have at most 128.',
  },
  'SNT-C119': {
    title: 'too many problems',
    meaning:
      'More than a thousand things are wrong, which mostly means that the file is something else than a configuration.',
    remedy: 'Check that the right file was named; else correct what is shown and run the check again.',
  },
  'SNT-C120': {
    title: 'include matches nothing',
    meaning: 'No file matches the pattern of an `include`, which mostly means a wrong path.',
    remedy:
      'Correct the pattern; it begins at the folder of the including file. Where no file is fine, write `optional=#true`.',
  },
  'SNT-C121': {
    title: 'circular include',
    meaning: 'A file includes itself, directly or by way of others.',
    remedy: 'Break the circle that the message shows.',
  },
  'SNT-C122': {
    title: 'included file cannot be used',
    meaning: 'An included file may not be read, is a directory or too large, or there are too many of them.',
    remedy: 'Check its permissions; all files together have at most 8 MiB, and there are at most 1,000.',
  },
  'SNT-C130': {
    title: 'unresolved reference',
    meaning: 'A `${NAME}` names an environment variable that is not set, or a `${file:…}` a file that cannot be read.',
    remedy:
      'Set the variable for the process that reads the file, or correct the path. The value itself is never shown.',
  },
  'SNT-C131': {
    title: 'malformed reference',
    meaning: 'After `${` stands neither the name of an environment variable nor `file:/…`, or the `}` is missing.',
    remedy: 'Write `${NAME}` or `${file:/path}`; a literal `${` is written `$${`.',
  },
  'SNT-C140': {
    title: 'no such upstream',
    meaning: 'A route names an upstream that is defined nowhere.',
    remedy: 'Define the upstream, or correct its name.',
  },
  'SNT-C141': {
    title: 'no such route',
    meaning: 'A listener names a default route that is defined nowhere.',
    remedy: 'Define the route, or correct its name.',
  },
  'SNT-C142': {
    title: 'upstream without targets',
    meaning: 'An upstream has neither targets nor a static response, so that nothing could answer.',
    remedy: 'Add `target "host:port"`, or `static { … }`.',
  },
  'SNT-C143': {
    title: 'upstream with targets and static response',
    meaning: 'An upstream has both, so that it is not plain which should answer.',
    remedy: 'Remove one of the two, or make two upstreams of it.',
  },
  'SNT-C144': {
    title: 'address used twice',
    meaning:
      'Two listeners, or a listener and the metrics, would listen on the same address. `0.0.0.0` and `[::]` take every address of their port.',
    remedy: 'Give one of them another port or address.',
  },
  'SNT-C145': {
    title: 'keys that exclude each other',
    meaning: 'Two keys say the same thing in two ways.',
    remedy: 'Remove one of the two.',
  },
  'SNT-C146': {
    title: 'no listener',
    meaning: 'The configuration has no listener, so that no client can connect.',
    remedy: 'Add `listener "http" { address "0.0.0.0:8080" }`.',
  },
  'SNT-C147': {
    title: 'path used twice',
    meaning: 'Two things that the proxy answers itself would have the same path.',
    remedy: 'Give one of them another path.',
  },
  'SNT-C148': {
    title: 'fallback is the upstream itself',
    meaning: 'The fallback of a route is the upstream that it stands in for, so that it would fail with it.',
    remedy: 'Name another upstream, or remove `fallback-upstream`.',
  },
  'SNT-C149': {
    title: 'check longer than its interval',
    meaning: 'A health check may take longer than the time until the next one, so that checks would pile up.',
    remedy: 'Make `timeout-secs` at most `interval-secs`. One of them may come from the top-level `health-check`.',
  },
  'SNT-C150': {
    title: 'invalid address',
    meaning: 'The text is not an address to listen on or to connect to.',
    remedy: 'Write `10.0.0.1:8080`, `[::1]:8080` or `unix:/run/app.sock`; targets may also have a name.',
  },
  'SNT-C151': {
    title: 'invalid path',
    meaning: 'The text is not a path as it arrives in a request.',
    remedy: 'Begin with `/`, leave query and fragment out, and write other characters percent-encoded.',
  },
  'SNT-C152': {
    title: 'invalid host',
    meaning: 'The text is not a host name or address.',
    remedy: 'Write a name such as `api.example.com`, in matches also `*.example.com`.',
  },
  'SNT-C153': {
    title: 'invalid network',
    meaning: 'The text is not an IP address, nor a network in the form `address/bits`.',
    remedy: 'Write `10.0.0.0/8`, `fd00::/8`, or a single address.',
  },
  'SNT-C154': {
    title: 'invalid header name',
    meaning: 'The name of a header field is made of letters, digits and a few signs (RFC 9110 §5.1).',
    remedy: 'Remove spaces, colons and other characters from the name.',
  },
  'SNT-C155': {
    title: 'invalid header value',
    meaning:
      'The value could not be sent as it is: it contains line ends, NUL, or characters outside Latin-1, or spaces around it.',
    remedy: 'Remove the characters; encode other alphabets as the receiver expects them.',
  },
  'SNT-C156': {
    title: 'reserved header field',
    meaning:
      'The field frames the message or belongs to one connection. Changing it would let two parsers read the message differently.',
    remedy: 'Leave it to the proxy; the Host field is set by the policy `host-header`.',
  },
  'SNT-C157': {
    title: 'invalid method',
    meaning: 'The text is not a method that could match.',
    remedy: 'Methods are words such as `GET`, in capitals.',
  },
  'SNT-C159': {
    title: 'invalid regular expression',
    meaning: 'The text is not a regular expression of JavaScript.',
    remedy: 'Correct it at the place that the message describes; a raw string `#"…"#` saves doubling backslashes.',
  },
  'SNT-C160': {
    title: 'invalid size',
    meaning: 'The text is not a size.',
    remedy: 'Write bytes as a number, or a number with B, KB, MB, GB (1000) or KiB, MiB, GiB (1024): `"10MB"`.',
  },
  'SNT-C161': {
    title: 'invalid token hash',
    meaning: 'An admin token is kept as its SHA-256, so that the file is no secret.',
    remedy: 'Write `sha256:` and 64 hexadecimal digits: `printf %s "$TOKEN" | sha256sum`.',
  },
  'SNT-C162': {
    title: 'body file cannot be used',
    meaning: 'The file of a static response may not be read, or has more than 1 MiB.',
    remedy: 'Check the path and its permissions; a relative path begins at the folder of the configuration file.',
  },
  'SNT-C163': {
    title: 'invalid key of requests',
    meaning: 'The text does not say what requests are told apart by.',
    remedy: 'Write one of the words of the message, or `header:` and the name of a header field.',
  },
  'SNT-C164': {
    title: 'invalid status',
    meaning: 'The text is not a status, nor a class or range of statuses.',
    remedy: 'Write `200`, `"2xx"` or `"200-399"`.',
  },
  'SNT-C165': {
    title: 'invalid Redis URL',
    meaning: 'The text is not the URL of a Redis.',
    remedy: 'Write `redis://host:6379`, or `rediss://user:${PASSWORD}@host:6380/0` for TLS with a password.',
  },
  'SNT-C166': {
    title: 'block file cannot be used',
    meaning: 'The file of clients to refuse may not be read, or a line of it is no address or network.',
    remedy: 'Correct the line that the message names: one address or `address/bits` a line, comments after `#`.',
  },
  'SNT-C167': {
    title: 'unknown cipher suite',
    meaning:
      'The text names a suite that this build of OpenSSL does not have or that cannot be agreed on. OpenSSL would pass over it in silence.',
    remedy: 'Name suites as `openssl ciphers -s` lists them, each by itself; classes such as `HIGH` are not taken.',
  },
  'SNT-C169': {
    title: 'too many header fields in the access log',
    meaning:
      'Each field that is written into the access log costs every request; 16 of the request and 16 of the response are allowed.',
    remedy: 'Name those that somebody looks for.',
  },
  'SNT-C170': {
    title: 'limits given more than once',
    meaning: 'Several `limits` blocks are merged, and the strictest value of each key is in force.',
    remedy: 'Nothing, in an emergency; afterwards merge the blocks.',
  },
  'SNT-C171': {
    title: 'not in force',
    meaning: 'The same limit is given in several places, and another place is stricter.',
    remedy: 'Remove the value that is not in force, or make it the strictest.',
  },
  'SNT-C172': {
    title: 'no effect',
    meaning: 'A key is written where nothing can come of it.',
    remedy: 'Remove it, or change what the message names.',
  },
  'SNT-C173': {
    title: 'upstream not used',
    meaning: 'No route sends requests to this upstream.',
    remedy: 'Name it in a route, or remove it.',
  },
  'SNT-C174': {
    title: 'no target takes requests',
    meaning: 'Every target of the upstream has weight 0, so that each request is answered with 503.',
    remedy: 'Give a target a weight, or remove the upstream.',
  },
  'SNT-C175': {
    title: 'targets are not verified',
    meaning:
      'The certificate of the targets is not looked at. Whoever is on the way between proxy and target can read and change every request.',
    remedy: 'Remove `insecure-skip-verify`; a private authority is named with `ca-file`, another name with `sni`.',
  },
  'SNT-C176': {
    title: 'header field holds a secret',
    meaning:
      'The values of this field open doors (`Authorization`, `Cookie`, anything that is called a token, key, session or password). Logs are read by many and kept for long.',
    remedy: 'Leave it out of the access log; the correlation id leads from a line to the request.',
  },
  'SNT-C178': {
    title: 'invalid collector URL',
    meaning: 'The text is not the URL of a collector that takes spans by OTLP over HTTP.',
    remedy: 'Write `http://host:4318` or `https://host:4318`; tokens go into `headers`.',
  },
  'SNT-C180': {
    title: 'protocol and `tls` do not fit',
    meaning:
      'A listener says `https` without a certificate, or has certificates and speaks plain HTTP. Neither may be guessed: what was meant to be encrypted would not be.',
    remedy: 'Write both `protocol "https"` and `tls { … }`, or neither.',
  },
  'SNT-C181': {
    title: 'certificate or key missing',
    meaning:
      'A certificate can be used only with its private key, and a listener with TLS needs one such pair at least.',
    remedy: 'Add the file that the message names.',
  },
  'SNT-C182': {
    title: 'client certificates half configured',
    meaning:
      'Clients are asked for certificates without an authority that could verify them, or an authority is named and nobody is asked.',
    remedy: 'Write `client-auth` and `ca-file` together; `client-auth "none"` leaves it off on purpose.',
  },
  'SNT-C183': {
    title: 'TLS versions and suites contradict each other',
    meaning:
      'The oldest version is newer than the newest, or a version that is asked for has no suite in the list: it would be left out, or spoken with suites that nobody wrote.',
    remedy: 'List a suite for each version, or narrow `min-version` and `max-version` to what is listed.',
  },
  'SNT-C184': {
    title: 'no name to verify',
    meaning: 'The certificate of a target is checked against the host of its address, and this address has none.',
    remedy: 'Say in `sni` which name the certificate has.',
  },
  'SNT-C185': {
    title: 'thresholds in the wrong order',
    meaning: 'Something would be critical before it is worth a warning.',
    remedy: 'Make the threshold of the warning the earlier one.',
  },
  'SNT-C186': {
    title: 'identity could be forged',
    meaning:
      'A field that clients may send is renamed to the one in which the proxy names the verified subject of a certificate. Targets could not tell the two apart.',
    remedy: 'Rename it to another field, or choose another `subject-header`.',
  },
  'SNT-C187': {
    title: 'no suite for a certificate',
    meaning:
      'The suites of TLS 1.2 name the kind of key that signs, RSA or ECDSA, and none of those listed fits a certificate of the listener: its clients of TLS 1.2 are refused.',
    remedy: 'List a suite of the kind that the message names; Ed25519 goes with the ECDSA suites.',
  },
  'SNT-C188': {
    title: 'authority without a revocation list',
    meaning:
      'Where revocation lists are given, OpenSSL asks for one of every authority up to the root, and refuses all certificates of one that has none.',
    remedy: 'Add the list of the authority that the message names to `crl-file`, PEM one after the other.',
  },
  'SNT-C189': {
    title: 'route test does not hold',
    meaning:
      'An `expect` says which route and which upstream a request has to reach, and by the routes of the file it reaches another, or none. `validate` says so, and a reload is refused, so that a slip in the routes takes no traffic; a start and a rollback are not.',
    remedy:
      'Read which route takes the request, with `sentinel route explain METHOD URL`; then correct the routes, or the test where it is what is out of date.',
  },
} as const satisfies Record<string, CodeFacts>;
