/** What messages are filled with: an incident, what it did to traffic, and what the configuration knows of names. For `incident comms`. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { rfc3339 } from '../../base/units.ts';
import type { Config } from '../../config/model.ts';
import type { Impact } from '../../incident/impact/shapes.ts';
import { plainImpact } from '../../incident/messages/plain-impact.ts';
import type { MessageFacts } from '../../incident/messages/shapes.ts';
import { updateInterval } from '../../incident/record/deadlines.ts';
import type { Incident } from '../../incident/record/incident.ts';
import type { Invocation } from '../command.ts';
import { loadChoice } from '../config-choice.ts';
import { meantPath } from './impact-of.ts';
import { incidentPlace } from './place.ts';

export interface PublicSettings {
  /** Names of hosts and targets that nobody outside is to read. */
  readonly hidden: readonly string[];
  /** Route → path that its requests begin with; only where there is one. */
  readonly paths: Readonly<Record<string, string>>;
}

/** @param impact Of this incident, as `impactFor` gives it. */
export function incidentFacts(invocation: Invocation, incident: Incident, impact: Impact): MessageFacts {
  const { hidden, paths } = publicSettings(invocation, incident);
  const { times, sev, phase, title } = incident;
  const service = incident.service ?? incidentPlace(invocation).service;
  return {
    service,
    title,
    sev,
    phase,
    impact: plainImpact(impact, paths),
    now: rfc3339(invocation.clock.wallMs()),
    started: impact.onset.value ?? times.alert ?? times.opened,
    resolved: times.resolved,
    updateEveryMs: sev === null ? null : updateInterval(sev),
    update: null,
    next: null,
    cause: null,
    window: null,
    hidden,
  };
}

/** Nothing where the configuration cannot be read: addresses are left out by their looks all the same. */
export function publicSettings(invocation: Invocation, incident: Pick<Incident, 'config'>): PublicSettings {
  const path = meantPath(invocation, incident);
  const absolute = path === null ? null : resolve(invocation.directory, path);
  const loaded = loadChoice(invocation, { path: absolute, source: { kind: 'default', name: null } });
  const own = [hostname()].filter(isTelling);
  if (loaded.kind !== 'ok') return { hidden: own, paths: {} };
  return { hidden: [...own, ...targetNames(loaded.config)], paths: pathsOf(loaded.config) };
}

/** A name that is a common word as well (`api`) would be taken out of sentences and paths. */
function isTelling(name: string): boolean {
  return /[\d.:-]/.test(name);
}

function targetNames({ upstreams }: Config): readonly string[] {
  return upstreams.flatMap(({ targets, discover }) => [
    ...targets.flatMap(({ address }) => [address, ...[address.replace(/:\d+$/, '')].filter(isTelling)]),
    ...(discover === null ? [] : [discover.name]),
  ]);
}

function pathsOf({ routes }: Config): Readonly<Record<string, string>> {
  return Object.fromEntries(
    routes.flatMap(({ id, matches }) => {
      const [first, ...others] = matches.paths;
      return first === undefined || others.length > 0 || first.kind === 'regex' ? [] : [[id, first.path]];
    }),
  );
}
