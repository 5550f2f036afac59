/**
 * Completes package-lock.json: a registry that does not carry the packages of other platforms makes `npm install` leave
 * them out, and `npm ci` then refuses the lockfile. Run it after every change of the dependencies; a test holds it.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const platform =
  /(android|darwin|linux|win32|freebsd|openharmony)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/;

for (const facts of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(facts.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    const found = platform.exec(name);
    if (place in lock.packages || found === null) continue;
    const [, os, cpu, abi] = found;
    const libc = os === 'linux' && abi !== undefined ? { libc: [abi.includes('musl') ? 'musl' : 'glibc'] } : {};
    const dev = facts.dev === true ? { dev: true } : {};
    lock.packages[place] = { version, cpu: [cpu], ...dev, optional: true, os: [os], ...libc };
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
