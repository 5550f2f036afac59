/**
 * The secret values that a process can know: those of its configuration and of its environment. Whoever makes a bundle asks for
 * them once, for the scrubber and for the search for leaks. Reads no file; keeps nothing.
 */
import type { Environment } from '../../base/environment.ts';
import { isSecretHeader, isSecretName } from '../../base/redaction.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Config } from '../../config/model.ts';

export interface SecretSources {
  /** Null = it cannot be read. */
  readonly config: Pick<LoadedConfig, 'config' | 'secrets'> | null;
  readonly environment: Environment;
}

/** Each value once, in no order that means anything. */
export function knownSecrets({ config, environment }: SecretSources): readonly string[] {
  const found = new Set<string>();
  if (config !== null) {
    for (const one of config.secrets) found.add(one);
    for (const one of configured(config.config)) found.add(one);
  }
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && isSecretName(name)) found.add(value);
  }
  return [...found].flatMap((one) => [one, ...passwordsOf(one)]).filter((one) => one.length >= 4);
}

function configured(config: Config): readonly string[] {
  const operations = config.routes.flatMap(({ policies }) => [policies.requestHeaders, policies.responseHeaders]);
  const fields = [
    ...operations.flatMap(({ set, add }) => [...set, ...add]),
    ...config.upstreams.flatMap((upstream) => upstream.static?.headers ?? []),
  ];
  return [
    ...fields.flatMap(([name, value]) => (isSecretHeader(name) ? [value] : [])),
    ...(config.observability.tracing?.backend.headers ?? []).map(([, value]) => value),
    ...config.observability.admin.tokens.map(({ sha256 }) => sha256),
    ...config.routes.flatMap(({ policies }) =>
      policies.rateLimit?.backend.kind === 'redis' ? [policies.rateLimit.backend.url] : [],
    ),
  ];
}

/** Of a URL: libraries tell the password alone. */
function passwordsOf(value: string): readonly string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  return password === '' ? [] : [password];
}
