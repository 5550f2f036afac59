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

  /** Waits for the question, which has to say all that there is to be said, and gives its text without the frame. */
  async question(action: string, danger: 'moderate' | 'severe' = 'moderate'): Promise<string> {
    await this.terminal.until(new RegExp(`${action}\\?[\\s\\S]*Proceed`));
    this.#readMs = performance.now();
    const text = this.terminal
      .screen()
      .map((line) => line.replaceAll(/[│┃|]/g, ' ').trim())
      .filter((line) => line !== '')
      .join('\n');
    const order = ['what', 'where', 'effect', 'undo', 'expires', 'reason'].map((title) =>
      text.search(new RegExp(`^${title}\\b`, 'm')),
    );
    assert.ok(
      order.every((at, index) => at > (order[index - 1] ?? -1)),
      `${order.join()}\n${text}`,
    );
    assert.equal(/Type .* to go on/.test(text), danger === 'severe', text);
    return text;
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
