/**
 * What is inside the single binary, as CycloneDX: the packages whose files were bundled, of the list that `npm sbom` makes of the
 * lockfile, and the Node. Called by `build.mjs`; says the same of the same sources, so without a time and a number of its own.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** @param inputs Every file that was bundled, by its path. */
export function partsList(root, inputs, nodeVersion) {
  const list = JSON.parse(npmSbom(root));
  const inside = new Set(inputs.flatMap(packageOf));
  const listed = new Set(list.components.map((component) => component['bom-ref']));
  const unknown = [...inside].filter((name) => !listed.has(name));
  if (unknown.length > 0) throw new Error(`bundled, and not in the lockfile: ${unknown.join(', ')}`);
  const own = list.metadata.component['bom-ref'];
  const node = {
    'bom-ref': `node@${nodeVersion}`,
    type: 'platform',
    name: 'node',
    version: nodeVersion,
    scope: 'required',
    licenses: [{ license: { id: 'MIT' } }],
    purl: `pkg:generic/node@${nodeVersion}`,
    externalReferences: [{ type: 'vcs', url: 'https://github.com/nodejs/node' }],
  };
  const kept = (reference) => reference === own || inside.has(reference);
  const { serialNumber: _number, ...rest } = list;
  const { timestamp: _time, ...metadata } = list.metadata;
  // By its folder, npm calls it.
  metadata.component = { ...metadata.component, name: own.slice(0, own.lastIndexOf('@')), type: 'application' };
  return `${JSON.stringify(
    {
      ...rest,
      metadata,
      components: [...list.components.filter((component) => kept(component['bom-ref'])), node],
      dependencies: [
        ...list.dependencies
          .filter(({ ref }) => kept(ref))
          .map(({ ref, dependsOn }) => ({
            ref,
            dependsOn: [...dependsOn.filter(kept), ...(ref === own ? [node['bom-ref']] : [])],
          })),
        { ref: node['bom-ref'], dependsOn: [] },
      ],
    },
    null,
    2,
  )}\n`;
}

/** `name@version` of the package that a file belongs to; of a file of our own nothing. */
function packageOf(file) {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  if (folder === undefined) return [];
  const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  return [`${name}@${version}`];
}

/** Of the lockfile: whatever is installed here besides counts for nothing. */
function npmSbom(root) {
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--loglevel=error'];
  const own = process.env.npm_execpath;
  const [program, ...first] = own?.endsWith('.js') ? [process.execPath, own] : ['npm'];
  return execFileSync(program, [...first, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
}
