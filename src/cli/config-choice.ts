/**
 * Which configuration a command works on: the flag, the environment, or the first of the usual places that exists.
 * Decides on a path and reads nothing; the room `config` reads it.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { variable } from '../base/environment.ts';
import { SentinelError } from '../base/errors.ts';
import { type LoadedConfig, type LoadResult, embeddedConfig, loadConfigFile } from '../config/load.ts';
import type { Invocation } from './command.ts';

/** Looked for in this order when nothing is named. */
export const usualPlaces = ['config/sentinel.kdl', '/etc/sentinel/config.kdl'] as const;

export type SettingSource =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'default'; readonly name: null };

export interface ConfigChoice {
  /** As the operator wrote it, or as it was found; `null` = no file, the built-in configuration. */
  readonly path: string | null;
  readonly source: SettingSource;
}

/** @param named what the command line named, by flag or argument */
export function chooseConfig(invocation: Invocation, named = invocation.option('config')): ConfigChoice {
  if (named === '') {
    throw new SentinelError('SNT-P040', 'the path of the configuration is empty', { hint: 'sentinel validate --help' });
  }
  if (named !== undefined) return { path: named, source: { kind: 'flag', name: '--config' } };
  const variableValue = variable(invocation.context.environment, 'SENTINEL_CONFIG');
  if (variableValue !== undefined)
    return { path: variableValue, source: { kind: 'environment', name: 'SENTINEL_CONFIG' } };
  const found = usualPlaces.find((place) => existsSync(resolve(invocation.directory, place)));
  return { path: found ?? null, source: { kind: 'default', name: null } };
}

/** Reads and checks what was chosen. */
export function loadChoice(invocation: Invocation, { path }: ConfigChoice): LoadResult {
  return path === null ? embeddedConfig() : loadConfigFile(path, invocation.context.environment);
}

/**
 * The same for a command that can do nothing with a configuration that does not check.
 * @throws SNT-C001 when it cannot be read, SNT-P045 when it has mistakes
 */
export function mustLoadChoice(invocation: Invocation, choice: ConfigChoice): LoadedConfig {
  const result = loadChoice(invocation, choice);
  if (result.kind === 'ok') return result;
  if (result.kind === 'unreadable') throw result.error;
  const count = result.diagnostics.filter(({ level }) => level === 'error').length;
  throw new SentinelError('SNT-P045', `${choice.path} has ${count} ${count === 1 ? 'mistake' : 'mistakes'}`, {
    hint: `sentinel validate ${choice.path}`,
  });
}
