/**
 * Builds `dist/sentinel`: the program, its threads, its runbooks and its manual in one file with a Node of its own
 * (https://nodejs.org/api/single-executable-applications.html), its digest and the list of what is inside. Run by
 * `npm run build:binary`, which installs what stands in the package file beside this one. `--arch arm64` builds for the
 * other processor, `--out FOLDER` elsewhere.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { partsList } from './parts-list.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const arch = given('--arch', process.arch);
const folder = path.resolve(root, given('--out', 'dist'));
const node = (name) => path.join(here, `node_modules/node-linux-${name}/bin/node`);
const output = path.join(folder, arch === 'x64' ? 'sentinel' : `sentinel-${arch}`);
const work = path.join(root, `.tmp/binary-${arch}-${process.pid}`);
const heapFlags = ['--max-semi-space-size=4', '--initial-heap-size=64'];

async function make() {
  const bundles = [
    await bundle('src/cli/single-binary.ts', 'main.mjs'),
    await bundle('src/proxy/data/worker.ts', 'worker.mjs'),
  ];
  // Names without folders: what is inside does not depend on where it was built.
  const config = {
    main: 'main.mjs',
    mainFormat: 'module',
    executable: node(arch),
    output,
    disableExperimentalSEAWarning: true,
    // As `bin/launch.js` gives them to a daemon: no port for a debugger, and a small nursery.
    execArgv: ['--inspect-port=no..inspector:9229', ...heapFlags],
    execArgvExtension: 'none',
    // What has been compiled once needs no second look: the half of the time that `--help` takes. The cache of one processor is nothing to another.
    useCodeCache: arch === process.arch,
    assets: Object.fromEntries([
      ['package.json', path.join(root, 'package.json')],
      ['threads/worker.mjs', path.join(work, 'worker.mjs')],
      ...filesOf('runbooks', (name) => name.endsWith('.md')),
      ...filesOf('man', (name) => /\.[157]$/.test(name)),
    ]),
  };
  writeFileSync(path.join(work, 'sea.json'), JSON.stringify(config));
  // The cache is good for a Node with the same flags alone; the seed, which is no such flag, makes it the same bytes each time.
  const args = [...heapFlags, '--random-seed=1', '--build-sea', 'sea.json'];
  execFileSync(node(process.arch), args, { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
  chmodSync(output, 0o755);
  const nodeVersion = execFileSync(node(process.arch), ['--version'], { encoding: 'utf8' }).trim().slice(1);
  const inputs = bundles.flatMap((files) => Object.keys(files.inputs)).map((file) => path.join(root, file));
  writeFileSync(`${output}.cdx.json`, partsList(root, inputs, nodeVersion));
  const bytes = readFileSync(output);
  const digest = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(`${output}.sha256`, `${digest}  ${path.basename(output)}\n`);
  process.stdout.write(
    `${path.relative(root, output)}  ${(bytes.length / 1048576).toFixed(0)} MiB  sha256 ${digest}\n`,
  );
}

/**
 * A bundle would import all of Node's modules at its head, and with each of them everything that it can export: half of what `--help`
 * costs. So each is asked for by the first file that wants it.
 */
const builtInsWhenWanted = {
  name: 'built-ins-when-wanted',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z0-9:/_]+$/ }, ({ path: name }) =>
      isBuiltin(name) ? { path: name.replace(/^(?:node:)?/, 'node:'), namespace: 'built-in' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'built-in' }, ({ path: name }) => ({
      contents: `module.exports = process.getBuiltinModule('${name}');`,
      loader: 'js',
    }));
  },
};

/** One file of an entry and everything that it imports; what it imports lazily is evaluated when it is wanted. */
async function bundle(entry, name) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path.join(work, name),
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    preserveSymlinks: true,
    // The chart wall needs files beside it: the command says how to get it. A tool for developers of React is nobody's here.
    external: ['blessed', 'blessed-contrib'],
    alias: { 'react-devtools-core': path.join(here, 'nothing.mjs') },
    // Set at run time too, for whoever runs from source.
    logOverride: { 'assign-to-define': 'silent' },
    define: { 'process.env.NODE_ENV': '"production"' },
    // For CommonJS packages that ask in ways that a bundler does not see.
    banner: { js: "const require = process.getBuiltinModule('node:module').createRequire('file:///');" },
    plugins: [builtInsWhenWanted],
  });
  return metafile;
}

function filesOf(name, wanted) {
  return readdirSync(path.join(root, name))
    .filter(wanted)
    .sort()
    .map((file) => [`${name}/${file}`, path.join(root, name, file)]);
}

function given(flag, usual) {
  const at = process.argv.indexOf(flag);
  return at === -1 ? usual : process.argv[at + 1];
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
mkdirSync(folder, { recursive: true });
try {
  await make();
} finally {
  rmSync(work, { recursive: true, force: true });
}
