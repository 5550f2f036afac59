/**
 * Secrets in the words of one kind of program: bind lines of LDAP, communities of SNMP, SQL, logins of mail, Redis and Oracle, key
 * logs of TLS, unseal keys, codes that are sent by SMS, links that let in whoever has them. One table; each rule reads a text once.
 * For the rules of text.
 */
import { redacted } from '../../base/redaction.ts';
import { isSecretValue, promiseOf } from './secret-names.ts';

interface Dialect {
  /** Two groups: what stays, and the value. */
  readonly form: RegExp;
  /** Default: whatever says that there is something. */
  readonly takes?: (value: string, head: string) => boolean;
}

const dialects: readonly Dialect[] = [
  {
    form: /(\b(?:bindpw|rootpw|requirepass|masterauth|r[ow]community6?|(?:snmp-server|snmp) community|com2sec\s+\S{1,64}\s+\S{1,64})\s{1,4}\\{0,8}["']?)([^\s"'#;\\]{3,256})/gi,
  },
  {
    form: /(\bsnmp(?:bulk)?(?:walk|get|set|getnext|table|status|df)\b[^\n|;]{0,200}?\s-[cAX]\s{0,4}["']?)([^\s"'-][^\s"']{2,255})/g,
  },
  { form: /(\s-D\s{0,4}["']?\w{1,16}=[^\n]{1,300}?\s-w\s{0,4}["']?)([^\s"'-][^\s"']{2,255})/g },
  {
    form: /((?:\bjdbc:oracle:\w{2,8}:|\bsqlplus\s(?:-\w{1,8}\s){0,3})["']?[\w.$#-]{1,64}\/)([^\s@"'/][^\s@"']{0,127})(?=@)/gi,
  },
  {
    form: /((?:^|[\s\]])\\{0,8}"AUTH\\{0,8}"\s(?:\\{0,8}"[^"\s\\]{1,64}\\{0,8}"\s)?\\{0,8}")([^"\\]{3,512})(?=\\{0,8}")/gi,
  },
  {
    form: /(\bAUTH(?:ENTICATE)?\s{1,3}(?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5|NTLM)\s{1,3})([A-Za-z0-9+/]{8,4096}={0,2})(?![\w.-])/gi,
    takes: (value) => value.length % 4 === 0 && /[A-Z0-9=]/.test(value),
  },
  {
    form: /(\bIDENTIFIED\s{1,4}(?:WITH\s{1,4}\S{1,64}\s{1,4})?(?:BY|AS)\s{1,4}(?:PASSWORD\s{1,4})?\\{0,8}['"])([^'"\n\\]{1,256})/gi,
  },
  {
    form: /(\bpass(?:word|phrase)(?:\s{1,3}(?:is|was|to|for\s\S{1,64}))?\s{0,3}[=:]?\s{0,3}\\{0,8}')([^'\n\\]{3,256})(?=\\{0,8}')/gi,
    takes: (value, head) => isSecretValue(head.startsWith('PASSWORD') ? 'certain' : 'likely', value),
  },
  {
    form: /(\b(?:pass(?:word|wd|phrase|code)|pwd)\s{1,3}(?:is|was|to)\s{1,3}(?:now\s{1,3})?["`\u201c]?)([^\s"'`,;\u201d]{5,255}[^\s"'`,;.!?:)\u201d])/gi,
    takes: isMixed,
  },
  {
    form: /(\b(?:verification|security|confirmation|authentication|login|sign-?in|access|one[ -]time|2fa|mfa|otp|sms|device)\s(?:pass)?(?:code|pin)(?:\s(?:is|was|for\s\S{1,64}(?:\sis)?))?\s?[:=]?\s{0,3}["']?)(\d{4,8}(?![\d.:])|\d{3}[ -]\d{3}(?!\d))/gi,
  },
  { form: /((?<![\w-])(?:pin|tan)(?:\s(?:is|was|code|code is))?\s?[:=]?\s{1,3})(\d{4,8})(?![\w.:-])/gi },
  {
    form: /(\b(?:recovery|backup|scratch)\scodes?(?:\s(?:are|is|for\s\S{1,64}))?\s?[:=]?\s{1,3})((?:[a-z0-9]{4,12}(?:-[a-z0-9]{4,12}){1,5}|(?=[a-z]{0,11}\d)[a-z0-9]{6,12})(?![\w-])(?:[\s,;]{1,3}(?:[a-z0-9]{4,12}(?:-[a-z0-9]{4,12}){1,5}|(?=[a-z]{0,11}\d)[a-z0-9]{6,12})(?![\w-])){0,40})/gi,
    takes: (value) => /\d/.test(value),
  },
  { form: /(::add-mask::)([^\s"'\\][^\n"\\]{0,4095})/g },
  { form: /(\bissecret=true[^\]\n]{0,100}\])([^\n"]{1,4096})/gi },
  { form: /(\b(?:unseal|recovery)\skey(?:\s\d{1,2})?(?:\s\([^)\n]{1,20}\))?\s?:\s{0,3})([A-Za-z0-9+/=_-]{16,128})/gi },
  {
    form: /(\b(?:CLIENT_RANDOM|RSA|(?:CLIENT|SERVER)_(?:HANDSHAKE_|EARLY_)?TRAFFIC_SECRET(?:_\d)?|(?:EARLY_)?EXPORTER_SECRET)\s[0-9a-f]{16,64}\s)([0-9a-f]{32,128})/gi,
  },
  {
    form: /(\/(?:magic(?:-?links?)?|reset(?:-password)?|password-reset|verify(?:-email)?|confirm(?:ation)?|invit(?:e|ation)s?|activat(?:e|ion)|unsubscribe|passwordless|tokens?|(?:web)?hooks?(?:\/[\w-]{1,40})?|incomingwebhook(?:\/\w{1,40})?)\/)([\w~=-]{20,512})(?![\w/.])/gi,
    takes: (value) => /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value),
  },
  { form: /(\/services\/T[A-Z0-9]{6,12}\/B[A-Z0-9]{6,12}\/)([A-Za-z0-9]{16,64})(?![\w-])/g },
  { form: /(\/IncomingWebhook\/)([0-9a-f]{32}(?:\/[\w-]{1,64})?)/gi },
  // `('password', 'x')`: lists of pairs, as Python and others show them.
  {
    form: /([([]\s?\\{0,8}["'][\w.-]{2,80}\\{0,8}["']\s?,\s?\\{0,8}["'])([^"'\n\\]{1,1024})(?=\\{0,8}["']\s?[)\]])/g,
    takes: (value, head) =>
      promiseOf(/[\w.-]{2,80}/.exec(head)?.[0] ?? '') === 'certain' &&
      promiseOf(value) === 'none' &&
      isSecretValue('likely', value),
  },
];

/** What lines have that no other rule would look at. */
export const dialectMarks =
  /community|com2sec|identified\s|snmp\w|oracle:|sqlplus|add-mask|issecret=|kty["\\]|CLIENT_RANDOM|RSA [0-9a-f]{16}|\stan\s|stringData|\/(?:magic|reset|verify|confirm|invit|activat|unsubscribe|hooks?\/|incomingw|services\/T[A-Z0-9]{6})/i;

/** Whether one of them may be there: one look. */
const anyMark =
  /bindpw|rootpw|pass|pwd|master|communi|com2sec|snmp|-D|oracle:|sqlplus|AUTH|identified|code|(?:^|[^\w-])(?:pin|tan)\s|add-mask|issecret|seal|recovery|CLIENT_RANDOM|RSA|_SECRET|\/(?:magic|reset|verify|confirm|invit|activat|unsub|token|web|hook|incoming|services\/T)|["'] ?, ?\\{0,8}["']/i;

/** The text without them. */
export function withoutDialects(text: string, note: (rule: string) => void): string {
  if (!anyMark.test(text)) return text;
  let rest = text;
  for (const { form, takes } of dialects)
    rest = rest.replace(form, (whole, head: string, value: string) => {
      if (value.includes(redacted.slice(0, -1)) || !isSecretValue('certain', value)) return whole;
      if (takes !== undefined && !takes(value, head)) return whole;
      note('dialect');
      return head + redacted;
    });
  return rest;
}

/** Of three kinds of characters, a digit among them, and no words with hyphens: `base64-encoded` says how. */
function isMixed(value: string): boolean {
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  return (
    kinds >= 3 &&
    /\d/.test(value) &&
    !/^(?:[a-z]+\d*(?:[-_.][a-z0-9]+)+|(?:SHA|MD|AES|UTF|ISO)-?\d.*|[[$].*)$/.test(value)
  );
}

/** The private numbers of a key in JSON (RFC 7517): their names are single letters. In a document, so that it stays one. */
export function withoutPrivateNumbers(text: string, note: (rule: string) => void): string {
  if (!text.includes('kty')) return text;
  return text.replace(
    /((?<=[{,\s])\\{0,8}"(?:d|p|q|dp|dq|qi|k)\\{0,8}"\s{0,4}:\s{0,4}\\{0,8}")([\w=+/-]{10,4096})(?=\\{0,8}")/g,
    (_, head: string) => {
      note('private-key');
      return head + redacted;
    },
  );
}

/** `data` and `stringData` of a Secret of Kubernetes: every value, whatever its name. */
export function withoutSecretManifests(text: string, note: (rule: string) => void): string {
  if (!/kind: ?["']?Secret\b/.test(text)) return text;
  return text
    .split(/(?<=^|\n)(?=---)/)
    .map((document) =>
      /(?:^|\s)kind: ?["']?Secret["']?[ \t]*\r?$/m.test(document)
        ? document.replace(
            /(?<=^|\n)([ \t]*)((?:stringD|d)ata:[ \t]*\r?)((?:\n\1[ \t]+[^\n]*)+)/g,
            (_, indent: string, name: string, lines: string) =>
              `${indent}${name}${lines.replace(
                /(\n[ \t]+(?:["']?[\w.-]{1,253}["']?:[ \t]+)?)(?![|>][+-]?[ \t]*\r?(?:\n|$))([^\s][^\n]*)/g,
                (whole, head: string, value: string) => {
                  if (/^["']?[\w.-]{1,253}["']?:\s*$/.test(value) || value.startsWith(redacted)) return whole;
                  note('named');
                  return head + redacted;
                },
              )}`,
          )
        : document,
    )
    .join('');
}
