/**
 * Builds `dist/sentinel`: the program, its threads, its runbooks and its manual in one file with a Node of its own
 * (https://nodejs.org/api/single-executable-applications.html). Run by `npm run build:binary`, which installs what
 * stands in the package file beside this one. `--arch arm64` builds for the other processor.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const at = process.argv.indexOf('--arch');
const arch = at === -1 ? process.arch : process.argv[at + 1];
const node = (name) => path.join(here, `node_modules/node-linux-${name}/bin/node`);
const work = path.join(root, `.tmp/binary-${arch}`);
const output = path.join(root, arch === 'x64' ? 'dist/sentinel' : `dist/sentinel-${arch}`);

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

const heapFlags = ['--max-semi-space-size=4', '--initial-heap-size=64'];

/** One file of an entry and everything that it imports; what it imports lazily is evaluated when it is wanted. */
async function bundle(entry, name) {
  const outfile = path.join(work, name);
  await build({
    entryPoints: [path.join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    // The chart wall needs files beside it: the command says how to get it. A tool for developers of React is nobody's here.
    external: ['blessed', 'blessed-contrib'],
    alias: { 'react-devtools-core': path.join(here, 'nothing.mjs') },
    // Set at run time too, for whoever runs from source.
    logOverride: { 'assign-to-define': 'silent' },
    define: { 'process.env.NODE_ENV': '"production"' },
    // CommonJS packages ask for built-in modules by it.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');" },
  });
  return outfile;
}

function filesOf(folder, wanted) {
  return readdirSync(path.join(root, folder))
    .filter(wanted)
    .map((name) => [`${folder}/${name}`, path.join(root, folder, name)]);
}

const main = await bundle('src/cli/single-binary.ts', 'main.mjs');
const worker = await bundle('src/proxy/data/worker.ts', 'worker.mjs');
const assets = Object.fromEntries([
  ['package.json', path.join(root, 'package.json')],
  ['threads/worker.mjs', worker],
  ...filesOf('runbooks', (name) => name.endsWith('.md')),
  ...filesOf('man', (name) => /\.[157]$/.test(name)),
]);
const config = path.join(work, 'sea.json');
writeFileSync(
  config,
  JSON.stringify({
    main,
    mainFormat: 'module',
    executable: node(arch),
    output,
    disableExperimentalSEAWarning: true,
    // As `bin/launch.js` gives them to a daemon: no port for a debugger, and a small nursery.
    execArgv: ['--inspect-port=no..inspector:9229', ...heapFlags],
    execArgvExtension: 'none',
    // What has been compiled once needs no second look: the half of the time that `--help` takes. The cache of one processor is nothing to another.
    useCodeCache: arch === process.arch,
    assets,
  }),
);
mkdirSync(path.dirname(output), { recursive: true });
// The cache is good for a Node with the same flags alone.
execFileSync(node(process.arch), [...heapFlags, '--build-sea', config], { stdio: ['ignore', 'ignore', 'inherit'] });
chmodSync(output, 0o755);
const bytes = readFileSync(output);
const digest = createHash('sha256').update(bytes).digest('hex');
writeFileSync(`${output}.sha256`, `${digest}  ${path.basename(output)}\n`);
process.stdout.write(`${path.relative(root, output)}  ${(bytes.length / 1048576).toFixed(0)} MiB  sha256 ${digest}\n`);
