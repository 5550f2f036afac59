/** Whether the process is there, and what it needs of its machine to start or to stay. */
import { type Case, lasting, seen } from '../case.ts';
import { fullPlaces, placeWords } from '../places.ts';
import type { QuestionName } from '../questions.ts';
import { no, unknown, yes } from './answer.ts';
import type { Answer } from '../judgement.ts';

export const processAnswers = {
  'process-running': (of: Case): Answer => {
    const { process } = of;
    if (process === null) return unknown(of, 'process');
    if (process.pid === null)
      return no('no process', seen('process', 'no process by pid file, run record or process table'));
    const up = process.uptime_ms === null ? '' : `, up ${lasting(process.uptime_ms)}`;
    return yes(
      `running pid ${process.pid}${up}`,
      seen('process', `found by ${process.found_by}`, { value: process.pid }),
    );
  },
  'systemd-runs-it': (of: Case): Answer => {
    if (of.process === null) return unknown(of, 'process');
    const { systemd } = of.process;
    return systemd === null
      ? no('systemd knows no such unit here')
      : yes(
          `${systemd.unit}: ${systemd.active} (${systemd.sub})`,
          seen('process', `${systemd.unit} ${systemd.active}`),
        );
  },
  'port-free': (of: Case): Answer => {
    if (of.ports === null) return unknown(of, 'ports');
    const taken = of.ports.wanted.filter(
      ({ holders, held_by_unseen }) =>
        holders.some(({ daemon }) => !daemon) || (held_by_unseen && holders.length === 0),
    );
    const [first] = taken;
    if (first === undefined) return yes(`${of.ports.wanted.length} addresses free or the daemon's own`);
    const holder = first.holders.find(({ daemon }) => !daemon);
    return no(
      `${first.address} is held by ${holder === undefined ? 'somebody unseen' : `${holder.name} (pid ${holder.pid})`}`,
      seen('ports', `${first.address} held`, { value: holder?.pid ?? 'unseen' }),
    );
  },
  'disk-has-room': (of: Case): Answer => {
    if (of.disk === null) return unknown(of, 'disk');
    const [full] = fullPlaces(of);
    if (full !== undefined)
      return no(placeWords(full), seen('disk', placeWords(full), { value: full.used_ratio, threshold: 1 }));
    return yes(`room in ${of.disk.places.length} places`);
  },
  'config-loads': (of: Case): Answer => {
    if (of.config === null) return unknown(of, 'config');
    const { loads, path, problems, problem_count: count } = of.config;
    if (loads === 'yes') return yes(`${path ?? 'the configuration'} loads`);
    const [first] = problems;
    return no(
      loads === 'no' ? `${path} has ${count} problem${count === 1 ? '' : 's'}` : `${path ?? 'the file'} is ${loads}`,
      seen('config', first === undefined ? loads : `${first.place ?? ''} ${first.code} ${first.words}`.trim(), {
        value: count,
      }),
    );
  },
  'files-permitted': (of: Case): Answer => {
    if (of.permissions === null) return unknown(of, 'permissions');
    const { files, user } = of.permissions;
    const barred = files.filter(({ allowed, what }) => allowed === false && what !== 'other');
    const [first] = barred;
    if (first !== undefined)
      return no(
        `${user} may not ${first.needs} ${first.path}`,
        seen('permissions', first.why ?? `${first.path} ${first.owner} ${first.mode}`, {
          value: first.mode ?? 'missing',
        }),
      );
    if (files.some(({ allowed }) => allowed === null))
      return { answer: 'unknown', words: 'not every file could be looked at', evidence: [] };
    return yes(`${user} may read and write what it needs (${files.length} files)`);
  },
} satisfies Partial<Record<QuestionName, (of: Case) => Answer>>;
