/**
 * What the name of a key, a field, a parameter or a variable promises of its value, and which values are none whatever their
 * name says. Every rule that goes by names asks here. Pure but for a bounded memory of names.
 */

/**
 * `certain`: the value goes. `likely`: it goes unless it is an ordinary word or a small number. `possible`: it goes where it
 * looks made by a machine.
 */
export type NamePromise = 'certain' | 'likely' | 'possible' | 'none';

/** The last word of names that tell something about a secret, and not the secret. */
const aboutIt: ReadonlySet<string> = new Set(
  `age alg algorithm affinity at bits bucket buckets bytes class count counts days dir disabled enabled endpoint error errors
  exists expire expired expires expiry failed failure failures file files flag folder format header headers hits hours in
  interval invalid issuer kind label left length lifetime limit limits max method min minutes misses missing mode ms name names
  network ok path per percent period policy present provider rate reason refill remaining required resets resumed resumption
  result reuse reused role rotation scheme scope secs seconds since size source state status strength supported ticket tickets
  timeout total ttl type types unit until uri url usage used valid validity version`.split(/\s+/),
);

/** Words that are enough by themselves. */
const certainWords: ReadonlySet<string> = new Set(
  `password passwd passphrase passcode passwort kennwort pwd pw pass pswd pword secret secrets credential credentials token tokens
  jwt apikey authtoken accesstoken authorization cookie cookies cookie2 sid sessid sessionid phpsessid jsessionid connectsid signature
  sig hmac otp totp cvv cvc dsn bearer xsrf csrf passwords passwds userpass dbpass rootpass`.split(/\s+/),
);

/** Two or more words that make one together, without what separates them. */
const certainPhrases =
  /pass?w(?:or?|ro)?d|requirepass|masterauth|passphrase|secret|credential|privatekey|apikey|accesskey|accountkey|signingkey|encryptionkey|masterkey|sharedkey|servicekey|authkey|sshkey|storagekey|applicationkey|webhookkey|consumerkey|licen[sc]ekey|clientkey(?:data)?$|sessionid|sessionkey|sessiontoken|authtoken|accesstoken|refreshtoken|idtoken|connectionstring|connstr|securitytoken|clientassertion|samlresponse|codeverifier|authcode|authorizationcode|recoverycode|backupcode|pincode|webhookurl|basicauth$|htpasswd|databaseurl|redisurl|mongourl|mongouri/;

const likelyWords: ReadonlySet<string> = new Set([
  'auth',
  'private',
  'session',
  'pin',
  'nonce',
  'key64',
  'seed',
  'salt',
]);

/** `name` and `kind` of what stands under such a name are told: whatever holds them does not take them away. */
const remembered = new Map<string, NamePromise>();
const MOST_REMEMBERED = 4096;
const LONGEST_NAME = 200;

/** @param name As it is written: `dbPassword`, `X-Api-Key`, `spring.datasource.password`, `user%5Bpassword%5D`. */
export function promiseOf(name: string): NamePromise {
  if (name.length > LONGEST_NAME) return 'none';
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const found = judge(name);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(name, found);
  return found;
}

function judge(name: string): NamePromise {
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined) return 'none';
  const joined = words.join('');
  const alone = words.length === 1;
  if (
    last === 'tokens' &&
    /^(?:max|min|num|total|count|prompt|completion|input|output|used|available)$/.test(words[0] ?? '')
  )
    return 'none';
  // `"pin": "7391"` is short; that of a processor tells nothing.
  if (last === 'pin') return words.some((word) => /^(?:cpu|gpio|io|thread|core|numa)$/.test(word)) ? 'none' : 'certain';
  if (!alone && aboutIt.has(last) && !/(?:webhook|database|redis|mongo|connection)ur[il]$/.test(joined)) return 'none';
  // `password_reset`, `token_bucket_size` and `cookie_policy` end differently; what remains is taken by its words.
  if (/proxypass$|bypass$|tokenbucket|consistenthash/.test(joined)) return 'none';
  if (words.some((word) => certainWords.has(word)) || certainPhrases.test(joined)) return 'certain';
  if (words.some((word) => likelyWords.has(word))) return 'likely';
  // `X-Backend-Key`, `routing_key`: of a person, of a machine, or of nothing that anybody hides.
  return !alone && last === 'key' && !words.some((word) => plainKeys.has(word)) ? 'possible' : 'none';
}

/** Keys that open nothing. */
const plainKeys: ReadonlySet<string> = new Set(
  `public pub primary foreign partition sort cache idempotency unique group row shard surrogate hash range limit rate map lookup host
  message record object index translation i18n registry websocket parent dedup etag s3`.split(/\s+/),
);

/** Long, and of the characters and kinds that only a generator takes. An id of the usual form is none. */
function looksMade(value: string): boolean {
  if (!/^[\w+/=~-]{20,512}$/.test(value) || /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return false;
  if (!/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return (/[a-z]/.test(value) && /[A-Z]/.test(value)) || /^[a-z0-9]{32,}$/.test(value);
}

/** Lower case, cut where case or a separator says so. */
function wordsOf(name: string): readonly string[] {
  return decoded(name)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => (/^[a-z]{2,}\d{1,2}$/.test(word) && word !== 'cookie2' ? word.replace(/\d+$/, '') : word));
}

function decoded(name: string): string {
  let plain = name;
  for (let turn = 0; turn < 3 && plain.includes('%'); turn++)
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return plain;
}

/** Fields whose value reaches to the end of the line: it has spaces, commas and semicolons of its own. */
const wholeLine =
  /^(?:proxy-?)?authorization$|^[\w-]{2,40}-signature(?:-\d{3})?$|^(?:set-?)?cookie2?$|^x-(?:api|auth|amz|vault|goog|gitlab|csrf|access|functions)[\w-]*$/i;

export function isFieldOfWholeLine(name: string): boolean {
  return wholeLine.test(name);
}

/** What says that there is nothing, that it is hidden already, or where it comes from. */
const nothing =
  /^(?:|null|nil|none|undefined|true|false|yes|no|on|off|-+|\*+|x{3,}|n\/a|unset|empty|missing|absent|present|required|optional|invalid|expired|hidden|redacted|masked|set|\(nil\)|\(none\)|\(empty\)|[[<({]?\[?(?:redacted|dropped|hidden|filtered|masked|secret|removed)\]?[\])}>]?|\$\{[^}]*\}|\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|#null|#true|#false|\[[A-Z0-9]+p?:[0-9a-f]+\])$/i;

const ordinary =
  /^(?:[a-z][a-z_ -]{0,31}|[A-Z][a-z]{1,15}|\d{1,5}(?:\.\d+)?|(?:required|require|optional|none)[\w -]*)$/;

/** Whether a value is to go that stands under a name which promises so much. */
export function isSecretValue(promise: NamePromise, value: string): boolean {
  if (promise === 'none' || value.length < 1) return false;
  const plain = value.trim();
  if (nothing.test(plain)) return false;
  if (promise === 'possible') return looksMade(plain);
  return promise === 'certain' || !ordinary.test(plain);
}

/** The same for a number of JSON: under `token` a count is likelier than a secret. */
export function isSecretNumber(name: string, digits: string): boolean {
  const promise = promiseOf(name);
  if (promise === 'none' || promise === 'possible') return false;
  return /pass|pwd|secret|pin|otp|cv[vc]|kennwort/i.test(name) ? digits.length >= 3 : digits.length >= 6;
}
