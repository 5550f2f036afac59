/** `tls` of listeners and of upstreams: certificates, versions, suites, and who must show what to whom. */
import { filePath } from './http-types.ts';
import { collection, list, optional, optionalBlock, required, setting } from './keys.ts';
import { cipherSuites, exactServerName, identityFieldName, serverName, tlsVersion } from './tls-types.ts';
import { choice, toggle } from './value-type.ts';

const pemFile = filePath('a path of a PEM file');

const sni = collection(
  {
    hostnames: list(serverName, {
      meaning: 'Names that clients ask for and that get this certificate. `*.` stands for exactly one label in front.',
      interplay: 'An exact name comes before `*.`; a name may stand in one `sni` block of a listener only.',
      example: 'hostnames "a.example" "*.b.example"',
    }),
    'cert-file': required(pemFile, {
      meaning: 'The certificate for these names, followed by its intermediates.',
      example: 'cert-file "/etc/sentinel/tls/a.example.crt"',
    }),
    'key-file': required(pemFile, {
      meaning: 'The private key of the certificate, not encrypted.',
      example: 'key-file "/etc/sentinel/tls/a.example.key"',
    }),
  },
  {
    meaning: 'Another certificate for clients that ask for certain names. May be given again for further names.',
    item: 'sni',
    argument: { kind: 'none' },
    wrapped: false,
  },
);

export const listenerTls = optionalBlock(
  {
    'cert-file': optional(pemFile, {
      meaning: 'The certificate, followed by its intermediates.',
      interplay:
        'For clients that ask for no name, or for one that no `sni` block has; without it their handshake is refused. A listener needs this pair or an `sni` block.',
      example: 'cert-file "/etc/sentinel/tls/site.crt"',
    }),
    'key-file': optional(pemFile, {
      meaning: 'The private key of the certificate, not encrypted. Keep its mode at 0600 or 0640.',
      example: 'key-file "/etc/sentinel/tls/site.key"',
    }),
    sni,
    'min-version': setting(tlsVersion, {
      meaning: 'The oldest version that is spoken.',
      default: 'TLS1.2',
    }),
    'max-version': setting(tlsVersion, {
      meaning: 'The newest version that is spoken.',
      default: 'TLS1.3',
    }),
    'cipher-suites': list(cipherSuites, {
      meaning:
        'The suites that may be agreed on, the preferred first: names of OpenSSL or IANA, apart or joined by `:`, `,` or spaces. Names beginning with `TLS_AES` and `TLS_CHACHA20` are those of TLS 1.3.',
      interplay: 'Each version between `min-version` and `max-version` needs a suite of its own.',
      defaultNote: 'the AEAD suites of TLS 1.3, and those of TLS 1.2 with forward secrecy',
      example: 'cipher-suites "TLS_AES_128_GCM_SHA256" "ECDHE-ECDSA-AES128-GCM-SHA256"',
      ordered: true,
    }),
    'client-auth': setting(choice('none', 'request', 'require'), {
      meaning: 'Whether clients are asked for a certificate, and whether they must show one.',
      interplay: 'One that is shown must be good even under `request`: otherwise its requests get 403.',
      default: 'none',
    }),
    'ca-file': optional(pemFile, {
      meaning: 'The authorities whose client certificates are good.',
      interplay: 'Needed for `client-auth`, and without effect where that is `none`.',
      example: 'ca-file "/etc/sentinel/tls/clients-ca.crt"',
    }),
    'crl-file': optional(pemFile, {
      meaning: 'Revocation lists of these authorities.',
      interplay:
        'Goes with `client-auth`. Each authority of `ca-file` needs a list that is up to date: without one, all that it has issued is refused.',
      example: 'crl-file "/etc/sentinel/tls/clients.crl"',
    }),
    'subject-header': optional(identityFieldName, {
      meaning: 'Request field that names the subject of the verified client certificate to the target.',
      interplay:
        'Dropped from what clients send, on every listener, in every spelling: nobody can forge it. Goes with `client-auth`.',
      example: 'subject-header "X-Client-Subject"',
    }),
    'session-resumption': setting(toggle, {
      meaning:
        'Whether clients that come back may skip the long handshake, with a ticket that every worker understands.',
      default: true,
    }),
  },
  {
    meaning: 'Certificates of a listener whose `protocol` is `https`, and the terms of TLS.',
    interplay: 'What they come to is in `docs/tls.md`.',
  },
);

export const upstreamTls = optionalBlock(
  {
    sni: optional(exactServerName, {
      meaning: 'The name that is asked for, and that the certificate of the target must have.',
      defaultNote: 'the host of the target as it is written',
      example: 'sni "api.internal"',
    }),
    'ca-file': optional(pemFile, {
      meaning: 'The authorities whose certificates are believed, in the place of those of the system.',
      defaultNote: 'the authorities of the system',
      example: 'ca-file "/etc/sentinel/tls/internal-ca.crt"',
    }),
    'client-cert': optional(pemFile, {
      meaning: 'The certificate that is shown to targets which ask for one, followed by its intermediates.',
      interplay: 'Goes with `client-key`.',
      example: 'client-cert "/etc/sentinel/tls/proxy.crt"',
    }),
    'client-key': optional(pemFile, {
      meaning: 'The private key of `client-cert`, not encrypted.',
      example: 'client-key "/etc/sentinel/tls/proxy.key"',
    }),
    'insecure-skip-verify': setting(toggle, {
      meaning:
        'Believes any certificate of any target. For a test bench; anybody on the way can read and change everything.',
      interplay: 'A standing warning as long as it is on.',
      default: false,
    }),
  },
  {
    meaning: 'Speaks TLS to the targets. The certificate is checked, and its name against the host of the target.',
    interplay: 'More is in `docs/upstream-tls.md`.',
  },
);
