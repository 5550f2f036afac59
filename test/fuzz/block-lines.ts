/**
 * Fuzz target of the file of clients to refuse: lines good, blank, commented and damaged, with any ends and blanks. Held
 * against what Node takes for an address, and now and then read from a file as a daemon reads it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBlockLines } from '../../src/config/block-file.ts';
import { BlockFile } from '../../src/proxy/control/security/block-file.ts';
import { AddressSet } from '../../src/proxy/shared/address-set.ts';
import { address, damaged, ipv4, network, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sentinel-block-lines-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const blanks = ['', '', ' ', '\t', ' \t ', '\u00a0'];
const comments = ['', '', '#', ' # 1.2.3.4', '# é', '#1.2.3.4#'];
/** Trials that are read from a file too. */
const FILE_EVERY = 25;

function line(dice: Dice): string {
  const entry = dice.chance(15) ? '' : dice.chance(15) ? damaged(dice, network(dice)) : network(dice);
  return pick(dice, blanks) + entry + pick(dice, blanks) + pick(dice, comments);
}

/** What a line names, or null; undefined where it names nothing at all. */
function entryOf(text: string): string | null | undefined {
  const entry = text.split('#')[0]?.trim() ?? '';
  if (entry === '') return undefined;
  const [own = '', bits, ...more] = entry.split('/');
  const family = own.includes('%') ? 0 : isIP(own);
  if (family === 0 || more.length > 0) return null;
  if (bits !== undefined && (!/^[0-9]{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))) return null;
  return entry;
}

/** The file as a daemon reads it: all or nothing, and then exactly the clients that Node finds in these networks. */
async function fileComplaint(
  dice: Dice,
  text: string,
  networks: readonly string[],
  wrong: readonly number[],
): Promise<string | null> {
  const file = join(folder, 'blocked');
  writeFileSync(file, text);
  const blocks = new BlockFile(file);
  await blocks.load();
  const { set, networks: count, problems } = blocks.reading;
  if (wrong.length > 0) {
    const named = problems[0]?.includes(`:${wrong[0]}: `) === true;
    return set === null && named ? null : `${JSON.stringify(text)} was taken, with ${problems.join('; ')}`;
  }
  if (problems.length > 0 || count !== networks.length)
    return `${JSON.stringify(text)}: ${count} networks, ${problems.join('; ')}`;
  const list = new BlockList();
  const plain = networks.filter((one) => !one.includes(':'));
  for (const one of plain) {
    const [own = '', bits = '32'] = one.split('/');
    list.addSubnet(own, Number(bits), 'ipv4');
  }
  // Of IPv4 alone: what an IPv6 network around mapped addresses means is another matter.
  if (plain.length < networks.length) return null;
  const refused = set === null ? null : new AddressSet(set);
  for (let times = 0; times < 20; times++) {
    const client = ipv4(dice);
    if ((refused?.has(client) ?? false) !== list.check(client)) return `${client} and ${JSON.stringify(text)}`;
  }
  return null;
}

await fuzz('files', (seed) => {
  const dice = new Dice(seed);
  const only4 = dice.chance(50);
  const lines = Array.from({ length: dice.roll(30) }, () => line(dice)).filter((one) => !only4 || !one.includes(':'));
  const end = pick(dice, ['\n', '\r\n']);
  const text =
    (dice.chance(10) ? '\ufeff' : '') + lines.join(end) + pick(dice, ['', end]) + (dice.chance(5) ? address(dice) : '');
  const whole = text.split('\n');
  const entries = whole.map(entryOf);
  const networks = entries.filter((entry) => typeof entry === 'string');
  const wrong = entries.flatMap((entry, index) => (entry === null ? [index + 1] : []));
  const found = readBlockLines(text);
  if (JSON.stringify(found) !== JSON.stringify({ networks, wrong })) {
    return `${JSON.stringify(text)} is ${JSON.stringify(found)}, expected ${JSON.stringify({ networks, wrong })}`;
  }
  return seed % FILE_EVERY === 0 ? fileComplaint(dice, text, networks, wrong) : null;
});
