/** The facts that a snapshot holds, and what has to be said about their age and their origin. Called by `diagnose --bundle`. */
import { basename } from 'node:path';
import { SentinelError } from '../../base/errors.ts';
import type { Facts } from '../../diagnosis/facts.ts';
import type { Invocation } from '../command.ts';
import { chosenBundle } from '../incident/chosen-bundle.ts';
import { durationText, momentText } from '../text.ts';
import { factsIn } from './facts-file.ts';

/** As collectors name them. */
const factsPath = 'facts.json';

/** @throws SNT-I047, SNT-I048 the bundle cannot be used, SNT-P108 it holds no facts, or none that can be used */
export async function bundledFacts(
  invocation: Invocation,
  named: string,
): Promise<{ readonly facts: Facts; readonly remarks: readonly string[] }> {
  const { path, manifest, contents } = await chosenBundle(invocation, named, { wanted: (name) => name === factsPath });
  const content = contents.get(factsPath);
  if (content === undefined) {
    const error = manifest.items.find((item) => item.path === factsPath)?.error;
    throw new SentinelError(
      'SNT-P108',
      `reading facts from ${named}: it holds none${error === undefined ? '' : `: ${error}`}`,
      {
        hint: `sentinel incident snapshot show ${named}`,
      },
    );
  }
  const { incident, host, created, redaction } = manifest;
  const age = Math.max(0, invocation.clock.wallMs() - Date.parse(created));
  const from = `from the snapshot ${basename(path)} of ${incident}: ${host} as it was ${momentText(created)}, ${durationText(age)} ago`;
  const tokens =
    Object.keys(redaction.tokens).length === 0
      ? []
      : [`${redaction.profile}: what stands in brackets is a token for an address, a host or a user`];
  return { facts: factsIn(`${factsPath} of ${named}`, content), remarks: [from, ...tokens] };
}
