/** Operators who drain, weigh, remove, limit, reload and kill at random, and a model of what has to come of it: what the short test and the long one share. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { AdminRefusal } from '../../src/admin/client/client.ts';
import { Dice } from '../helpers/dice.ts';
import { get } from '../helpers/raw-http.ts';
import { DrainScene } from './drain-scene.ts';

const limit = 'max-total-connections';
/** What the file gives the three targets, in each of its forms; null = it does not have it. */
const forms: readonly (readonly (number | null)[])[] = [
  [2, 2, 2],
  [3, 3, 3],
  [2, 3, null],
];

/** What holds. Targets by their number. */
interface Model {
  form: number;
  readonly drained: Set<number>;
  readonly weights: Map<number, number>;
  readonly removed: Set<number>;
  limit: number | null;
}

const initially = (): Model => ({ form: 0, drained: new Set(), weights: new Map(), removed: new Set(), limit: null });

function inFile({ form }: Model, at: number): number | null {
  return forms[form]?.[at] ?? null;
}

function isThere(model: Model, at: number): boolean {
  return inFile(model, at) !== null && !model.removed.has(at);
}

function weighs(model: Model, at: number): number {
  return model.drained.has(at) ? 0 : (model.weights.get(at) ?? inFile(model, at) ?? 0);
}

function taking(model: Model): readonly number[] {
  return [0, 1, 2].filter((at) => isThere(model, at) && weighs(model, at) > 0);
}

/** It cannot go: nobody would be left. */
function isLast(model: Model, at: number): boolean {
  const of = taking(model);
  const alone = [0, 1, 2].filter((one) => isThere(model, one)).length === 1;
  return alone || (of.length === 1 && of[0] === at);
}

/** A file is in force: what it says by itself ends, and drains of what it does not have. */
function follow(model: Model): void {
  for (const [at, weight] of model.weights)
    if (isThere(model, at) && inFile(model, at) === weight) model.weights.delete(at);
  for (const at of model.removed) if (inFile(model, at) === null) model.removed.delete(at);
  for (const at of model.drained) if (!isThere(model, at)) model.drained.delete(at);
}

class Operators {
  readonly #scene: DrainScene;
  readonly #dice: Dice;
  readonly #log: string[] = [];
  #model = initially();

  constructor(scene: DrainScene, dice: Dice) {
    this.#scene = scene;
    this.#dice = dice;
  }

  async step(killed: boolean): Promise<void> {
    const load = await this.#load();
    try {
      const steps = [this.#drain, this.#drain, this.#undrain, this.#weigh, this.#weigh, this.#unweigh, this.#remove];
      const others = [this.#bringBack, this.#limit, this.#reload, this.#reload, this.#clear, this.#race];
      const all = [...steps, ...others];
      await all[this.#dice.roll(all.length)]?.call(this);
      await this.#compare();
      await load.stop();
      if (!killed) return;
      this.#log.push('kill -9');
      await this.#scene.restart('SIGKILL');
      await this.#compare();
    } catch (error) {
      throw new Error(`after ${this.#log.join('; ')}`, { cause: error });
    }
  }

  get #at(): number {
    return this.#dice.roll(3);
  }

  #address(at: number): string {
    return this.#scene.target(at).address;
  }

  /** Asks for something, and holds what comes of it against what the model expects. */
  async #expect(words: string, call: Promise<unknown>, refusal: string | null): Promise<boolean> {
    this.#log.push(words);
    const code = await codeOf(call);
    assert.equal(code, refusal, words);
    return refusal === null;
  }

  async #drain(): Promise<void> {
    const at = this.#at;
    const model = this.#model;
    const there = isThere(model, at);
    const last = !model.drained.has(at) && weighs(model, at) > 0 && taking(model).length === 1;
    const call = this.#scene.begin({ target: this.#address(at) });
    if (await this.#expect(`drain ${at}`, call, there ? (last ? 'SNT-U005' : null) : 'SNT-U006')) model.drained.add(at);
  }

  async #undrain(): Promise<void> {
    const { client } = this.#scene.daemon;
    const [drain] = (await client.call('drains')).data.drains;
    if (drain === undefined) return;
    const at = this.#scene.targets.findIndex(({ address }) => address === drain.target);
    await this.#expect(`undrain ${at}`, client.call('drain-end', { params: { id: drain.id } }), null);
    this.#model.drained.delete(at);
  }

  #weight(at: number, weight: number): Promise<unknown> {
    const body = { subject: `api/${this.#address(at)}`, values: { weight }, expires_in_ms: null };
    return this.#scene.daemon.client.call('override-set', { params: { kind: 'weight' }, body });
  }

  async #weigh(): Promise<void> {
    const at = this.#at;
    const weight = this.#dice.roll(5);
    const model = this.#model;
    const refusal = !isThere(model, at)
      ? 'SNT-A034'
      : inFile(model, at) === weight
        ? 'SNT-A035'
        : weight === 0 && isLast(model, at)
          ? 'SNT-A036'
          : null;
    if (await this.#expect(`weigh ${at} ${weight}`, this.#weight(at, weight), refusal)) model.weights.set(at, weight);
  }

  async #unweigh(): Promise<void> {
    const call = this.#scene.daemon.client.call('override-clear', { params: { kind: 'weight' } });
    await this.#expect('unweigh', call, this.#model.weights.size === 0 ? 'SNT-A013' : null);
    this.#model.weights.clear();
  }

  #removal(at: number): Promise<unknown> {
    const address = this.#address(at);
    return this.#scene.daemon.client.call('target-remove', { params: { name: 'api' }, query: { address } });
  }

  async #remove(): Promise<void> {
    const at = this.#at;
    const model = this.#model;
    const refusal = !isThere(model, at) ? 'SNT-A037' : isLast(model, at) ? 'SNT-A036' : null;
    if (!(await this.#expect(`remove ${at}`, this.#removal(at), refusal))) return;
    model.removed.add(at);
    model.drained.delete(at);
  }

  async #bringBack(): Promise<void> {
    const at = this.#at;
    const model = this.#model;
    if (inFile(model, at) === null) return;
    const there = isThere(model, at);
    const { client } = this.#scene.daemon;
    const weight = this.#dice.chance(50) ? 1 : null;
    const body = { address: this.#address(at), ...(weight === null ? {} : { weight }) };
    const call = client.call('target-add', { params: { name: 'api' }, body });
    if (!(await this.#expect(`add ${at} ${weight ?? 'as written'}`, call, there ? 'SNT-A037' : null))) return;
    model.removed.delete(at);
    if (weight === null) model.weights.delete(at);
    else model.weights.set(at, weight);
  }

  async #limit(): Promise<void> {
    const value = 500 + this.#dice.roll(3);
    const body = { values: { [limit]: value } };
    const call = this.#scene.daemon.client.call('override-set', { params: { kind: 'limits' }, body });
    await this.#expect(`limit ${value}`, call, null);
    this.#model.limit = value;
  }

  async #clear(): Promise<void> {
    await this.#expect('clear', this.#scene.daemon.client.call('overrides-clear'), null);
    this.#model.weights.clear();
    this.#model.removed.clear();
    this.#model.limit = null;
  }

  async #reload(): Promise<void> {
    const form = this.#dice.roll(forms.length);
    const next: Model = { ...this.#model, drained: new Set(this.#model.drained), form };
    follow({ ...next, weights: new Map(next.weights), removed: new Set(next.removed) });
    // Files are not judged: who writes one that leaves nobody gets what is in it.
    if (taking(next).length === 0) return;
    this.#scene.daemon.writeConfig(this.#text(form));
    await this.#expect(`reload ${form}`, this.#scene.daemon.client.call('config-reload'), null);
    this.#model.form = form;
    follow(this.#model);
  }

  /** Two who take out one each at the same time. */
  async #race(): Promise<void> {
    const [one, other] = taking(this.#model);
    if (one === undefined || other === undefined || taking(this.#model).length > 2) return;
    this.#log.push(`race for ${one} and ${other}`);
    const ways = [
      (at: number) => this.#scene.begin({ target: this.#address(at) }),
      (at: number) => this.#weight(at, 0),
      (at: number) => this.#removal(at),
    ];
    const [first, second] = [this.#dice.roll(3), this.#dice.roll(3)];
    const calls = [ways[first]?.(one), ways[second]?.(other)];
    const codes = await Promise.all(calls.map((call) => codeOf(call as Promise<unknown>)));
    const going = codes.map((code, at) => [code, at === 0 ? one : other, at === 0 ? first : second] as const);
    const gone = going.filter(([code]) => code === null);
    assert.equal(gone.length, 1, `one goes and one stays: ${codes.join()}`);
    for (const [, at, way] of gone) {
      if (way === 0) this.#model.drained.add(at);
      else if (way === 1) this.#model.weights.set(at, 0);
      else this.#model.removed.add(at);
    }
  }

  #text(form: number): string {
    const weights = forms[form] ?? [];
    return this.#scene.config
      .split('\n')
      .flatMap((line) => {
        const at = this.#scene.targets.findIndex(({ address }) => line.includes(`target "${address}"`));
        if (at === -1) return [line];
        const weight = weights[at] ?? null;
        return weight === null ? [] : [`  target "${this.#address(at)}" weight=${weight}`];
      })
      .join('\n');
  }

  async #compare(): Promise<void> {
    const model = this.#model;
    const { client } = this.#scene.daemon;
    const [upstream, overrides, drains, config] = await Promise.all([
      client.call('upstream', { params: { name: 'api' } }),
      client.call('overrides'),
      client.call('drains'),
      client.call('config'),
    ]);
    const there = [0, 1, 2].filter((at) => isThere(model, at));
    assert.deepEqual(
      upstream.data.targets.map(({ address, weight }) => `${address} ${weight}`).sort(),
      there.map((at) => `${this.#address(at)} ${weighs(model, at)}`).sort(),
      'weights in force',
    );
    const set = [
      ...[...model.weights].map(([at, weight]) => `weight api/${this.#address(at)} ${weight}`),
      ...[...model.removed].map((at) => `target api/${this.#address(at)} removed`),
      ...(model.limit === null ? [] : [`limits ${limit} ${model.limit}`]),
    ];
    const listed = overrides.data.overrides.map(({ kind, subject, value }) => `${kind} ${subject} ${value}`);
    assert.deepEqual(listed.sort(), set.sort(), 'overrides');
    assert.deepEqual(
      drains.data.drains.map(({ target }) => target).sort(),
      [...model.drained].map((at) => this.#address(at)).sort(),
      'drains',
    );
    assert.ok(config.data, 'the configuration is shown');
    const answered = new Set(await this.#scene.ask(6));
    const may = taking(model).map((at) => `o${at}`);
    for (const who of answered) assert.ok(may.includes(who), `${who} answered, and ${may.join()} may`);
  }

  /** Two clients who ask all the time, each with an answer of a target. */
  async #load() {
    let on = true;
    const faults: string[] = [];
    const one = async () => {
      const client = await this.#scene.client();
      while (on) {
        client.send(get('/'));
        const { status, text } = await client.response();
        if (status !== 200) faults.push(`${status} ${text}`);
      }
      client.socket.destroy();
    };
    const running = Promise.all([one(), one()]);
    return {
      stop: async () => {
        on = false;
        await running;
        assert.deepEqual(faults, [], 'no request fails');
      },
    };
  }
}

async function codeOf(call: Promise<unknown>): Promise<string | null> {
  try {
    await call;
    return null;
  } catch (error) {
    const { code } = error as AdminRefusal;
    if (code === undefined) throw error;
    return code;
  }
}

/** @param kills After how many steps the daemon is killed and started again, time after time. */
export async function operate(t: TestContext, seed: number, steps: number, kills: number): Promise<void> {
  const scene = await DrainScene.start(t, { targets: 3 });
  const operators = new Operators(scene, new Dice(seed));
  for (let step = 1; step <= steps; step++) await operators.step(step % kills === 0);
}
