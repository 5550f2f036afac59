/** What is mounted where, as `/proc/PID/mountinfo` says it (proc(5)). Pure; the probe of disks reads the file. */

export interface Mount {
  /** Absolute. */
  readonly point: string;
  /** `ext4`, `tmpfs`, `nfs4` … */
  readonly type: string;
  readonly readOnly: boolean;
}

export function parseMounts(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    const [own = '', shared = ''] = line.split(' - ');
    const [, , , , point, options = ''] = own.split(' ');
    const [type, , superOptions = ''] = shared.split(' ');
    if (point === undefined || type === undefined || type === '') return [];
    const readOnly = isReadOnly(options) || isReadOnly(superOptions);
    return [{ point: unescaped(point), type, readOnly }];
  });
}

/** The one that holds an absolute path; of several at one place the last one is on top. Null where none is known. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | null {
  let found: Mount | null = null;
  for (const mount of mounts) {
    const holds = mount.point === '/' || path === mount.point || path.startsWith(`${mount.point}/`);
    if (holds && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  }
  return found;
}

/** File systems of which another machine, or a program, answers: a question may never come back. */
export function mayHang({ type }: Mount): boolean {
  return /^(?:nfs|nfs4|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|afs|ocfs2|gfs2|beegfs|autofs|fuse.*|virtiofs)$/.test(
    type,
  );
}

function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro');
}

/** Blanks and the like stand as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
