/** Which manual pages there are, and which of them somebody means. Reads the folder of the package and nothing else. */
import { bytesOf, namesIn, packagePath, pathIn } from '../../base/package-files.ts';
import { allCommands } from '../tree.ts';

const folder = packagePath('man');

/** What is typed of commands, by the name of their page. */
const commands = new Map(allCommands.map(({ path }) => [path.join('-'), path.join(' ')]));

export interface Topic {
  /** What to type: `drain`, `config print`, `signals`, `kdl`. */
  readonly name: string;
  readonly section: string;
  /** From its head. */
  readonly summary: string;
  readonly file: string;
}

/** By section, then name. */
export function topics(): readonly Topic[] {
  return namesIn(folder)
    .flatMap((file): readonly Topic[] => {
      const [, name, section] = /^sentinel[-.]?(.*)\.([157])$/.exec(file) ?? [];
      if (name === undefined || section === undefined) return [];
      const summary = /^\.Nd (.*)$/m.exec(bytesOf(pathIn(folder, file)).toString())?.[1] ?? '';
      const shown = commands.get(name) ?? name;
      return [{ name: shown === '' ? 'sentinel' : shown, section, summary: summary.replaceAll('\\&', ''), file }];
    })
    .sort((one, other) => (one.section + one.name < other.section + other.name ? -1 : 1));
}

/** `drain`, `config print`, `sentinel-config-print`, `kdl`, `sentinel.kdl`, `sentinel.kdl.5`: null = there is none. */
export function topicOf(words: readonly string[]): Topic | null {
  const wanted = plain(words.join(' '));
  return topics().find(({ name, file }) => plain(name) === wanted || plain(file) === wanted) ?? null;
}

function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/\.[157]$/, '')
    .replace(/^sentinel(?=[ .-])./, '')
    .replaceAll(/[ -]+/g, ' ');
}

export function sourceOf({ file }: Topic): string {
  return bytesOf(pathIn(folder, file)).toString();
}
