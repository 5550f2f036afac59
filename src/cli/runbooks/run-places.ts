/**
 * Where runs of runbooks are kept: in the state folder of the configuration that the run is about, also of a broken one, else in
 * the usual one.
 */
import { resolve } from 'node:path';
import { ensureStateFolder, stateFolders } from '../../base/state-folder.ts';
import { stateDirOf } from '../../history/boot.ts';
import { openRunFolder } from '../../runbook/run/run-folder.ts';
import type { Invocation } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';

export interface RunPlaces {
  /** Where a new run goes; made. */
  readonly folder: string;
  /** State folders in which runs may be. */
  readonly places: readonly string[];
}

/** @throws SNT-P014, SNT-R030 */
export function runPlaces(invocation: Invocation): RunPlaces {
  const { context, directory } = invocation;
  const choice = chooseConfig(invocation);
  const path = choice.path === null ? null : resolve(directory, choice.path);
  const configured = path === null ? null : stateDirOf(loadChoice(invocation, { ...choice, path }), path);
  const state = ensureStateFolder(context, configured);
  return { folder: openRunFolder(state), places: [...new Set([state, ...stateFolders(context, null)])] };
}
