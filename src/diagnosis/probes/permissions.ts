/**
 * The probe of permissions: may the user that the daemon runs as read what its configuration names, and write where it has to?
 * Judged by owner and mode; access lists are not seen. Opens none of the files.
 */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateFolders } from '../../base/state-folder.ts';
import { readText } from '../../machine/kernel-file.ts';
import { type Access, folderAccess, readAccess, writeAccess } from '../../machine/file-access.ts';
import { type User, userById, userByName, userName } from '../../machine/users.ts';
import type { PermissionsState } from '../facts/process.ts';
import { type Probe, type ProbeContext, ProbeFault } from '../probe.ts';
import { writtenRecords } from './written-records.ts';

export const permissionsProbe: Probe<'permissions'> = {
  name: 'permissions',
  title: 'permissions: configuration, certificates, keys, logs, state for the user of the daemon',
  class: 'passive',
  mandatory: false,
  timeoutMs: 8_000,
  async find(context) {
    if (!context.local) throw new ProbeFault('the daemon is on another machine, and so are its files', []);
    const config = await context.of('config');
    if (config.state === 'unknown') throw new ProbeFault('it is not known which files the daemon has', config.tried);
    const { run, folder } = writtenRecords(context, config);
    const { places } = config.value;
    const user = await userOfDaemon(context, run?.uid ?? null, places.state_dir);
    const files: PermissionsState['files'][number][] = places.files.map(({ path, what }) =>
      file(path, what, 'read', readAccess(path, user)),
    );
    for (const path of places.log_files) files.push(file(path, 'log', 'write', writeAccess(path, user)));
    const state = places.state_dir ?? folder;
    if (state !== null) files.push(file(state, 'state', 'write', folderAccess(state, user)));
    // Written as a draft beside it, which takes its place.
    if (places.pid_file !== null)
      files.push(file(places.pid_file, 'pid-file', 'write', folderAccess(dirname(places.pid_file), user)));
    if (places.admin_socket !== null)
      files.push(file(places.admin_socket, 'socket', 'write', folderAccess(dirname(places.admin_socket), user)));
    return { user: user.name, judged_for_uid: user.uid, files };
  },
};

function file(
  path: string,
  what: PermissionsState['files'][number]['what'],
  needs: 'read' | 'write',
  { allowed, owner, mode, why }: Access,
): PermissionsState['files'][number] {
  return { path, what, needs, allowed, owner, mode, why };
}

/** Of its process, of its last run, of its unit, of the folder that it keeps its state in; else who asks. */
async function userOfDaemon(
  { of, roots, run }: ProbeContext,
  lastUid: number | null,
  stateDir: string | null,
): Promise<User> {
  const process = await of('process');
  const { pid = null, systemd = null } = process.state === 'known' ? process.value : {};
  const running = pid === null ? null : userOfProcess(join(roots.proc, String(pid)));
  if (running !== null) return running;
  if (lastUid !== null) return named(lastUid);
  const unit = systemd === null ? null : userByName(systemd.user ?? 'root');
  return unit ?? named(ownerOf(stateFolders(run, stateDir)) ?? run.uid);
}

/** Of the first folder that is there. */
function ownerOf(folders: readonly string[]): number | null {
  for (const folder of folders) {
    try {
      return statSync(folder).uid;
    } catch {
      // The next one is looked for.
    }
  }
  return null;
}

/** With the groups that it has in truth. */
function userOfProcess(folder: string): User | null {
  const read = readText(join(folder, 'status'));
  if (!('value' in read)) return null;
  const numbers = (name: string): readonly number[] =>
    (new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(read.value)?.[1] ?? '')
      .split(/\s+/)
      .filter((text) => text !== '')
      .map(Number);
  const uid = numbers('Uid')[1];
  const gid = numbers('Gid')[1];
  if (uid === undefined || gid === undefined) return null;
  return { name: userName(uid), uid, gid, groups: new Set([gid, ...numbers('Groups')]) };
}

function named(uid: number): User {
  return userById(uid) ?? { name: String(uid), uid, gid: uid, groups: new Set([uid]) };
}
