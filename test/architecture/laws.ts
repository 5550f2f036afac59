/** The laws of the code, each a function from the sources to the places that break it. */
import { codeOf, type Import, importsOf, lineAt, type SourceTree } from './source-tree.ts';

export interface Violation {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

export interface Law {
  readonly title: string;
  readonly check: (tree: SourceTree) => readonly Violation[];
}

/** Rooms by floor, from the ground up: a file may import from floors below its own and from its own room. */
const floors: readonly (readonly string[])[] = [
  ['base'],
  ['kdl', 'certs', 'web', 'filter', 'machine', 'admin/contract'],
  ['config', 'admin/client'],
  ['routing', 'alerting', 'history'],
  ['incident/record'],
  ['proxy/shared'],
  ['proxy/data', 'runbook'],
  ['proxy/control', 'diagnosis'],
  ['incident'],
  ['cli'],
  ['tui'],
];

/** The command that opens the screen, which is made of what commands say; lazily, so that the others load none of it. */
const screenDoor = { file: 'src/cli/commands/top.ts', target: /^src\/tui\//, kind: 'dynamic' } as const;

const floorByRoom = new Map(floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));

/** The room of a file, or `null` for one that lies in none. */
export function roomOf(file: string): string | null {
  const inside = file.replace(/^src\//, '');
  for (const room of floorByRoom.keys()) if (inside.startsWith(`${room}/`)) return room;
  return null;
}

/** Rooms that reach a running daemon only through `admin/client`, and the imports that are allowed all the same. */
const outsideRooms = new Set(['cli', 'tui', 'diagnosis', 'incident', 'incident/record']);
const outsideExceptions: readonly { readonly file: string; readonly target: RegExp; readonly kind?: Import['kind'] }[] =
  [
    // The one command that *is* the daemon; lazily, so that the others load none of it.
    { file: 'src/cli/commands/run.ts', target: /^src\/proxy\/control\//, kind: 'dynamic' },
    { file: 'src/cli/commands/run.ts', target: /^src\/proxy\/control\//, kind: 'type' },
    // The single binary is every program that a package has.
    { file: 'src/cli/single-binary.ts', target: /^src\/proxy\/data\/socket-relay-child\.ts$/, kind: 'dynamic' },
    // A table of facts, printed offline.
    { file: 'src/cli/commands/explain.ts', target: /^src\/proxy\/shared\/causes\.ts$/ },
    {
      file: 'src/cli/runbooks/vocabulary.ts',
      target: /^src\/proxy\/shared\/(?:metric-catalogue|metric-facts|event-catalogue|causes)\.ts$/,
    },
    { file: 'src/diagnosis/request-causes.ts', target: /^src\/proxy\/shared\/causes\.ts$/ },
  ];

/** Third-party libraries and the one file or room that may import each; what is not listed is not used. */
const doors: Readonly<Record<string, RegExp>> = {
  '@bgotink/kdl': /^src\/kdl\//,
  '@peculiar/asn1-schema': /^src\/certs\/x509-extensions\.ts$/,
  '@peculiar/asn1-x509': /^src\/certs\/x509-extensions\.ts$/,
  '@redis/client': /^src\/proxy\/data\/rates\/redis\.ts$/,
  'mdast-util-from-markdown': /^src\/runbook\/markdown\.ts$/,
  'mdast-util-frontmatter': /^src\/runbook\/markdown\.ts$/,
  'mdast-util-gfm': /^src\/runbook\/markdown\.ts$/,
  'micromark-extension-frontmatter': /^src\/runbook\/markdown\.ts$/,
  'micromark-extension-gfm': /^src\/runbook\/markdown\.ts$/,
  blessed: /^src\/tui\/charts\/wall\.ts$/,
  'blessed-contrib': /^src\/tui\/charts\/wall\.ts$/,
  commander: /^src\/cli\/parser\.ts$/,
  ink: /^src\/tui\/screen\/canvas\.ts$/,
  react: /^src\/tui\/screen\/canvas\.ts$/,
  'string-width': /^src\/tui\/draw\/width\.ts$/,
  execa: /^src\/machine\/external-tool\.ts$/,
  kdljs: /^src\/kdl\/query\.ts$/,
  pino: /^src\/proxy\/control\//,
  protobufjs: /^src\/proxy\/control\/tracing\/otlp-codec\.ts$/,
  'prom-client': /^src\/proxy\/control\//,
  undici: /^src\/web\//,
  yaml: /^src\/runbook\/front-matter\.ts$/,
  zod: /^src\/admin\/contract\//,
};
/** Rooms of which several files may import their library. */
const roomWide = new Set(['@bgotink/kdl', 'zod']);

/** What only one named place may touch; everybody else is handed it. */
const singlePlaces: readonly { readonly name: string; readonly form: RegExp; readonly places: readonly string[] }[] = [
  { name: 'process.exit', form: /\bprocess\s*\.\s*(?:exit|abort|reallyExit)\b/g, places: ['src/cli/process.ts'] },
  { name: 'process.env', form: /\bprocess\s*\.\s*env\b/g, places: ['src/base/environment.ts'] },
  { name: 'Date.now', form: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)/g, places: ['src/base/clock.ts'] },
  { name: 'Math.random', form: /\bMath\s*\.\s*random\b/g, places: ['src/proxy/data/worker.ts'] },
];

const bannedWords = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'manager',
  'service',
  'legacy',
  'new',
  'v2',
];

/** Files whose opening comment is the list of what happens, in order. */
const tellsTheOrder = /\/(?:lifecycle|reload|endpoints)\.ts$/;

export const laws: readonly Law[] = [
  {
    title: 'every file lies in a room, and imports go down a floor or stay inside the room',
    check: (tree) =>
      eachImport(tree, (file, { target, line, kind }) => {
        const from = roomOf(file);
        if (from === null) return { file, line, what: 'lies in no room' };
        if (target === null || !target.startsWith('src/'))
          return target === null ? null : { file, line, what: `imports ${target}, outside src` };
        const to = roomOf(target);
        if (to === null || to === from)
          return to === null ? { file, line, what: `imports ${target}, which lies in no room` } : null;
        if ((floorByRoom.get(to) as number) < (floorByRoom.get(from) as number)) return null;
        if (file === screenDoor.file && screenDoor.target.test(target) && kind === screenDoor.kind) return null;
        return { file, line, what: `${from} imports ${to}, which is not below it` };
      }),
  },
  { title: 'no imports run in a circle, types included', check: circles },
  {
    title: 'of the screen only the feed and what draws touch the world; what lies between is pure',
    check: (tree) =>
      eachImport(tree, (file, { target, line, kind, specifier }) => {
        if (!/^src\/tui\/(?:rows|store|view|draw|keys|actions)\//.test(file) || kind === 'type') return null;
        if (file === 'src/tui/actions/perform.ts') return null;
        const world = specifier.startsWith('node:')
          ? specifier !== 'node:util'
          : /^src\/(?:admin\/client|tui\/(?:feed|screen|charts))\//.test(target ?? '');
        return world ? { file, line, what: `imports ${specifier}` } : null;
      }),
  },
  {
    title: 'the data plane never imports the control plane',
    check: (tree) =>
      eachImport(tree, (file, { target, line }) =>
        roomOf(file) === 'proxy/data' && target?.startsWith('src/proxy/control/')
          ? { file, line, what: `imports ${target}` }
          : null,
      ),
  },
  {
    title: 'commands reach a daemon only through admin/client',
    check: (tree) =>
      eachImport(tree, (file, { target, line, kind }) => {
        if (!outsideRooms.has(roomOf(file) ?? '') || !target?.startsWith('src/proxy/')) return null;
        const allowed = outsideExceptions.some(
          (one) => one.file === file && one.target.test(target) && (one.kind ?? kind) === kind,
        );
        return allowed ? null : { file, line, what: `imports ${target} (${kind})` };
      }),
  },
  {
    title: 'each third-party library has one door',
    check: (tree) => {
      const users = new Map<string, Set<string>>();
      const wrong = eachImport(tree, (file, { specifier, target, line }) => {
        if (target !== null || specifier.startsWith('node:')) return null;
        const name = packageOf(specifier);
        const door = doors[name];
        if (door === undefined) return { file, line, what: `imports ${name}, which has no door` };
        users.set(name, (users.get(name) ?? new Set()).add(file));
        return door.test(file) ? null : { file, line, what: `imports ${name} outside its door` };
      });
      const crowded = [...users].filter(([name, files]) => !roomWide.has(name) && files.size > 1);
      return [
        ...wrong,
        ...crowded.map(([name, files]) => ({
          file: [...files].join(', '),
          line: 1,
          what: `${name} has ${files.size} doors`,
        })),
      ];
    },
  },
  {
    title: 'built-in modules are imported by their node: names',
    check: (tree) =>
      eachImport(tree, (file, { specifier, line }) =>
        /^(?:fs|path|os|net|tls|http|http2|https|crypto|events|stream|url|util|worker_threads|child_process)(?:\/|$)/.test(
          specifier,
        )
          ? { file, line, what: `imports ${specifier}` }
          : null,
      ),
  },
  {
    title: 'exit, environment, wall clock and chance live in one place each',
    check: (tree) =>
      [...tree].flatMap(([file, text]) => {
        const { code } = codeOf(text);
        return singlePlaces
          .filter(({ places }) => !places.includes(file))
          .flatMap(({ name, form }) =>
            [...code.matchAll(form)].map((match) => ({ file, line: lineAt(code, match.index), what: `uses ${name}` })),
          );
      }),
  },
  {
    title: 'files are named in kebab case by the noun they own',
    check: (tree) =>
      [...tree.keys()].flatMap((file) => {
        const words = file
          .replace(/^src\//, '')
          .replace(/\.ts$/, '')
          .split('/');
        const bad = words.find(
          (word) =>
            !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(word) || word.split('-').some((part) => bannedWords.includes(part)),
        );
        return bad === undefined ? [] : [{ file, line: 1, what: `"${bad}" names no noun` }];
      }),
  },
  {
    title: 'every file opens with a comment of one to five lines',
    check: (tree) =>
      [...tree].flatMap(([file, text]) => {
        const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
        if (comment === undefined) return [{ file, line: 1, what: 'opens with no comment' }];
        const lines = comment.split('\n').filter((line) => /[^\s*]/.test(line)).length;
        return lines > (tellsTheOrder.test(file) ? 15 : 5)
          ? [{ file, line: 1, what: `opens with ${lines} lines` }]
          : [];
      }),
  },
  {
    title: 'nothing is re-exported wholesale, and nothing is left for later',
    check: (tree) =>
      [...tree].flatMap(([file, text]) => [
        ...[...codeOf(text).code.matchAll(/\bexport\s*\*/g)].map((match) => ({
          file,
          line: lineAt(text, match.index),
          what: 'is a barrel',
        })),
        ...[...text.matchAll(/\b(?:TODO|FIXME|XXX)\b/g)].map((match) => ({
          file,
          line: lineAt(text, match.index),
          what: `says ${match[0]}`,
        })),
      ]),
  },
  {
    title: 'no file is longer than 450 lines',
    check: (tree) =>
      lengths(tree)
        .filter(({ lines }) => lines > 450)
        .map(({ file, lines }) => ({ file, line: lines, what: `has ${lines} lines` })),
  },
];

/** Lengths of all files, longest first. */
export function lengths(tree: SourceTree): readonly { readonly file: string; readonly lines: number }[] {
  return [...tree]
    .map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }))
    .sort((a, b) => b.lines - a.lines);
}

function eachImport(tree: SourceTree, judge: (file: string, one: Import) => Violation | null): readonly Violation[] {
  return [...tree].flatMap(([file, text]) =>
    importsOf(file, text)
      .map((one) => judge(file, one))
      .filter((violation) => violation !== null),
  );
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** One violation for each file from which a walk along static and type imports comes back to it. */
function circles(tree: SourceTree): readonly Violation[] {
  const edges = new Map(
    [...tree].map(([file, text]) => [file, importsOf(file, text).filter(({ kind }) => kind !== 'dynamic')]),
  );
  return [...tree.keys()].flatMap((start) => {
    const cameFrom = new Map<string, string>();
    const queue = [start];
    for (const file of queue) {
      for (const { target } of edges.get(file) ?? []) {
        if (target === null || cameFrom.has(target)) continue;
        cameFrom.set(target, file);
        if (target === start) return [{ file: start, line: 1, what: `circle ${walk(cameFrom, start)}` }];
        queue.push(target);
      }
    }
    return [];
  });
}

function walk(cameFrom: ReadonlyMap<string, string>, start: string): string {
  const steps = [start];
  for (let at = cameFrom.get(start) as string; at !== start; at = cameFrom.get(at) as string) steps.unshift(at);
  return [start, ...steps].join(' → ');
}
