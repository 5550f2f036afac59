/** Which folders runbooks are in: those of the package and those of the site. Knows places; reads nothing. */
import { type Environment, variable } from '../base/environment.ts';
import { packagePath } from '../base/package-files.ts';

export interface ShelfFolders {
  /** Of the package. */
  readonly shipped: string;
  /** Of the site; need not exist unless `siteNamed`. */
  readonly site: string | null;
  /** Somebody named the folder: that it is not there is a problem. */
  readonly siteNamed?: boolean;
}

const shippedFolder = packagePath('runbooks');
const usualSiteFolder = '/etc/sentinel/runbooks';

/** Where runbooks are, by `SENTINEL_RUNBOOKS`. */
export function shelfFolders(environment: Environment): ShelfFolders {
  const named = variable(environment, 'SENTINEL_RUNBOOKS');
  return { shipped: shippedFolder, site: named ?? usualSiteFolder, siteNamed: named !== undefined };
}
