/**
 * Daemons that are killed at moments of a dice while operators change their configuration in all ways there are, with a model of
 * what the next start may come up with. What it must say and may not leave behind is checked after each.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DaemonProcess, launchDaemon, startDaemonProcess, testFolder } from './daemon.ts';
import { Dice } from './dice.ts';

/** Steps of writing files that the longest change takes, and a few more: then it is killed after it. */
const STEPS = 30;
/** A change takes some milliseconds; so long a timer may come before or after it. */
const MOMENTS_MS = 60;

interface Pair {
  readonly main: string;
  readonly part: string;
}

interface Trial {
  readonly id: string;
  readonly pair: Pair;
  /** What was confirmed before it. */
  readonly good: Pair;
}

/** What an operator does. */
interface Step {
  readonly name: string;
  /** What is in force for good when it is done; null = it is not for good, or changes nothing. */
  readonly result: Pair | null;
  carryOut(): Promise<unknown>;
}

/** Starts, changes and kills daemons. @param rounds How many are killed */
export async function dieAtRandom(t: TestContext, seed: number, rounds: number): Promise<void> {
  const scene = new Scene(t, new Dice(seed));
  for (let round = 0; round < rounds; round++) await scene.round(`seed ${seed}, round ${round}`);
}

class Scene {
  readonly #t: TestContext;
  readonly #dice: Dice;
  readonly #folder: string;
  readonly #armed: string;
  /** Where marks and generations are, once a daemon has said so. */
  #instance = '';
  #version = 0;
  #trial: Trial | null = null;
  /** Files were edited by hand since the change on trial was put in force. */
  #touched = false;
  /** What the last step wrote into the files by itself. */
  #byHand: Pair | null = null;

  constructor(t: TestContext, dice: Dice) {
    this.#t = t;
    this.#dice = dice;
    this.#folder = testFolder(t);
    this.#armed = join(this.#folder, 'armed');
    mkdirSync(join(this.#folder, 'parts'));
    this.#write({ main: this.#newMain(), part: this.#newPart() });
  }

  async round(name: string): Promise<void> {
    const dice = this.#dice;
    const byStep = dice.chance(60);
    const dies = { at: dice.roll(STEPS), armedBy: this.#armed };
    const daemon = await startDaemonProcess(this.#t, {
      folder: this.#folder,
      workers: 1,
      ...(byStep ? { dies } : {}),
    });
    const { folder } = (await daemon.client.call('config-history')).data;
    this.#instance = dirname(folder ?? '');
    this.#trial = null;
    this.#touched = false;
    const done: string[] = [];
    for (let more = dice.roll(3); more > 0; more--) {
      const step = await this.#choose(daemon);
      done.push(step.name);
      await step.carryOut();
    }
    const last = await this.#choose(daemon);
    const told = `${name}: ${[...done, last.name].join(', ')}, killed ${byStep ? `at step ${dies.at}` : 'by a timer'}`;
    const before = this.#onDisk();
    const { trial, touched } = this.#since();
    this.#byHand = null;
    if (byStep) writeFileSync(this.#armed, '');
    const answered = last.carryOut().catch(() => {});
    await (byStep ? answered : sleep(dice.roll(MOMENTS_MS)));
    daemon.child.kill('SIGKILL');
    await Promise.all([daemon.ended(), answered]);
    rmSync(this.#armed, { force: true });
    const given: Pair[] = [];
    if (trial === null || touched) given.push(before);
    if (trial !== null) given.push(trial.good);
    if (last.result !== null) given.push(last.result);
    if (this.#byHand !== null) given.push(this.#byHand);
    await this.#startsWhole(told, given);
  }

  /** The next start, sometimes itself killed on its way. */
  async #startsWhole(told: string, given: readonly Pair[]): Promise<void> {
    const dice = this.#dice;
    const marked = this.#marks().length > 0;
    if (marked && dice.chance(50)) {
      writeFileSync(this.#armed, '');
      const dying = launchDaemon(this.#t, {
        folder: this.#folder,
        workers: 1,
        dies: { at: dice.roll(8), armedBy: this.#armed },
      });
      await Promise.race([dying.line('Ready'), dying.ended()]);
      dying.child.kill('SIGKILL');
      await dying.ended();
      rmSync(this.#armed);
    }
    const stillMarked = this.#marks().length > 0;
    const daemon = await startDaemonProcess(this.#t, { folder: this.#folder, workers: 1 });
    const { data, generation } = await daemon.client.call('status');
    const params = { number: String(generation) };
    const { texts } = (await daemon.client.call('config-generation', { params })).data;
    const kept = (file: string) => texts.find(({ path }) => path === file)?.text ?? '';
    const runs = { main: kept(daemon.configFile), part: kept(this.#partFile) };
    const { routes } = (await daemon.client.call('routes')).data;
    assert.ok(
      routes.some(({ id }) => id === `m${versionOf(runs.main)}`),
      `${told}: the main file runs as it is kept`,
    );
    assert.equal(await (await fetch(daemon.url())).text(), versionOf(runs.part), `${told}: and so does the other`);
    assert.ok(
      given.map(keyOf).includes(keyOf(runs)),
      `${told}: runs ${keyOf(runs)}, which is none of ${given.map(keyOf).join(' | ')}`,
    );
    const boot = daemon.lines().filter(({ event }) => event === 'config_boot');
    assert.equal(boot.length, stillMarked ? 1 : 0, `${told}: said by the start`);
    if (stillMarked)
      assert.ok(
        data.warnings.some((words) => words.includes('SNT-P021')),
        `${told}: said by status`,
      );
    const drafts = [this.#folder, join(this.#folder, 'parts')].flatMap((folder) =>
      readdirSync(folder).filter((file) => /^\..*\.[0-9a-f]{8}$/.test(file)),
    );
    assert.deepEqual([drafts, this.#marks()], [[], []], `${told}: nothing half done is left`);
    if (data.config.disk_matches_running !== true)
      assert.ok(
        data.warnings.some((words) => words.includes('SNT-P022')),
        `${told}: the files differ, and nobody says so`,
      );
    const history = (await daemon.client.call('config-history')).data;
    assert.deepEqual(history.unreadable, [], told);
    for (const entry of history.generations.slice(0, 4))
      await daemon.client.call('config-generation', { params: { number: String(entry.generation) } });
    daemon.child.kill('SIGKILL');
    await daemon.ended();
  }

  async #choose(daemon: DaemonProcess): Promise<Step> {
    const dice = this.#dice;
    const { client } = daemon;
    const running = await this.#running(daemon);
    const before = this.#onDisk();
    const text = this.#newMain();
    const trial = this.#trial;
    const step = (name: string, result: Pair | null, carryOut: () => Promise<unknown>): Step => ({
      name,
      result,
      carryOut,
    });
    const reload = step('reload', null, async () =>
      client.call('config-reload').catch(trial === null ? raise : () => {}),
    );
    const steps: Step[] = [
      step('edit by hand', null, async () => {
        this.#write(dice.chance(50) ? { main: text, part: before.part } : { main: text, part: this.#newPart() });
        this.#touched = true;
        return reload.carryOut();
      }),
      reload,
    ];
    if (trial === null) {
      const pair = { main: text, part: before.part };
      const inPlace = dice.chance(30);
      steps.push(
        step('apply', pair, () => client.call('config-apply', { body: { text } })),
        step(inPlace ? 'trial of the file' : 'trial', null, async () => {
          if (inPlace && keyOf(running) === keyOf(before)) this.#write(pair);
          const body = { text, confirm_within_ms: 90_000 };
          const { data } = await client.call('config-apply', { body });
          this.#trial = { id: data.pending?.id ?? '', pair, good: running };
          this.#touched = false;
        }),
      );
      const { generations } = (await client.call('config-history')).data;
      const older = generations[1 + dice.roll(3)];
      if (older !== undefined) {
        const { texts } = (await client.call('config-generation', { params: { number: String(older.generation) } }))
          .data;
        const kept = (file: string) => texts.find(({ path }) => path === file)?.text ?? '';
        const back = { main: kept(daemon.configFile), part: kept(this.#partFile) };
        const body = { generation: older.generation };
        steps.push(step('rollback', back, () => client.call('config-rollback', { body })));
      }
      if (keyOf(running) === keyOf(before)) {
        const weight = 1 + dice.roll(1000);
        const part = before.part.replace(/weight \d+/, `weight ${weight}`);
        const body = { address: '127.0.0.1:9', weight, persist: true };
        steps.push(
          step('edit that lasts', { main: before.main, part }, () =>
            client.call('target-weight', { params: { name: 'pool' }, body }),
          ),
        );
      }
    } else {
      const { id, pair } = trial;
      const over = async (decided: Promise<unknown>): Promise<void> => {
        await decided;
        this.#trial = null;
      };
      steps.push(
        step('confirm', pair, () => over(client.call('config-confirm', { body: { id } }))),
        step('abort', null, () => over(client.call('config-rollback', { body: { id } }))),
        step('extend', null, () => client.call('config-extend', { body: { id, by_ms: 600_000 } })),
      );
    }
    return steps[dice.roll(steps.length)] as Step;
  }

  async #running(daemon: DaemonProcess): Promise<Pair> {
    const { generation } = await daemon.client.call('status');
    const { texts } = (await daemon.client.call('config-generation', { params: { number: String(generation) } })).data;
    const kept = (file: string) => texts.find(({ path }) => path === file)?.text ?? '';
    return { main: kept(daemon.configFile), part: kept(this.#partFile) };
  }

  get #partFile(): string {
    return join(this.#folder, 'parts', 'one.kdl');
  }

  #since(): { readonly trial: Trial | null; readonly touched: boolean } {
    return { trial: this.#trial, touched: this.#touched };
  }

  #write(pair: Pair): void {
    const { main, part } = pair;
    this.#byHand = pair;
    writeFileSync(join(this.#folder, 'sentinel.kdl'), main);
    writeFileSync(this.#partFile, part);
  }

  #onDisk(): Pair {
    return {
      main: readFileSync(join(this.#folder, 'sentinel.kdl'), 'utf8'),
      part: readFileSync(this.#partFile, 'utf8'),
    };
  }

  /** What tells the next start that something was under way. */
  #marks(): readonly string[] {
    return ['pending.json', 'replacing.json'].filter((name) => existsSync(join(this.#instance, name)));
  }

  #newMain(): string {
    const version = ++this.#version;
    return `// ${version}\nlistener "http" { address "127.0.0.1:0" }\ninclude "parts/*.kdl"\nroute "m${version}" { matches { header "x-main" "1" }; upstream "fixed" }\n`;
  }

  #newPart(): string {
    const version = ++this.#version;
    return `// ${version}\nroute "all" { upstream "fixed" }\nupstream "fixed" { static { status 200; body "${version}" } }\nupstream "pool" {\n    targets {\n        target { address "127.0.0.1:9"; weight 1 }\n    }\n}\n`;
  }
}

function versionOf(text: string): string {
  return /^\/\/ (\d+)/.exec(text)?.[1] ?? '';
}

function keyOf({ main, part }: Pair): string {
  return `${versionOf(main)}+${versionOf(part)} weight ${/weight (\d+)/.exec(part)?.[1]}`;
}

function raise(error: unknown): never {
  throw error;
}
