/**
 * The secret values that a process can know: those of its configuration and of its environment. Whoever makes a bundle asks for
 * them once, for the scrubber and for the search for leaks. Reads no file: keys that the configuration names are never read.
 */
import { type Environment, environmentVariables, secretVariables } from '../../base/environment.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config, NamedMatch } from '../../config/model.ts';
import { isSecretValue, promiseOf } from './secret-names.ts';
import { withoutShapes } from './secret-shapes.ts';

export interface SecretSources {
  /** Null = it cannot be read. */
  readonly config: Pick<LoadedConfig, 'config' | 'secrets'> | null;
  readonly environment: Environment;
  /** Texts of the configuration, where it is not valid: their `${NAME}` say which variables hold secrets. */
  readonly texts?: readonly string[];
}

/** Shorter ones are words, ports and switches. */
const SHORTEST = 4;

/** What every bundle says by itself: who has such a password has none, and the rules by name take it all the same. */
const ownWords: ReadonlySet<string> = new Set(
  `sentinel internal share paranoid none localhost manifest journal incident snapshot config state metrics requests logs system
  record verdict true false null admin root operator viewer default production staging development test debug info warn error
  password secret token hidden http https redis postgres mysql status upstream upstreams route routes target targets healthy
  unhealthy open closed ready latest stable main required optional enabled disabled node disk bytes items kernel memory swap
  listener listeners schema sha256 title created window daemon verdict source class tool version message level time name kind path rule
  value data text file files system timeline facts events drains breakers process address header headers method client limits
  running history effective count total active static health check weight policy policies reason started error errors`.split(
    /\s+/,
  ),
);

/** Variables that say where and how, whatever their names are made of. */
const harmlessVariables =
  /^(?:XDG_\w+|SSH_(?:AUTH_SOCK|AGENT_PID|CONNECTION|CLIENT|TTY)|DBUS_\w+|SESSION_MANAGER|DESKTOP_SESSION|GPG_\w+|GNOME_KEYRING_\w+|LC_\w+|LANG|PATH|HOME|PWD|OLDPWD|SHELL|TERM\w*|TMUX\w*|COLORTERM|WINDOWID|INVOCATION_ID|JOURNAL_STREAM|\w+_(?:FILE|PATH|DIR|HOME|SOCK))$/;

/** `PWD` is a folder, whatever it sounds like. */
export function isHarmlessVariable(name: string): boolean {
  return harmlessVariables.test(name);
}

/** Each value once, in no order that means anything. */
export function knownSecrets({ config, environment, texts = [] }: SecretSources): readonly string[] {
  const found = new Set<string>();
  for (const one of config?.secrets ?? []) found.add(one);
  if (config !== null) for (const one of configured(config.config)) found.add(one);
  for (const name of texts.flatMap(interpolated)) found.add(environment[name] ?? '');
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && holdsSecret(name, value)) found.add(value);
    for (const password of passwordsOf(value ?? '')) found.add(password);
  }
  const all = [...found].flatMap((one) => [one, ...partsOf(one), ...passwordsOf(one)]);
  return [...new Set(all)].filter((one) => one.trim().length >= SHORTEST && !ownWords.has(one.toLowerCase()));
}

function configured(config: Config): readonly string[] {
  const { routes, upstreams, observability } = config;
  const operations = routes.flatMap(({ policies }) => [policies.requestHeaders, policies.responseHeaders]);
  const fields = [
    ...operations.flatMap(({ set, add }) => [...set, ...add]),
    ...upstreams.flatMap((upstream) => upstream.static?.headers ?? []),
    ...routes.flatMap(({ matches }) => [...matches.headers, ...matches.queryParams].flatMap(pairsOf)),
  ];
  const { tracing, admin } = observability;
  return [
    ...fields.flatMap(([name, value]) => (isSecretValue(promiseOf(name), value) ? [value] : [])),
    ...(tracing?.backend.headers ?? []).map(([, value]) => value),
    ...admin.tokens.map(({ sha256 }) => sha256),
    // Without a password it says where the Redis is, as targets do.
    ...routes.flatMap(({ policies: { rateLimit } }) =>
      rateLimit?.backend.kind === 'redis' && passwordsOf(rateLimit.backend.url).length > 0
        ? [rateLimit.backend.url]
        : [],
    ),
  ];
}

function pairsOf({ name, values }: NamedMatch): readonly (readonly [string, string])[] {
  return values.map((value) => [name, value] as const);
}

/** A variable that means something to this program holds no secret; others by their name, or by the looks of their value. */
function holdsSecret(name: string, value: string): boolean {
  if (secretVariables.has(name)) return true;
  if (name in environmentVariables || harmlessVariables.test(name)) return false;
  if (/_KEY$/i.test(name) && !/^[/.]/.test(value)) return true;
  if (isSecretValue(promiseOf(name), value)) return true;
  return withoutShapes(value, () => {}) !== value;
}

function interpolated(text: string): readonly string[] {
  return [...text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)].map(([, name = '']) => name);
}

/** `Bearer x` is used as `x`, and `Basic …` is a name and a password. */
function partsOf(value: string): readonly string[] {
  const [, scheme = '', rest] = /^([A-Za-z][\w-]{1,30}) +(\S{6,})$/.exec(value) ?? [];
  if (rest === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [rest];
  const password = Buffer.from(rest, 'base64').toString().split(':').slice(1).join(':');
  return [rest, password];
}

/** Of a URL: libraries tell the password alone, as it is written and as it is meant. */
function passwordsOf(value: string): readonly string[] {
  const written = /^[a-z][a-z0-9+.-]*:\/\/[^:/?#]*:(.+)@[^@]*$/i.exec(value)?.[1];
  if (written === undefined || value.length > 4096) return [];
  return [written, decoded(written)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
