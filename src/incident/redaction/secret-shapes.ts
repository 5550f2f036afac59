/**
 * What gives itself away by its looks alone: tokens with a prefix, keys in armour, tickets of three parts, hashes of passwords,
 * numbers of cards. One table of rules, and one look that says whether any could fit. Every rule reads a text once, whatever
 * somebody put into it. Knows no names.
 */
import { redacted } from '../../base/redaction.ts';
import { base64Marks } from './encodings.ts';

export interface Shape {
  readonly rule: string;
  readonly form: RegExp;
  /** What stays of it; null = this match is none. Default: nothing stays. */
  readonly keeps?: (match: RegExpExecArray) => string | null;
}

/** Prefixes that nobody writes by chance, with at least so many characters behind them. */
const prefixes: readonly (readonly [least: number, beginnings: string])[] = [
  [16, 'gh[pousr]_|github_pat_|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt|ffct)-|GR1348941'],
  [8, 'xox[abceprs](?:\\.xox[abp])?-|xapp-|xwfp-'],
  [30, 'AIza'],
  [12, 'ya29\\.|GOCSPX-|1//0[\\w-]'],
  [8, '[rsp]k_(?:live|test)_|whsec_'],
  [20, 'sk-(?:ant-|proj-|svcacct-|or-v1-)?|hf_|gsk_|r8_|pplx-|xai-|tvly-|nvapi-'],
  [
    16,
    'SG\\.|npm_|pypi-|rubygems_|NRAK-|NRII-|NRJS-|HRKU-|do[por]_v1_|hv[sbr]\\.|dapi|lin_api_|ntn_|sq0(?:atp|csp|idp)-',
  ],
  [
    16,
    'shp(?:at|ss|ca|pa)_|pscale_(?:tkn|pw|oauth)_|dp\\.(?:st|pt|ct|sa)\\.|tskey-|fo1_|FlyV1 |gls[ac]_|glc_|sntry[su]_|ops_|cf(?:ut|at)_',
  ],
  [
    16,
    'AGE-SECRET-KEY-|SSWS |EAAC|EAAA|AKCp|PMAK-|ATATT3|ATCTT3|ATBB|figd_|dckr_(?:pat|oat)_|cio_|pat-(?:na|eu)\\d-|rnd_|vercel_|sbp_',
  ],
];
const prefixed = new RegExp(
  `(?<![A-Za-z0-9])(?:${prefixes.map(([least, beginnings]) => `(?:${beginnings})[\\w.~+/=-]{${least},}`).join('|')})`,
  'g',
);

/** Schemes of `Authorization` with what follows them; words of prose are told apart by their looks. */
const scheme =
  /\b(bearer|basic|token|apikey|api-key|negotiate|ntlm|hawk|sharedkey(?:lite)?|ssws|splunk|genkey)((?:\s|%20|\+|\\t){1,4}(?:b|u)?\\{0,6}["']?)([\w.~+/=:%-]{6,})/gi;
const proseAfter =
  /^(?:tokens?|auth\w*|realm|bucket\w*|keys?|access|credentials?|\[?redacted.*|error="?|scheme|challenge|header|format)\b/i;

export const shapes: readonly Shape[] = [
  { rule: 'jwt', form: /(?<![\w-])(?=(?:[\w-]*-)?eyJ[\w-]{6})[\w-]{9,}(?:\.[\w-]*){0,4}/g, keeps: jsonTicket },
  { rule: 'cloud-key', form: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|LTAI|AKID)[A-Za-z0-9]{12,}/g },
  { rule: 'prefixed', form: prefixed },
  { rule: 'scheme', form: scheme, keeps: schemeWord },
  {
    rule: 'digest',
    form: /\bdigest\s{1,4}(?=[^\r\n]{0,200}?(?:username|response|nonce)\s?=)[^\r\n]*/gi,
    keeps: () => 'Digest ',
  },
  { rule: 'aws-signature', form: /\bAWS4-HMAC-SHA256\s[^\r\n"]*/g, keeps: () => 'AWS4-HMAC-SHA256 ' },
  { rule: 'twilio', form: /(?<![A-Za-z0-9])SK[0-9a-f]{32}(?![A-Za-z0-9])/g },
  { rule: 'azure-secret', form: /(?<![\w.~-])[\w.~-]{3}\dQ~[\w.~-]{31,34}/g },
  { rule: 'newrelic', form: /(?<![A-Za-z0-9])[0-9a-f]{36,40}(?:FFFF)?NRAL/g },
  { rule: 'mail-service', form: /(?<![A-Za-z0-9])(?:key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2})(?![A-Za-z0-9])/g },
  { rule: 'bot', form: /(?<![A-Za-z0-9])(?:bot)?\d{8,11}:[A-Za-z0-9_-]{34,36}(?![A-Za-z0-9_-])/g },
  { rule: 'bot', form: /(?<![\w.-])[MNO][A-Za-z\d_-]{22,27}\.[\w-]{5,7}\.[\w-]{27,40}(?![\w-])/g },
  {
    rule: 'webhook',
    form: /(hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/)[\w./-]+/gi,
    keeps: (match) => match[1] ?? '',
  },
  {
    rule: 'webhook',
    form: /(discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/)[\w./-]+/gi,
    keeps: (match) => match[1] ?? '',
  },
  {
    rule: 'webhook',
    form: /(\.webhook\.office\.com\/webhookb2\/|outlook\.office\.com\/webhook\/)[\w@./-]+/gi,
    keeps: (match) => match[1] ?? '',
  },
  {
    rule: 'password-hash',
    form: /\$(?:2[abxy]?|apr1|1|5|6|7|y|gy|sha1|argon2(?:id|i|d)|scrypt|s2|pbkdf2[\w-]{0,20}|bcrypt-sha256)\$[\w./+$=,-]{8,}/g,
  },
  { rule: 'password-hash', form: /\{(?:S?SHA(?:\d{3})?|SMD5|CRYPT|PBKDF2[\w-]{0,20}|x-pbkdf2)\}[\w./+$=-]{12,}/gi },
  {
    rule: 'password-hash',
    form: /\bhash(\\{0,8}["']?[\s:=]{1,4}\\{0,8}["']?)sha256:[0-9a-fA-F]{64}/g,
    keeps: (match) => `hash${match[1]}`,
  },
  { rule: 'account-key', form: /(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])/g },
  { rule: 'cloud-key', form: /(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_.-])/g, keeps: awsSecret },
  { rule: 'key-store', form: /(?<![A-Za-z0-9+/])MII[A-Za-z0-9+/]{60,}={0,2}/g, keeps: keyStore },
  { rule: 'card', form: /(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])/g, keeps: cardNumber },
  { rule: 'iban', form: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g, keeps: iban },
];

const words =
  /bearer|basic|token[\s+%]|api-?key[\s+%]|negotiate|ntlm|hawk|sharedkey|ssws|splunk|genkey|digest\s|webhook|hooks\.|\{(?:s?sha|smd5|crypt|pbkdf|x-pbk)/i;
/** Those in which case means something: ids in lower-case hexadecimals are on every line of a log. */
const cased =
  /eyJ|AWS4|A[KSBC]IA|LTAI|AKID|gh[pousr]_|github_pat|gl[a-z]{2,5}-|GR134|xox|xapp|xwfp|AIza|ya29|GOCSPX|1\/\/0|[rsp]k_[lt]|sk-|whsec|hf_|gsk_|r8_|pplx|xai-|tvly|nvapi-|SG\.|npm_|pypi|rubyg|NR(?:AK|II|JS|AL)|HRKU|do[por]_v1|hv[sbr]\.|dapi|lin_a|ntn_|sq0|shp[a-z]{2}_|pscale|dp\.|tskey|fo1_|FlyV|sntry|ops_|gl[sc][a_]|cf[ua]t_|AGE-S|EAA[AC]|AKCp|PMAK|AT[AC]TT|ATBB|figd_|dckr|cio_|pat-|rnd_|vercel|sbp_|key-[0-9a-f]{8}|-us\d|\$(?:2|apr|[1567y]|gy|sha|argon|scr|s2|pbk|bcr)|SSWS|sha256:[0-9a-fA-F]{8}/;
const counted =
  /SK[0-9a-f]{8}|\dQ~|\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d|(?<![A-Za-z0-9])[A-Z]{2}\d{2} ?[A-Z0-9]{4} ?[A-Z0-9]{3}/;

/** Whether any of them could fit: one look. Wrong only to the safe side. */
export function mayHoldShape(text: string): boolean {
  return shapeMarks.some((one) => one.test(text));
}

/** The same looks, for whoever searches a long text for the next place. */
export const shapeMarks: readonly RegExp[] = [words, cased, counted, base64Marks];

/** The text without what has one of these shapes. `note` is told the rule of each. */
export function withoutShapes(text: string, note: (rule: string) => void): string {
  let rest = text;
  for (const { rule, form, keeps } of shapes) {
    form.lastIndex = 0;
    let match = form.exec(rest);
    if (match === null) continue;
    let out = '';
    let from = 0;
    while (match !== null) {
      const kept = keeps === undefined ? '' : keeps(match);
      if (kept !== null) {
        out += `${rest.slice(from, match.index)}${kept}${redacted}`;
        from = match.index + match[0].length;
        note(rule);
      }
      match = form.exec(rest);
    }
    rest = from === 0 ? rest : out + rest.slice(from);
  }
  return rest;
}

/** What begins with `{"`, as base64url: a ticket, or JSON that somebody wrapped. */
function jsonTicket([text]: RegExpExecArray): string | null {
  return text.includes('.') || text.length >= 16 ? '' : null;
}

function schemeWord([, word = '', gap = '', value = '']: RegExpExecArray): string | null {
  if (proseAfter.test(value)) return null;
  const certain = /^(?:bearer|negotiate|ntlm)$/i.test(word) ? /[A-Za-z0-9]{4}/.test(value) : false;
  // "basic authentication" and "token bucket" are no secrets: base64 has a capital, a digit or padding.
  const looks = /[0-9]/.test(value) ? /[A-Za-z]/.test(value) : /[a-z][A-Z]|[A-Z]{2}.*[a-z]|=$/.test(value);
  return certain || looks ? `${word}${gap}` : null;
}

/** Forty characters of base64 with all its kinds, as AWS makes them; digests and words have fewer kinds. */
function awsSecret([text]: RegExpExecArray): string | null {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/[0-9]/.test(text)) return null;
  if ((text.match(/\//g)?.length ?? 0) > 4) return null;
  return new Set(text).size >= 20 ? '' : null;
}

/** PKCS#1, PKCS#8 and PKCS#12 begin with a version; certificates and public keys do not. */
function keyStore([text]: RegExpExecArray): string | null {
  const der = Buffer.from(text.slice(0, 64), 'base64');
  const inner = (der[1] ?? 0) === 0x82 ? 4 : (der[1] ?? 0) === 0x81 ? 3 : 2;
  const version = der[inner] === 0x02 && der[inner + 1] === 0x01 && [0, 1, 3].includes(der[inner + 2] ?? 9);
  const encrypted = der[inner] === 0x30 && der.subarray(0, 40).includes(Buffer.from('2a864886f70d0105', 'hex'));
  return version || encrypted ? '' : null;
}

function cardNumber([text]: RegExpExecArray): string | null {
  const digits = text.replace(/[ -]/g, '');
  const issued =
    /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14})$/;
  if (!issued.test(digits)) return null;
  let sum = 0;
  for (const [at, digit] of digits.split('').reverse().entries()) {
    const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0 ? '' : null;
}

function iban([text]: RegExpExecArray): string | null {
  const plain = text.replaceAll(' ', '');
  if (plain.length < 15 || plain.length > 34) return null;
  const moved = (plain.slice(4) + plain.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  let rest = 0;
  for (const digit of moved) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1 ? '' : null;
}
