/** Which folders runbooks are in: those of the package and those of the site. Knows places; reads nothing. */
import { fileURLToPath } from 'node:url';
import { type Environment, variable } from '../base/environment.ts';

export interface ShelfFolders {
  /** Of the package. */
  readonly shipped: string;
  /** Of the site; need not exist unless `siteNamed`. */
  readonly site: string | null;
  /** Somebody named the folder: that it is not there is a problem. */
  readonly siteNamed?: boolean;
}

/** The same from `src` and from `dist`. */
const shippedFolder = fileURLToPath(new URL('../../runbooks/', import.meta.url));
const usualSiteFolder = '/etc/sentinel/runbooks';

/** Where runbooks are, by `SENTINEL_RUNBOOKS`. */
export function shelfFolders(environment: Environment): ShelfFolders {
  const named = variable(environment, 'SENTINEL_RUNBOOKS');
  return { shipped: shippedFolder, site: named ?? usualSiteFolder, siteNamed: named !== undefined };
}
