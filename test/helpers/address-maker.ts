/** Addresses and networks for fuzz targets: few values, so that they meet; odd spellings; and things that are nearly ones. */
import type { Dice } from './dice.ts';

export function pick<T>(dice: Dice, from: readonly T[]): T {
  return from[dice.roll(from.length)] as T;
}

const bytes = ['0', '1', '2', '9', '10', '127', '128', '192', '254', '255'];
const groups = ['0', '1', '7f', '7fff', '8000', 'FFFE', 'ffff', '0db8', '2001', 'fe80'];

export function ipv4(dice: Dice): string {
  return Array.from({ length: 4 }, () => pick(dice, bytes)).join('.');
}

/** In one of its spellings: shortened anywhere, in either case, with a dotted end. */
export function ipv6(dice: Dice): string {
  const dotted = dice.chance(20);
  const whole = Array.from({ length: dotted ? 6 : 8 }, () => (dice.chance(50) ? '0' : pick(dice, groups)));
  const mapped = dice.chance(15) ? ['0', '0', '0', '0', '0', 'ffff', ...(dotted ? [] : ['c000', '207'])] : whole;
  const end = dotted ? [ipv4(dice)] : [];
  if (dice.chance(40)) return [...mapped, ...end].join(':');
  const from = dice.roll(mapped.length);
  const left = mapped.slice(0, from);
  const right = [...mapped.slice(from + 1 + dice.roll(mapped.length - from)), ...end];
  return `${left.join(':')}::${right.join(':')}`;
}

export function address(dice: Dice): string {
  return dice.chance(50) ? ipv4(dice) : ipv6(dice);
}

export function network(dice: Dice): string {
  const own = address(dice);
  return dice.chance(30) ? own : `${own}/${dice.roll(own.includes(':') ? 129 : 33)}`;
}

const pieces = [
  '0',
  '00',
  '1',
  '256',
  'f',
  'g',
  ':',
  '::',
  '.',
  '/',
  '%',
  '%eth0',
  ' ',
  '-1',
  '[',
  ']',
  '/0',
  'é',
  '\0',
];

/** The text with up to three pieces put in, cut out or doubled. */
export function damaged(dice: Dice, text: string): string {
  let wrong = text;
  for (let times = 1 + dice.roll(3); times > 0; times--) {
    const at = dice.roll(wrong.length + 1);
    const way = dice.roll(3);
    if (way === 0) wrong = wrong.slice(0, at) + pick(dice, pieces) + wrong.slice(at);
    else if (way === 1) wrong = wrong.slice(0, at) + wrong.slice(at + 1 + dice.roll(2));
    else wrong = wrong.slice(0, at) + wrong.slice(Math.max(0, at - 2));
  }
  return wrong;
}
