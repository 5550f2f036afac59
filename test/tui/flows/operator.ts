/** What an operator does at the screen: goes to a row, presses the key of an action, reads the question, answers it. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { soonestYesMs } from '../../../src/tui/store/confirming.ts';
import { eventually } from '../../helpers/eventually.ts';
import type { Terminal } from '../stage/terminal.ts';
import { openTop, type TopPlan } from '../stage/top.ts';

/** Wide enough for a whole question on the screen. */
const size = { columns: 120, rows: 40 } as const;

export class Operator {
  readonly terminal: Terminal;
  /** When a question was seen last. */
  #readMs = 0;

  private constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** `undefined` after having skipped the test, where there are no terminals. */
  static async at(t: TestContext, plan: TopPlan): Promise<Operator | undefined> {
    const terminal = await openTop(t, { ...size, ...plan, args: ['--interval', '250ms', ...(plan.args ?? [])] });
    if (terminal === undefined) return undefined;
    await terminal.until(/READ-(WRITE|ONLY)/);
    return new Operator(terminal);
  }

  get text(): string {
    return this.terminal.screen().join('\n');
  }

  /** Goes to the only row of a view that a filter leaves below what it belongs to. */
  async goTo(view: number, filter: string, row: RegExp): Promise<void> {
    const { terminal } = this;
    terminal.type(String(view));
    terminal.type('n');
    await terminal.until((screen) => screen.some((line) => line.includes(`[${view}]`) && line.includes('filter: –')));
    terminal.type(`/${filter}`);
    terminal.key('enter');
    await terminal.until((screen) => screen.some((line) => line.includes(`filter: ${filter.slice(0, 12)}`)));
    terminal.type('G');
    await terminal.until((screen) => screen.some((line) => line.startsWith('▸') && row.test(line)));
  }

  /** Waits for the question, which has to say all that there is to be said, in its order; gives its text without the frame. */
  async question(action: string, danger: 'moderate' | 'severe' = 'moderate'): Promise<string> {
    const named = danger === 'severe' ? ['Type '] : [];
    const titles = ['what ', 'where ', 'effect ', 'undo ', 'expires ', 'reason ', ...named, 'same: '];
    // A frame comes in pieces: it is there when its last line is.
    await this.terminal.until((screen) => {
      const text = textOf(screen);
      const from = text.findIndex((line) => line.includes(`${action}?`));
      const at = titles.map((title) => text.findIndex((line, index) => index > from && line.startsWith(title)));
      const whole = at.every((line, index) => line > (at[index - 1] ?? from));
      return from !== -1 && whole && text.some((line, index) => index > (at.at(-1) ?? 0) && line.startsWith('└'));
    });
    this.#readMs = performance.now();
    const text = textOf(this.terminal.screen());
    assert.equal(
      text.some((line) => line.startsWith('Type ')),
      danger === 'severe',
    );
    return text.join('\n');
  }

  /** Whatever stands in the question, on one line: what is too long for it is wrapped there. */
  fact(text: string, title: string): string {
    const lines = text.split('\n');
    const from = lines.findIndex((line) => line.startsWith(title));
    const titles = /^(?:what|where|effect|undo|expires|reason|same:|Type )/;
    const until = lines.findIndex((line, at) => at > from && titles.test(line));
    return lines.slice(from, until).join(' ').slice(title.length).trim().replaceAll(/\s+/g, ' ');
  }

  /** Yes is chosen, and then meant; what follows from it is to be seen. */
  async mean(follows: RegExp | ((screen: readonly string[]) => boolean)): Promise<void> {
    const { terminal } = this;
    // What comes sooner was not meant for the question.
    await eventually(() => performance.now() > this.#readMs + soonestYesMs);
    terminal.type('y');
    await terminal.until(/▸\[ Proceed \]/);
    terminal.key('enter');
    await terminal.until(follows);
  }

  /** The answer is yes, and the question is gone. */
  proceed(): Promise<void> {
    return this.mean((screen) => !screen.some((line) => line.includes('Proceed')));
  }

  /** Types the name of what is hit, from where the question begins. */
  async name(text: string): Promise<void> {
    this.terminal.key('shift-tab');
    this.terminal.type(text);
    await this.terminal.until(new RegExp(`name +${text.replaceAll('.', '\\.')}`));
    this.terminal.key('tab');
  }

  /** A line of the menu of the row. */
  async choose(line: RegExp): Promise<void> {
    const { terminal } = this;
    terminal.type('A');
    await terminal.until(/actions:/);
    for (let i = 0; i < 12; i++) {
      const chosen = terminal.screen().find((one) => one.includes('▸ ') && !one.includes('why:'));
      if (chosen !== undefined && line.test(chosen)) break;
      const before = this.text;
      terminal.key('down');
      await terminal.until((screen) => screen.join('\n') !== before);
    }
    terminal.key('enter');
  }
}

/** Its lines, without what frames them. */
function textOf(screen: readonly string[]): readonly string[] {
  return screen.map((line) => line.replaceAll('│', ' ').trim()).filter((line) => line !== '');
}
