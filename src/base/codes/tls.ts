/** Codes of range T: certificates, keys and handshakes. 00x: files; 01x: time; 02x: chain; 03x: names; 04x: strength and use; 05x: file hygiene; 06x: what is in use. */
import type { CodeFacts } from '../code-facts.ts';

export const tlsCodes = {
  'SNT-T001': {
    title: 'certificate or key file cannot be read',
    meaning:
      'A file that should hold a certificate, a key or a bundle is missing, is not a file, may not be read by this user, or is far too large for what it should be. Nothing is known about what it holds.',
    remedy:
      'Correct the path, or let the user of the daemon read the file: a key with mode 600 belongs to that user, or to root with a group that the daemon is in and mode 640.',
  },
  'SNT-T002': {
    title: 'no certificate in the file',
    meaning:
      'A file that should begin with a certificate is empty, or holds something else: a key, a signing request, plain text.',
    remedy: 'Name the file that the authority gave back; it begins with `-----BEGIN CERTIFICATE-----`.',
  },
  'SNT-T003': {
    title: 'certificate cannot be parsed',
    meaning:
      'A part of the file says that it is a certificate, but it is cut off, damaged, or of a form that TLS does not use.',
    remedy: 'Fetch the file again from where it came from; compare its size with that of the original.',
  },
  'SNT-T004': {
    title: 'no private key in the file',
    meaning: 'A file that should hold the private key of a certificate is empty, or holds something else.',
    remedy: 'Name the key that the signing request was made with; `cert-file` and `key-file` may have been exchanged.',
  },
  'SNT-T005': {
    title: 'private key is encrypted',
    meaning: 'The key can be used only with a passphrase, and nobody is there to type one when the daemon starts.',
    remedy:
      'Decrypt it once, into a file that only the daemon can read: `umask 077; openssl pkey -in server.key -out plain.key`.',
  },
  'SNT-T006': {
    title: 'private key cannot be used',
    meaning: 'The key is damaged, or of a kind that TLS servers and clients do not sign with.',
    remedy: 'Use an RSA, EC (P-256, P-384, P-521) or Ed25519 key, as PEM.',
  },
  'SNT-T007': {
    title: 'key does not match the certificate',
    meaning:
      'The public key in the certificate is not that of the private key. Most often one of the two files is of an older renewal, or of another name.',
    remedy:
      'Put both files of one renewal in place. Public keys of any kind are compared here; the old comparison of RSA moduli says nothing about EC keys.',
  },
  'SNT-T008': {
    title: 'file is not PEM',
    meaning: 'The file is binary: DER, PKCS#12 or PKCS#7. Certificates and keys are read as PEM, which is text.',
    remedy:
      'Convert it: `openssl x509 -inform der -in FILE -out FILE.pem`, for a key `openssl pkey -inform der -in FILE -out FILE.key`, and for PKCS#12 `openssl pkcs12 -in FILE -nodes`.',
  },
  'SNT-T009': {
    title: 'bundle cannot be used',
    meaning:
      'A bundle of authorities or of revocation lists holds none, or a part of it is damaged. A bundle of which a part is missing would trust, or refuse, others than it says.',
    remedy: 'Put together again what belongs into it, PEM one after the other; `sentinel cert-check FILE` reads it.',
  },
  'SNT-T010': {
    title: 'certificate expired',
    meaning:
      'The last moment at which clients accept it is over. Every member of the chain counts: an intermediate that is over ends the chain as surely as the certificate itself.',
    remedy:
      'Deploy the renewed certificate with its chain, check it with `sentinel cert-check --staged CRT KEY --for LISTENER`, then `sentinel reload --certs`.',
  },
  'SNT-T011': {
    title: 'certificate expires soon',
    meaning:
      'Less time is left than `cert-warn-days` (a warning) or `cert-critical-days` (an error) of `alerts`; of a certificate with a short life less than a third, or a tenth, of it.',
    remedy: 'See why it was not renewed by itself; renew it, then `sentinel reload --certs`.',
  },
  'SNT-T012': {
    title: 'certificate not valid yet',
    meaning:
      'It begins to be valid later than now. Either it was put in place too early, or the clock of the machine that made it, or of this one, is wrong.',
    remedy:
      'Compare the clock with another one (`timedatectl`); keep the present certificate until the new one is valid.',
  },
  'SNT-T013': {
    title: 'clock of this machine is wrong',
    meaning:
      'The clock shows a time at which this program did not exist yet. Nothing that has a date can be judged, and TLS of this machine fails in both directions.',
    remedy: 'Set it: `timedatectl set-ntp true`, then ask again.',
  },
  'SNT-T020': {
    title: 'intermediate certificate missing',
    meaning:
      'The chain in the file ends before an authority that clients know. Browsers often fetch what is missing, most programs do not; that it works on one machine proves nothing.',
    remedy:
      'Append the intermediate of the authority to the certificate file (many give it as `fullchain.pem` or `ca-bundle.crt`).',
  },
  'SNT-T021': {
    title: 'certificates in the wrong order',
    meaning:
      'The file should hold the certificate of the server, then each issuer after what it has issued. It is served in the right order here; other programs that read the same file may not start.',
    remedy: '`sentinel cert-check --emit-fixed FILE > fixed.pem` prints it in order.',
  },
  'SNT-T022': {
    title: 'certificate that does not belong to the chain',
    meaning: 'The file holds a certificate that issued nothing in it. Every handshake carries it for nothing.',
    remedy: '`sentinel cert-check --emit-fixed FILE > fixed.pem` prints the chain without it.',
  },
  'SNT-T023': {
    title: 'root certificate in the chain',
    meaning:
      'Clients believe their own copy of a root, never one that is sent. Every handshake carries it for nothing.',
    remedy: '`sentinel cert-check --emit-fixed FILE > fixed.pem` prints the chain without it.',
  },
  'SNT-T024': {
    title: 'self-signed certificate',
    meaning: 'No authority vouches for it: only clients that were given this very certificate accept it.',
    remedy: 'Use one of an authority that the clients know; for tests give it to them, here with `--ca FILE`.',
  },
  'SNT-T025': {
    title: 'authority is not known here',
    meaning:
      'The chain ends at an issuer that is neither in the file nor among the authorities of this system. It may be a private one that the clients know, or an intermediate that is missing.',
    remedy: 'Say whom the clients trust: `sentinel cert-check --ca root.pem FILE`.',
  },
  'SNT-T026': {
    title: 'issuer may not issue certificates',
    meaning:
      'A certificate in the chain has issued another without being an authority, below the depth that it is allowed, or without the key usage for it. Clients refuse the chain.',
    remedy: 'Ask the authority for a chain whose issuers are authorities (basicConstraints CA:TRUE, keyCertSign).',
  },
  'SNT-T027': {
    title: 'certificate twice in the file',
    meaning: 'The same certificate stands in the file more than once. It is served once here.',
    remedy: '`sentinel cert-check --emit-fixed FILE > fixed.pem` prints each once.',
  },
  'SNT-T028': {
    title: 'signature of the issuer does not fit',
    meaning:
      'A certificate names an issuer that is there, but was not signed with its key: an intermediate of another generation with the same name, or a forged or damaged certificate.',
    remedy: 'Use the intermediate that came with this certificate, not that of an earlier one.',
  },
  'SNT-T029': {
    title: 'serial number given twice',
    meaning:
      'Two different certificates of one issuer have the same serial number. Clients that have seen the one may refuse the other, and a revocation meets both.',
    remedy: 'Have one issued again; private authorities need a register of serials or random ones of 64 bits and more.',
  },
  'SNT-T030': {
    title: 'certificate has no names',
    meaning:
      'There is no subjectAltName with a host or address. Clients have not looked at the common name (CN) of the subject for years.',
    remedy: 'Have it issued again with `subjectAltName`: DNS names, and `IP:` for addresses.',
  },
  'SNT-T031': {
    title: 'name not covered by the certificate',
    meaning:
      'A host that routes or `sni` name is not among the names of the certificate that its clients get. A wildcard covers exactly one label: `*.example.com` neither `example.com` nor `a.b.example.com`.',
    remedy:
      'Have the name added to the certificate, or give the host a pair of its own with `sni { hostnames … }` in the listener.',
  },
  'SNT-T040': {
    title: 'key is too weak',
    meaning: 'An RSA key of fewer than 2048 bits, or an EC key of fewer than 224: TLS libraries refuse it.',
    remedy:
      'Make a new key (`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`) and have a certificate issued for it.',
  },
  'SNT-T041': {
    title: 'signature algorithm is broken',
    meaning: 'The certificate is signed over MD5 or SHA-1, for which certificates can be forged. Clients refuse it.',
    remedy: 'Have it issued again with SHA-256 or better.',
  },
  'SNT-T042': {
    title: 'certificate is not meant for this',
    meaning:
      'Its extended key usage does not allow what it is used for: servers need serverAuth, client certificates clientAuth.',
    remedy: 'Have it issued again with the right profile of the authority.',
  },
  'SNT-T043': {
    title: 'certificate of an authority used as that of a server',
    meaning:
      'The certificate may issue others (basicConstraints CA:TRUE). Whoever gets its key from this machine can make certificates for any name; some clients refuse it.',
    remedy:
      'Have a certificate without CA:TRUE issued for the server, and take the key of the authority off the machine.',
  },
  'SNT-T044': {
    title: 'key usage forbids it',
    meaning: 'The keyUsage of the certificate does not allow the signatures that a handshake of TLS 1.2 and 1.3 needs.',
    remedy: 'Have it issued again with digitalSignature.',
  },
  'SNT-T045': {
    title: 'pair refused by the TLS library',
    meaning: 'Certificate and key can be read and belong together, but OpenSSL does not take them for a handshake.',
    remedy: 'The reason of OpenSSL stands in the message; most often key or signature is weaker than it allows.',
  },
  'SNT-T046': {
    title: 'extension is not understood',
    meaning:
      'The certificate has a critical extension that TLS libraries do not know, or one that cannot be parsed: clients have to refuse it.',
    remedy: 'Have it issued again with a profile for TLS servers.',
  },
  'SNT-T047': {
    title: 'revocation list out of date',
    meaning:
      'The time at which the next list was due is over, or the list is not valid yet. OpenSSL refuses every certificate of that issuer, the good ones too.',
    remedy:
      'Fetch the present list from the authority, put it in the place of the old one, then `sentinel reload --certs`.',
  },
  'SNT-T048': {
    title: 'not the certificate of an authority',
    meaning:
      'A bundle of authorities holds a certificate that may not issue others. It verifies nothing but, at best, itself.',
    remedy: 'Name the bundle of the authority that issued the certificates that are to be accepted.',
  },
  'SNT-T049': {
    title: 'kind of key that few clients know',
    meaning:
      'The key is of a kind that programs made with OpenSSL take, but browsers and many others do not: Ed25519, Ed448, or an EC curve other than P-256, P-384 and P-521.',
    remedy: 'Fine between programs of your own. For everybody else take P-256 or RSA 2048.',
  },
  'SNT-T050': {
    title: 'private key readable by others',
    meaning: 'Users of this machine who need not see the key can read it. Whoever reads it can be this server.',
    remedy: '`chmod 600 FILE`; if strangers had accounts meanwhile, have a new key certified.',
  },
  'SNT-T051': {
    title: 'file belongs to another user',
    meaning:
      'A file belongs neither to root nor to the user who asks: its owner can exchange it, whatever its mode says.',
    remedy: '`chown root FILE`, or the user that the daemon runs as.',
  },
  'SNT-T052': {
    title: 'others can exchange the file',
    meaning: 'The file, or the folder that it lies in, may be written by others than its owner.',
    remedy: '`chmod go-w` the file and its folder.',
  },
  'SNT-T053': {
    title: 'key is older than the certificate',
    meaning:
      'The key was kept when the certificate was renewed. That is allowed; a key that leaks is then good for longer.',
    remedy: 'Let the program that renews make a new key each time (certbot: without `--reuse-key`).',
  },
  'SNT-T054': {
    title: 'file holds more than PEM',
    meaning:
      'There is text around the certificates that is no comment of openssl, line ends of Windows, or a byte order mark. It is passed over here; other programs may stumble.',
    remedy: '`sentinel cert-check --emit-fixed FILE > fixed.pem` prints what matters.',
  },
  'SNT-T060': {
    title: 'certificate on disk is not the one in use',
    meaning: 'The file was replaced, and the daemon still serves what it has loaded before.',
    remedy: '`sentinel reload --certs` takes the files over without a failed handshake.',
  },
  'SNT-T061': {
    title: 'another certificate is served',
    meaning:
      'A handshake with the listener got another certificate than the daemon has loaded, or the file holds: another program has the port, a device in front terminates TLS, or a worker has not taken over yet.',
    remedy: 'See who listens: `ss -tlnp`. Then `sentinel reload --certs`, and `sentinel cert-check` once more.',
  },
  'SNT-T062': {
    title: 'host could not be asked',
    meaning: 'No TLS handshake with the address came about in time, so that nothing is known of its certificate.',
    remedy: 'Check address and port (`ss -tln`), and whether TLS is spoken there and not plain HTTP.',
  },
  'SNT-T063': {
    title: 'rehearsed handshake fails',
    meaning:
      'The pair was tried with the settings of its listener, its versions, cipher suites and names, in this process and without a network, and the handshake did not come about, or OpenSSL did not accept the chain.',
    remedy:
      'Do not deploy it. Where no cipher suite is shared, the key is of a kind that `cipher-suites` of the listener leaves out.',
  },
  'SNT-T064': {
    title: 'nothing to check',
    meaning: 'The configuration names no certificate, and the command line neither.',
    remedy: 'Name files or HOST:PORT: `sentinel cert-check server.crt server.key`.',
  },
  'SNT-T065': {
    title: 'staged pair would take something away',
    meaning:
      'A name, a kind of key or time that the present certificate has is missing in the one that is to replace it.',
    remedy: 'See whether a client needs it; have the certificate issued again if so.',
  },
} as const satisfies Record<string, CodeFacts>;
