/**
 * Secrets that a grammar of its own gives away: user and password of URLs, arguments of commands, elements of XML, settings of KDL
 * beside their names, the files `.netrc`, `.pgpass` and `htpasswd`, and prose (“the token is …”). For the scrubber; each rule reads
 * a text once.
 */
import { redacted } from '../../base/redaction.ts';
import { isSecretValue, promiseOf } from './secret-names.ts';

type Note = (rule: string) => void;

/** The text without them. */
export function withoutSpelledValues(text: string, note: Note): string {
  let rest = text;
  if (rest.includes('@')) rest = withoutLogins(withoutUserinfo(rest, note), note);
  if (rest.includes('<')) rest = withoutElements(rest, note);
  if (rest.includes('-')) rest = withoutArguments(rest, note);
  if (rest.includes('"')) rest = withoutSettings(rest, note);
  return proseMarks.test(rest) ? withoutProse(withoutFileLines(rest, note), note) : withoutFileLines(rest, note);
}

/** Whether one of them may be there. */
export const spellingMarks =
  /@|(?:^|\s)-{1,2}[a-z]|<[a-z/]|[_-]key["']? ["#]|password|passwd|passphrase|secret|token|credential|api[ _-]?key|:(?:\d{2,5}|\*):[\w.*-]{1,63}:[\w.@*-]{1,63}:\S|^[\w.@-]{1,64}:[./0-9A-Za-z]{13}(?::|$)/im;

/** `scheme://user:pass@host`: the password may hold anything but spaces and quotes. */
function withoutUserinfo(text: string, note: Note): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('://'); at !== -1; ) {
    const start = at + 3;
    const stop = runEnd(text, start);
    const next = text.indexOf('://', start);
    // Another URL in the same run: its scheme is not searched for an @ of this one.
    const limit = next === -1 || next > stop ? stop : next;
    const sign = signOf(text, start, limit, text.slice(Math.max(0, at - 12), at));
    if (sign > start && !isHidden(text.slice(start, sign))) {
      out += `${text.slice(from, start)}${redacted}`;
      from = sign;
      note('url-login');
    }
    at = next;
  }
  return from === 0 ? text : out + text.slice(from);
}

const LONGEST_RUN = 8192;

function runEnd(text: string, start: number): number {
  runs.lastIndex = start;
  return start + (runs.exec(text)?.[0].length ?? 0);
}
const runs = /[^\s"'<>`\\]{0,8192}/y;

/** Where the user and the password end; -1 = there are none. */
function signOf(text: string, start: number, limit: number, before: string): number {
  const run = text.slice(start, limit);
  if (!run.includes('@') || run.length > LONGEST_RUN) return -1;
  if (!/(?:https?|wss?|git|ftp|file)$/i.test(before)) return start + run.lastIndexOf('@');
  const path = run.search(/[/?#]/);
  const authority = path === -1 ? run : run.slice(0, path);
  const strict = authority.lastIndexOf('@');
  if (strict !== -1) return start + strict;
  // Also a password with a slash of its own; a port is none.
  const [, afterColon] = /^[^:@/]*:([^/?#]*)/.exec(authority) ?? [];
  const isPort = afterColon !== undefined && /^\d{1,5}$/.test(afterColon);
  return afterColon === undefined || isPort || authority.startsWith('[') ? -1 : start + run.lastIndexOf('@');
}

function isHidden(userinfo: string): boolean {
  return userinfo === redacted || userinfo.endsWith(`:${redacted}`) || userinfo === '***';
}

/** `user:pass@tcp(host)/db`, `user:pass@host:5432/db`. */
function withoutLogins(text: string, note: Note): string {
  return text.replace(
    /(?<![^\s"'=,;(])([\w.-]{1,64}):([^\s"'<>:/]{1,256}|[^\s"'<>]{1,256}?)(@(?:(?:tcp\d?|udp|unix)\(|[\w.-]{1,253}:\d{2,5}(?:\/|$|[\s"'?])))/g,
    (whole, user: string, password: string, after: string) => {
      if (password.startsWith(redacted) || password.startsWith('//')) return whole;
      note('url-login');
      return `${user}:${redacted}${after}`;
    },
  );
}

/** `<password>x</password>`, `<add key="password" value="x"/>`, `<property name="password">x`. */
function withoutElements(text: string, note: Note): string {
  return text.replace(
    /<([A-Za-z][\w:.-]{0,80})((?:\s[^<>]{0,400})?)>(<!\[CDATA\[[^\]]{0,4096}|[^<]{0,4096})(?=<|\]|$)|<[A-Za-z][\w:.-]{0,80}(\s[^<>]{1,400}?)\s?\/?>/g,
    (
      whole,
      element: string | undefined,
      attributes: string | undefined,
      content: string | undefined,
      alone: string | undefined,
    ) => {
      const pairs = attributes ?? alone ?? '';
      const [, label = ''] = /\s(?:name|key|id|field)\s?=\s?["']([^"']{1,100})["']/.exec(pairs) ?? [];
      const labelled = promiseOf(label);
      let result = whole;
      if (labelled === 'certain')
        result = result.replace(/(\svalue\s?=\s?(["']))([^"']+)\2/, (_, head: string, quote: string) => {
          note('xml');
          return `${head}${redacted}${quote}`;
        });
      if (element === undefined || content === undefined) return result;
      const promise = labelled === 'certain' ? labelled : promiseOf(element.replace(/^.*:/, ''));
      const inner = content.replace(/^<!\[CDATA\[/, '');
      if (!isSecretValue(promise, inner)) return result;
      note('xml');
      return result.slice(0, result.length - content.length) + redacted;
    },
  );
}

/** `--password x`, `"--token", "x"`, `-u user:pass`, `-psecret` of those who take it so. */
function withoutArguments(text: string, note: Note): string {
  const long = text.replace(
    /(?<![\w-])(--?[A-Za-z][\w.-]{1,60})(\s{1,4}|\\{0,8}["'],?\s{0,4}\\{0,8}["'])((?!-)[^\s"'\\]{1,4096})/g,
    (whole, name: string, gap: string, value: string) => {
      if (promiseOf(name) !== 'certain' || !isSecretValue('certain', value)) return whole;
      note('argument');
      return `${name}${gap}${redacted}`;
    },
  );
  const logins = long.replace(
    /(?<![\w-])(-u|-U|--user|--proxy-user|--auth|--credentials?)(\s{1,4}|=|\\{0,8}["'],?\s{0,4}\\{0,8}["'])(["']?)([^\s"':%\\/]{1,64})([:%])([^\s"'\\]{1,1024})/g,
    (_, name: string, gap: string, quote: string, user: string, colon: string) => {
      note('argument');
      return `${name}${gap}${quote}${user}${colon}${redacted}`;
    },
  );
  return logins.replace(
    /\b((?:mysql|mysqldump|mysqladmin|mariadb|mongo|mongosh|mongodump|sshpass|docker|podman|redis-cli|ldapsearch|ldapmodify|sqlcmd|isql|htpasswd|smbclient|zip|unzip|7z|openssl|keytool|expect|chpasswd|plink|psftp|rabbitmqadmin|cqlsh|influx|curl|oc)\b[^\n|;]{0,400}?\s(?:-p|-P|-a|-w|-pw|-pass(?:in|out)?|-storepass|-keypass)(?:\s{1,4}(?:pass:)?|(?=[^\s\d-])))(["']?)([^\s"'-][^\s"']{2,1023})/g,
    (whole, head: string, quote: string, value: string) => {
      if (/^(?:\d{1,5}(?::\d{1,5})?|env:.*|file:.*|fd:.*|stdin)$/.test(value) || value.startsWith(redacted))
        return whole;
      note('argument');
      return `${head}${quote}${redacted}`;
    },
  );
}

/** `password "x"`, `header "X-Api-Key" "x"`, `Authorization #"Bearer x"#`: KDL, nginx and others. */
function withoutSettings(text: string, note: Note): string {
  let out = '';
  let from = 0;
  settings.lastIndex = 0;
  for (let match = settings.exec(text); match !== null; match = settings.exec(text)) {
    const [whole, head = '', name = '', gap = '', value = ''] = match;
    const promise = promiseOf(name);
    if (value.length < 4 || promise === 'likely' || !isSecretValue(promise === 'certain' ? 'likely' : promise, value)) {
      // The value may be a name itself: that of the next one.
      settings.lastIndex = match.index + head.length;
      continue;
    }
    const start = match.index + head.length + gap.length + 1;
    out += `${text.slice(from, start)}${redacted}`;
    from = start + value.length;
    settings.lastIndex = match.index + whole.length;
    note('setting');
  }
  return from === 0 ? text : out + text.slice(from);
}
const settings = /(?<![\w.-])((?:["']?)([\w.-]{2,80})["']?)([ \t]{1,16}#{0,4})"((?:[^"\\\n]|\\.){1,8192})"/g;

const proseMarks = /password|passwd|passphrase|secret|token|credential|api[ _-]?key/i;

/** “the password is x”, “token x”: only what nobody would take for a word. */
function withoutProse(text: string, note: Note): string {
  return text.replace(
    /\b(passwords?|passwd|passphrase|secrets?|tokens?|credentials?|api[ _-]?keys?)((?:\s{1,3}(?:is|was|are|were|of|for|to|value|equals|set))?\s{1,3}["'`\u201c(]?)([^\s"'`,;()<>]{6,512})/gi,
    (whole, word: string, gap: string, value: string) => {
      const told = /\b(?:is|was|are|were|equals)\b/i.test(gap) && /[0-9]/.test(value) && /[A-Za-z]/.test(value);
      if (!(told || looksRandom(value)) || value.includes(redacted)) return whole;
      note('prose');
      return `${word}${gap}${redacted}`;
    },
  );
}

function looksRandom(value: string): boolean {
  if (/^(?:\[|\$\{|https?:|\/|#|[\w.-]+[=:]|\d[\d.:%-]*\w{0,3}$|v\d|0x)/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  const hyphened = /^[a-z]+(?:[-_./][a-z0-9]+)+$/i.test(value);
  if (value.length >= 16) return kinds >= 2 && /[0-9]/.test(value) && !(hyphened && value.length < 24);
  return kinds >= 3 && /[0-9]/.test(value) && !hyphened;
}

/** Lines of files that are nothing but logins. */
function withoutFileLines(text: string, note: Note): string {
  if (!text.includes(':') && !text.includes('password')) return text;
  const netrc = text.replace(
    /((?:\bmachine\s{1,4}\S{1,253}|\bdefault)\s(?:[^\n]{0,300}?\s)?password\s{1,4}|^\s*(?:login\s{1,4}\S{1,100}\s{1,4})?password\s{1,4}(?=\S+\s*$))(\S{1,512})/gm,
    (whole, head: string, value: string) => {
      if (!isSecretValue(/^\s*password/.test(head) ? 'likely' : 'certain', value)) return whole;
      note('login-file');
      return head + redacted;
    },
  );
  const pgpass = netrc.replace(
    /^([ >+]*[\w.*-]{1,253}:(?:\d{2,5}|\*):(?:[\w.-]{3,63}|\*):(?:[\w.@-]{3,63}|\*):)([^\s]{1,512})$/gm,
    (_, head: string) => {
      note('login-file');
      return head + redacted;
    },
  );
  return pgpass.replace(/^([\w.@-]{1,64}:)([./0-9A-Za-z]{13})(?=:|\s*$)/gm, (whole, head: string, hash: string) => {
    if (!/[a-z]/.test(hash) || !/[A-Z]/.test(hash) || !/[0-9./]/.test(hash)) return whole;
    note('password-hash');
    return head + redacted;
  });
}
