/**
 * How fast a log becomes harmless, by hand: `node test/incident/redaction/scrub-speed.ts [MIB]`. Three logs: one of the proxy, where
 * one line in a hundred holds a secret; one of access lines; one whose every line holds one. Exits with 1 where access lines take
 * more than twice the time that they should.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import { heldOut, heldOutHarmless } from './held-out.ts';

const size = Number(process.argv[2] ?? 16) * 1024 * 1024;
const known = Array.from({ length: 40 }, () => randomBytes(18).toString('base64'));
const secrets = heldOut.map(({ text }) => text);
let count = 0;

/** Of this process: others may have the machine. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const proxy = (): string => {
  count++;
  const { length } = count % 100 === 0 ? secrets : heldOutHarmless;
  const text = (count % 100 === 0 ? secrets : heldOutHarmless)[count % length];
  return JSON.stringify({ level: 'info', time: new Date(1.79e12 + count).toISOString(), pid: 812, message: text });
};
const access = (): string => {
  count++;
  const id = createHash('md5').update(`${count}`).digest('hex');
  return `{"time":"${new Date(1.79e12 + count).toISOString()}","client":"203.0.113.${count % 256}","method":"GET","host":"api.example.com","path":"/api/v1/orders/${count}","query":"page=${count % 9}&sort=asc","status":${count % 50 === 0 ? 502 : 200},"bytes":5120,"duration_ms":${count % 900},"route":"api","upstream":"api-backend","target":"10.1.1.${count % 12}:8080","request_id":"${id}","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}`;
};
const secretive = (): string => JSON.stringify({ message: secrets[count++ % secrets.length] });

let slow = false;
for (const [name, line, share] of [
  ['proxy', proxy, 1],
  ['access', access, 1],
  ['all secrets', secretive, 1 / 8],
] as const) {
  const lines: string[] = [];
  for (let bytes = 0; bytes < size * share; bytes += (lines.at(-1) as string).length + 1) lines.push(line());
  const content = `${lines.join('\n')}\n`;
  for (const profile of ['internal', 'share'] as const) {
    const scrubber = createScrubber({ profile, key: randomBytes(32), known });
    const began = cpuMs();
    const clean = scrubber.scrub('logs/sentinel.ndjson', 'ndjson', content);
    const scrubbing = cpuMs() - began;
    findLeaks([{ path: 'logs/sentinel.ndjson', content: clean }], { profile, known });
    const looking = cpuMs() - began - scrubbing;
    const rate = content.length / 1e3 / scrubbing;
    if (name === 'access' && profile === 'internal' && rate < 10) slow = true;
    process.stdout.write(
      `${name}, ${profile}: ${rate.toFixed(0)} MB/s scrubbed, ${(content.length / 1e3 / looking).toFixed(0)} MB/s looked through\n`,
    );
  }
}
process.exitCode = slow ? 1 : 0;
