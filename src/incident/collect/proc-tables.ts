/** What `free -h`, `df -h` and `ss -s` say, from `/proc`: for machines that lack the programs. Reads; runs nothing. */
import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** As `free -h` prints it. @throws the system's error */
export function memoryTable(proc: string): string {
  const text = readFileSync(join(proc, 'meminfo'), 'utf8');
  const kib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  const [total, free, cached] = [kib('MemTotal'), kib('MemFree'), kib('Buffers') + kib('Cached') + kib('SReclaimable')];
  const [swap, swapFree] = [kib('SwapTotal'), kib('SwapFree')];
  const row = (name: string, ...numbers: readonly number[]): string =>
    name.padEnd(7) + numbers.map((number) => short(number * 1024).padStart(12)).join('');
  const head = `${' '.repeat(7)}${['total', 'used', 'free', 'shared', 'buff/cache', 'available']
    .map((word) => word.padStart(12))
    .join('')}`;
  const used = Math.max(0, total - kib('MemAvailable'));
  return [
    head,
    row('Mem:', total, used, free, kib('Shmem'), cached, kib('MemAvailable')),
    row('Swap:', swap, swap - swapFree, swapFree),
    '',
  ].join('\n');
}

/** File systems of the kernel's own, which hold no files of anybody's. */
const kernelOnly = new Set(
  'autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts fusectl hugetlbfs mqueue nsfs proc pstore securityfs sysfs tracefs'.split(
    ' ',
  ),
);
/** A server that does not answer would hold up whoever asks. */
const remote = /^(?:nfs|cifs|smb|ceph|glusterfs|fuse\.sshfs|9p)/;

/** As `df -h` prints it. @throws the system's error */
export function mountTable(proc: string): string {
  const mounts = readFileSync(join(proc, 'mounts'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [device = '', place = '', type = ''] = line.split(' ');
      return place === '' || kernelOnly.has(type) || remote.test(type) ? [] : [{ device, place: unescaped(place) }];
    });
  const rows = [...new Map(mounts.map((mount) => [mount.place, mount])).values()].flatMap(({ device, place }) => {
    try {
      const { blocks, bfree, bavail, bsize } = statfsSync(place);
      if (blocks === 0) return [];
      const used = blocks - bfree;
      const share = used + bavail === 0 ? 0 : Math.ceil((used / (used + bavail)) * 100);
      return [[device, short(blocks * bsize), short(used * bsize), short(bavail * bsize), `${share}%`, place]];
    } catch {
      return [];
    }
  });
  const table = [['Filesystem', 'Size', 'Used', 'Avail', 'Use%', 'Mounted on'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return `${table
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : column === 5 ? cell : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n')}\n`;
}

/** As `ss -s` prints it. @throws the system's error */
export function socketSummary(proc: string): string {
  const counted = (file: string): ReadonlyMap<string, ReadonlyMap<string, number>> => {
    let text: string;
    try {
      text = readFileSync(join(proc, 'net', file), 'utf8');
    } catch (error) {
      // A machine without IPv6 has none of its tables.
      if (file.endsWith('6')) return new Map();
      throw error;
    }
    return new Map(
      text.split('\n').map((line) => {
        const [name = '', ...words] = line.split(/[\s:]+/);
        const pairs = Array.from({ length: Math.floor(words.length / 2) }, (_, index) => index * 2);
        return [name, new Map(pairs.map((at) => [words[at] ?? '', Number(words[at + 1])]))];
      }),
    );
  };
  const [four, six] = [counted('sockstat'), counted('sockstat6')];
  const of = (protocol: string, key: string) => four.get(protocol)?.get(key) ?? 0;
  const of6 = (protocol: string) => six.get(`${protocol}6`)?.get('inuse') ?? 0;
  const established = Number(
    /^Tcp: (?!.*[A-Za-z])(.*)$/m.exec(readFileSync(join(proc, 'net', 'snmp'), 'utf8'))?.[1]?.split(' ')[8] ?? 0,
  );
  const row = (name: string, v4: number, v6: number): string =>
    `${name.padEnd(10)}${String(v4 + v6).padEnd(10)}${String(v4).padEnd(10)}${v6}`;
  return [
    `Total: ${of('sockets', 'used')}`,
    `TCP:   ${of('TCP', 'alloc')} (estab ${established}, orphaned ${of('TCP', 'orphan')}, timewait ${of('TCP', 'tw')})`,
    '',
    `${'Transport'.padEnd(10)}${'Total'.padEnd(10)}${'IP'.padEnd(10)}IPv6`,
    row('RAW', of('RAW', 'inuse'), of6('RAW')),
    row('UDP', of('UDP', 'inuse'), of6('UDP')),
    row('TCP', of('TCP', 'inuse'), of6('TCP')),
    row('FRAG', of('FRAG', 'inuse'), of6('FRAG')),
    '',
  ].join('\n');
}

/** `1.2G`, as those programs write it. */
function short(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T', 'P'];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)}${units[unit]}`;
}

/** `\040` is how the kernel writes a blank there. */
function unescaped(place: string): string {
  return place.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
