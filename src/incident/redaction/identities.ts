/**
 * Who and where: addresses, names of hosts, people, and the ids in paths. Each becomes a token that is the same everywhere in the
 * bundle, or `[ID]`. For the profiles `share` and `paranoid`; secrets have gone before. Fills the tokens it is given.
 */
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';
import { LocalNames } from './local-names.ts';
import type { Tokens } from './tokens.ts';

type Note = (rule: string) => void;

export class Identities {
  readonly #tokens: Tokens;
  readonly #note: Note;
  readonly #hosts: LocalNames;
  readonly #users = new Set<string>();
  #userForm: RegExp | null = null;

  constructor(tokens: Tokens, hosts: Iterable<string>, users: Iterable<string>, note: Note) {
    this.#tokens = tokens;
    this.#note = note;
    this.#hosts = new LocalNames(hosts);
    for (const user of users) this.#remember(user);
  }

  /** A text of any kind. */
  text(value: string): string {
    if (value.length < 3) return value;
    let rest = value;
    if (rest.includes('@') || rest.includes('%40')) rest = rest.replace(mails, (whole) => this.#mail(whole));
    if (rest.includes('://') || rest.includes('%3A%2F%2F'))
      rest = rest.replace(urlHosts, (whole, head, host) => this.#urlHost(whole, head, host));
    if (rest.includes('.')) rest = rest.replace(fourNumbers, (whole) => this.#address4(whole));
    if (rest.includes(':')) rest = rest.replace(colons, (whole) => this.#address6(whole));
    if (rest.includes('%')) rest = rest.replace(encodedAddresses, (whole) => this.#encoded(whole));
    // A known name may be the beginning or the end of a longer one.
    if (rest.includes('.')) rest = rest.replace(dotted, (whole, end) => (isTopLevel(end) ? this.host(whole) : whole));
    rest = this.#hosts.replaceIn(rest, (host) => this.host(host));
    if (rest.includes('ip-')) rest = rest.replace(addressNames, (whole) => this.host(whole));
    rest = this.#people(rest);
    return rest.includes('/') ? rest.replace(paths, (path) => this.#path(path)) : rest;
  }

  /** A name of a key: no person, whatever it is called. */
  key(name: string): string {
    const people = this.#userForm;
    this.#userForm = null;
    const result = this.text(name);
    this.#userForm = people;
    return result;
  }

  /** A value whose key says what it is. */
  named(key: string, value: string): string {
    const name = key.toLowerCase().replace(/[-_.]/g, '');
    if (userKeys.has(name) && !ways.has(value)) return this.#user(value);
    if (name === 'v8') return value;
    if (pathKeys.has(name) && value.startsWith('/')) return this.#path(this.text(value));
    if (!hostKeys.has(name) || /^(?:preserve|upstream)$/.test(value)) return this.text(value);
    const [, star = '', host = '', port = ''] =
      /^(\*\.)?([A-Za-z0-9_](?:[\w.-]{0,252}[A-Za-z0-9_])?)(:\d{1,5})?$/.exec(value) ?? [];
    if (host === '' || isLoopback(host) || /^[\d.]+$/.test(host)) return this.text(value);
    return `${star}${this.host(host)}${port}`;
  }

  host(name: string): string {
    const plain = name.toLowerCase().replace(/\.$/, '');
    if (plain === 'localhost' || plain.endsWith('.localhost')) return name;
    this.#note('host');
    return this.#tokens.of('HOST', domainToASCII(plain) || plain);
  }

  /** `%5B2001%3Adb8%3A%3A1%5D`, `10%2E1%2E1%2E12`. */
  #encoded(whole: string): string {
    const plain = whole.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return plain.includes('.')
      ? this.#address4(plain)
      : plain === this.#address6(plain)
        ? whole
        : this.#address6(plain);
  }

  #mail(whole: string): string {
    this.#note('mail');
    return this.#tokens.of('MAIL', whole.toLowerCase().replace('%40', '@'));
  }

  #urlHost(whole: string, head: string, host: string): string {
    if (host.startsWith('[') || isLoopback(host) || /^[\d.]+$/.test(host)) return whole;
    return head + this.host(host);
  }

  #address4(text: string): string {
    const numbers = text.split('.').map(Number);
    if (numbers.some((one) => one > 255) || isPublicKnowledge(text)) return text;
    this.#note('ip');
    return this.#tokens.of(isPrivate4(numbers) ? 'IP4p' : 'IP4', text);
  }

  #address6(text: string): string {
    const [address = ''] = text.split('%');
    if (!isIPv6(address) || /^(?:::1?|0+(?::0+){6}:0*1?)$/.test(address)) return text;
    const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1);
    const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain);
    if (mapped !== null) {
      const [high = 0, low = 0] = [mapped[1], mapped[2]].map((half) => Number.parseInt(half as string, 16));
      return this.#address4([high >> 8, high & 255, low >> 8, low & 255].join('.'));
    }
    this.#note('ip');
    return this.#tokens.of(/^f(?:[cd]|e[89ab])/.test(plain) ? 'IP6p' : 'IP6', plain);
  }

  #user(value: string): string {
    const plain = value.trim();
    if (/^$|[[/:]/.test(plain) || systemUsers.has(plain) || /^\d+$/.test(plain)) return this.text(value);
    if (plain.includes('@') || plain.includes(' ')) {
      return value.replace(/[^\s()@,]+/g, (word) =>
        /^(?:as|by|via|sudo|for|from|and)$/.test(word) ? word : this.#person(word),
      );
    }
    return this.#person(plain);
  }

  /** @param known False where the words around it may mean something else: `user impact`. */
  #person(name: string, known = true): string {
    if (systemUsers.has(name) || name.startsWith('[')) return name;
    if (known) this.#remember(name);
    this.#note('user');
    return this.#tokens.of('USER', name.toLowerCase());
  }

  /** Whoever was named once as a user is one wherever the name stands. */
  #remember(name: string): void {
    if (name.length < 3 || systemUsers.has(name) || this.#users.has(name) || this.#users.size >= 1000) return;
    this.#users.add(name);
    const names = [...this.#users]
      .sort((one, other) => other.length - one.length)
      .map((one) => one.replace(/[^\w]/g, '\\$&'))
      .join('|');
    this.#userForm = new RegExp(`(?<![\\w.-])(?:${names})(?![\\w-]|\\.\\w)`, 'gi');
  }

  #people(text: string): string {
    let rest = text;
    if (peopleMarks.test(rest)) {
      rest = rest
        .replace(userPairs, (whole, head: string, name: string) =>
          systemUsers.has(name) ? whole : head + this.#person(name, !/[A-Za-z] $/.test(head)),
        )
        .replace(homes, (whole, head, name) => (systemUsers.has(name) ? whole : head + this.#person(name)));
    }
    if (this.#userForm === null) return rest;
    return rest.replace(this.#userForm, (name) => {
      this.#note('user');
      return this.#tokens.of('USER', name.toLowerCase());
    });
  }

  /** `/users/4711/orders/9f…` says who; `/users/[ID]/orders/[ID]` says what. Files of the machine stay. */
  #path(path: string): string {
    if (/^\/(?:var|etc|run|proc|sys|usr|tmp|opt|dev|lib|srv|root|home|boot|mnt)(?:\/|$)/.test(path)) return path;
    return path
      .split('/')
      .map((part) => {
        if (!isId(part)) return part;
        this.#note('path-id');
        return '[ID]';
      })
      .join('/');
  }
}

/** After these the name of a host follows, also where the text is encoded. */
const mails = /[\w.+'-]{1,64}(?:@|%40)(?:[A-Za-z0-9](?:[\w-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w-])/g;
const urlHosts = /((?::\/\/|%3A%2F%2F)(?:[^\s/@"'<>]{0,256}@)?)(\[|[A-Za-z0-9_](?:[\w.-]{0,252}[A-Za-z0-9_])?)/g;
const fourNumbers =
  /(?<![\d.])(?<!\bv)(?<!(?:Chrome|Chromium|Safari|Edge?|OPR|Version|CriOS|Firefox|Brave|Electron)\/)(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)/g;
const colons =
  /(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?:%[\w-]{1,16})?(?![\w:]|-\w)/g;
const dotted =
  /(?:(?<=%2F|%40|%3A|%3D|%20)|(?<![\w\u00a1-\uffff@.%-]))(?:[\w\u00a1-\uffff](?:[\w\u00a1-\uffff-]{0,61}[\w\u00a1-\uffff])?\.){1,8}([A-Za-z][A-Za-z0-9-]{1,23})(?![\w-]|\.\w|\()/g;
const encodedAddresses =
  /(?:(?<=%(?:5B|2F|3D|40|3A|20|2C))|(?<![0-9A-Fa-f%.]))(?:\d{1,3}(?:%2E\d{1,3}){3}(?!\d)|(?:[0-9a-f]{1,4})?(?:%3A(?:[0-9a-f]{1,4})?){2,7}(?![0-9a-f]))/gi;
/** As clouds name machines by their address. */
const addressNames = /(?<![\w.-])ip-\d{1,3}(?:-\d{1,3}){3}(?![\w-])/g;
const paths = /(?<![\w.\]):-])\/[^\s"'<>?#,;()]{2,4096}/g;
const homes = /(\/(?:home|Users)\/)([A-Za-z_][\w.-]{0,63})/g;
const userPairs =
  /(\b(?:user(?:name)?|login|logname|sudo_user|actor|owner|account|uid|ruser|opened by|acknowledged by|accepted \w{1,30} for|(?:for|by|of) (?:invalid )?user)["']?(?:\s?[=:]\s?|\s)["']?)([A-Za-z_][\w.-]{1,63})(?![\w:/(-])/gi;
const peopleMarks = /user|login|logname|actor|owner|account|uid|opened by|acknowledged by|for |\/home\/|\/Users\//i;

/** What things are sorted by, where a key `by` names no person. */
const ways: ReadonlySet<string> = new Set([
  'ip',
  'prefix',
  'path',
  'user-agent',
  'route',
  'target',
  'upstream',
  'name',
]);

/** Of JSON, small and without separators. */
export const userKeys: ReadonlySet<string> = new Set(
  `user username login actor owner commander scribe communicator liaison operator author assignee account sudouser logname openedby
  ackedby createdby closedby by who person responsible requestedby`.split(/\s+/),
);
export const hostKeys: ReadonlySet<string> = new Set(
  `host hosts hostname target targets address authority servername sni snihostnames hostnames domain domains dnsname origin remote
  machine nodename fqdn listenhost upstreamhost hostheader san sans`.split(/\s+/),
);
const pathKeys: ReadonlySet<string> = new Set([
  'path',
  'uri',
  'url',
  'requesturi',
  'requestpath',
  'referer',
  'location',
  'urlpath',
]);

/** Everybody has them. */
export const systemUsers: ReadonlySet<string> = new Set(
  `root nobody sentinel daemon www-data systemd systemd-network systemd-resolve messagebus sshd syslog adm admin operator viewer
  nginx postgres redis user users unknown anonymous system none null true false the is not a and id ids agent name of in to with
  from has was failed invalid authentication session is no error data impact start end count time list table experience report
  action input facing`.split(/\s+/),
);

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i.test(host);
}

/** The machine itself, every address, and masks of networks. */
function isPublicKnowledge(address: string): boolean {
  return /^(?:127\.|0\.|255\.)/.test(address);
}

function isPrivate4([first = 0, second = 0]: readonly number[]): boolean {
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second <= 127)
  );
}

/** Ends of names of hosts that are no ends of names of files. */
const topLevels: ReadonlySet<string> = new Set(
  `com net org io dev app cloud info biz edu gov mil int eu example test invalid internal local lan corp home intranet private arpa
  onion online site tech store shop xyz ai co uk de fr nl be ch at es pt se no fi dk cz sk hu ro bg gr ie lu li us ca mx br ar cl au
  nz jp cn kr tw hk sg in id th vn my ph ru ua by kz tr il ae sa za ng ke eg cluster svc consul docker prod staging zone network host
  systems services solutions digital agency global world company email bank finance health academy school`.split(/\s+/),
);

function isTopLevel(end: string): boolean {
  return topLevels.has(end.toLowerCase());
}

function isId(part: string): boolean {
  if (/^\d+$/.test(part)) return true;
  if (part.startsWith('INC-') || part.length < 8) return false;
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(part)) return true;
  if (/^(?=[0-9a-f]*\d)[0-9a-f]{8,}$/i.test(part)) return true;
  return (
    /^(?=\D*\d)[\w~%=-]{10,}$/.test(part) && (/\d{4}/.test(part) || /\d[A-Za-z]+\d|[a-z][A-Z0-9]+[a-z]/.test(part))
  );
}
