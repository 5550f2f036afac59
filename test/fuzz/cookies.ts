/**
 * Fuzz target of the cookies that we believe: `Cookie` fields made of true, old, foreign and made-up cookies in any order and
 * spelling. Held against the list that they were made of: which value is read, which target it names, which pass is good.
 */
import { Passes, addressPrefix } from '../../src/proxy/data/challenge/passes.ts';
import { cookieValue } from '../../src/proxy/data/upstream/balance/cookie-value.ts';
import { LatencyAverage } from '../../src/proxy/data/upstream/balance/latency-average.ts';
import { Sticky } from '../../src/proxy/data/upstream/balance/sticky.ts';
import { address, damaged, pick } from '../helpers/address-maker.ts';
import { Dice } from '../helpers/dice.ts';
import { fuzz } from '../helpers/fuzz-run.ts';

interface Cookie {
  readonly name: string;
  readonly value: string;
}

const key = new Uint8Array(32).fill(7);
const names = ['s', 'ss', 'S', 's-s', 'sentinel-target', 'x-s', ''];
const targets = ['a:1', 'b:2', 'c:3', 'd:4'];

/** Joined as browsers, proxies and people do: `; `, or with other blanks, or from several fields. */
function written(dice: Dice, cookies: readonly Cookie[]): string {
  return cookies
    .map(
      ({ name, value }, index) =>
        `${index === 0 ? '' : pick(dice, ['; ', '; ', ';', ' ;  ', ', ', ','])}${name}=${value}`,
    )
    .join('');
}

function values(dice: Dice): string {
  return pick(dice, ['', '1', 's=2', 'a b', '"quoted"', 's', '=', 'x=s=3', 'ss=4']);
}

function valueComplaint(dice: Dice): string | null {
  const cookies = Array.from({ length: dice.roll(6) }, () => ({ name: pick(dice, names), value: values(dice) }));
  const field = written(dice, cookies);
  for (const name of names.filter((one) => one !== '')) {
    const found = cookieValue(field, name);
    const expected = cookies.find((cookie) => cookie.name === name)?.value;
    if (found !== expected) return `${name} of ${JSON.stringify(field)} is ${found}, expected ${expected}`;
  }
  // Of a damaged field whatever is read stood there, between two ends of cookies.
  const wrong = damaged(dice, field);
  for (const name of names.filter((one) => one !== '')) {
    const found = cookieValue(wrong, name);
    const parts = wrong.split(/[;,]/).map((part) => part.replace(/^ +/, ''));
    const expected = parts
      .find((part) => part.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replace(/ +$/, '');
    if (found !== expected) return `${name} of ${JSON.stringify(wrong)} is ${found}, expected ${expected}`;
  }
  return null;
}

function sticky(seed: Uint8Array): Sticky {
  return new Sticky({ name: 's', ttlMs: 0 }, seed, 0);
}

/** Which target takes a request with this field, of those that have weight; and the cookie that it is given. */
function ask(balancer: Sticky, cookies: string | undefined, weights: readonly number[], skipped = -1) {
  let given: string | null = null;
  const at = balancer.pick(
    targets.map((id, index) => ({ id, fullWeight: 1, weight: weights[index] as number, inFlight: () => 0, latency })),
    {
      clientIp: '192.0.2.1',
      path: '/',
      header: (name) => (name === 'cookie' ? cookies : undefined),
      now: 0,
      skips: (index) => index === skipped,
      stick: (line) => void (given = line),
    },
  );
  return { at, given: given as string | null };
}

const latency = new LatencyAverage();
const open = [1, 1, 1, 1];
/** The token of each target, as a client gets it. */
const tokens = targets.map((_, index) => {
  const only = open.map((_weight, other) => (other === index ? 1 : 0));
  const { given } = ask(sticky(key), undefined, only);
  return (/^Set-Cookie: s=([\w-]{22});/.exec(given ?? '') as RegExpExecArray)[1] as string;
});

function stickyComplaint(dice: Dice): string | null {
  const foreign = ask(sticky(new Uint8Array(32).fill(8)), undefined, open).given as string;
  const cookies = Array.from({ length: dice.roll(5) }, () => {
    const token = pick(dice, tokens);
    const value = pick(dice, [
      token,
      token,
      damaged(dice, token).replace(/[;, ]/g, ''),
      foreign.slice(14, 36),
      token.slice(1),
      '',
    ]);
    return { name: pick(dice, names), value };
  });
  const field = cookies.length === 0 ? undefined : written(dice, cookies);
  const weights = targets.map(() => (dice.chance(70) ? 1 : 0));
  const skipped = dice.roll(6) - 2;
  const named = cookies
    .filter(({ name, value }) => name === 's' && tokens.includes(value))
    .map(({ value }) => tokens.indexOf(value))[0];
  const takes = (index: number) => index !== skipped && (weights[index] as number) > 0;
  const { at, given } = ask(sticky(key), field, weights, skipped);
  const shown = `${JSON.stringify(field)} for ${weights.join(',')} without ${skipped}`;
  if (named !== undefined && takes(named))
    return at === named && given === null ? null : `${shown} went to ${at} and not ${named}`;
  if (!targets.some((_, index) => takes(index))) return at === -1 && given === null ? null : `${shown} went to ${at}`;
  if (at === -1 || !takes(at)) return `${shown} went to ${at}`;
  return given?.startsWith(`Set-Cookie: s=${tokens[at]}; `) === true
    ? null
    : `${shown} went to ${at} and was given ${given}`;
}

function passComplaint(dice: Dice): string | null {
  const now = 1_800_000_000_000 + dice.roll(1_000_000);
  const [home, other] = [addressPrefix(address(dice)), addressPrefix(address(dice))];
  // What it has seen before must not matter.
  const passes = new Passes(key);
  const life = dice.roll(10_000) - 3000;
  const pass = passes.pass(home, now + life);
  if (dice.chance(50)) passes.accepts(pass, home, now - 5000);
  const good = now < Math.floor((now + life + 999) / 1000) * 1000;
  if (passes.accepts(pass, home, now) !== good)
    return `${pass} of ${home} with ${life} ms to go is ${good ? 'refused' : 'taken'}`;
  if (home !== other && passes.accepts(pass, other, now)) return `${pass} of ${home} is taken from ${other}`;
  if (new Passes(new Uint8Array(32)).accepts(pass, home, now)) return `${pass} is taken under another key`;
  const wrong = damaged(dice, pass);
  const same = wrong === pass || unchanged(wrong, pass);
  if (!same && passes.accepts(wrong, home, now)) return `${wrong} is taken, which was ${pass}`;
  return null;
}

/** Whether two passes say the same and have the same signature: the last digit of one has two bits that mean nothing. */
function unchanged(a: string, b: string): boolean {
  const read = (text: string) => /^(1\.[0-9a-z]{1,9})\.([\w-]{43})$/.exec(text);
  const [one, two] = [read(a), read(b)];
  return (
    one !== null &&
    two !== null &&
    one[1] === two[1] &&
    Buffer.from(one[2] as string, 'base64url').equals(Buffer.from(two[2] as string, 'base64url'))
  );
}

await fuzz('cookies', (seed) => {
  const dice = new Dice(seed);
  return valueComplaint(dice) ?? stickyComplaint(dice) ?? passComplaint(dice);
});
