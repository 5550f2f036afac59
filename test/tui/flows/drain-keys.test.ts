/** Targets are drained and taken back by the keys of the screen, in front of a real daemon: what is asked, and what has become of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../helpers/eventually.ts';
import { FlowScene } from './flow-scene.ts';
import { Operator } from './operator.ts';

test('drains by keys', { timeout: 90_000 }, async (t) => {
  const scene = await FlowScene.start(t, {
    settings: 'health-check { type "http" { path "/health" }; interval-secs 300; timeout-secs 1 }',
  });
  const [one, other] = [scene.address(0), scene.address(1)];
  const [operator, colleague] = await Promise.all([
    Operator.at(t, { socket: scene.daemon.socket }),
    Operator.at(t, { socket: scene.daemon.socket }),
  ]);
  if (operator === undefined || colleague === undefined) return;
  const { terminal } = operator;
  const drainOf = async (at: number) => (await scene.target(at)).drain;
  const backAll = async () => {
    for (const { id } of (await scene.client.call('drains')).data.drains)
      await scene.client.call('drain-end', { params: { id } });
  };
  const row = (address: string) => new RegExp(`${address.replaceAll('.', '\\.')}`);
  const goTo = (address: string, who = operator) => who.goTo(1, `target=${address}`, row(address));

  await t.test(
    'd asks with numbers, takes a reason, and drains; the row says that it drains; u cancels it',
    async () => {
      const held = await scene.hold('/hold/1');
      const address = scene.address(held.at);
      await goTo(address);
      // It has been read that one is in flight.
      await terminal.until((screen) => screen.some((line) => line.startsWith('▸') && /closed +1 +1 /.test(line)));
      terminal.type('d');
      const text = await operator.question('drain');
      assert.equal(operator.fact(text, 'what'), `drain ${address}`);
      assert.match(
        operator.fact(text, 'where'),
        new RegExp(`^${address} at daemon \\S+ \\(sentinel(?:-test)?, pid ${scene.daemon.pid}\\), generation 1$`),
      );
      assert.match(
        operator.fact(text, 'effect'),
        /^api: 1\/2 take requests then \(min-healthy 1\), est\. load on the rest \d+ %; now .* 1 in flight/,
      );
      assert.equal(operator.fact(text, 'undo'), `sentinel undrain ${address}`);
      assert.match(
        operator.fact(text, 'expires'),
        /^never: it stays drained until it is taken back \(deadline 5m, then wait\)$/,
      );

      terminal.key('enter');
      await terminal.until(/nothing was done/);
      assert.equal(await drainOf(held.at), null, 'Enter alone means no');

      terminal.type('d');
      await operator.question('drain');
      terminal.key('shift-tab');
      terminal.type('new kernel');
      await terminal.until(/reason +new kernel/);
      terminal.key('tab');
      await operator.proceed();
      const drain = await eventually(
        async () => (await drainOf(held.at)) ?? Promise.reject(new Error('it does not drain')),
      );
      assert.equal(drain.reason, 'new kernel');
      assert.match(drain.actor, /^user /);
      await terminal.until(/is draining, 1 in flight, deadline 5m · undo: sentinel undrain/);
      await terminal.until((screen) => screen.some((line) => line.startsWith('▸') && /◐G .* drain/.test(line)));

      terminal.type('u');
      const back = await operator.question('undrain');
      assert.equal(operator.fact(back, 'what'), `cancel the drain of ${address}`);
      assert.match(operator.fact(back, 'effect'), /is draining, 1 in flight; it takes requests again$/);
      await operator.proceed();
      await eventually(async () => assert.equal(await drainOf(held.at), null));
      await terminal.until(/drain cancelled: .* takes requests again/);
      scene.targets[held.at]?.held.get('/hold/1')?.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      assert.equal((await held.client.response()).status, 200, 'nothing was cut');
    },
  );

  await t.test('below min-healthy only the name of the target lets it go on', async () => {
    await scene.client.call('drain-begin', { body: { target: other } });
    await goTo(one);
    await terminal.until((screen) => screen.some((line) => line.includes('1/2 up')));
    terminal.type('d');
    const text = await operator.question('drain', 'severe');
    assert.equal(operator.fact(text, 'what'), `drain ${one} (below min-healthy)`);
    assert.match(
      operator.fact(text, 'effect'),
      /^api: 0\/2 take requests then \(min-healthy 1; 1 draining already\), nobody is left/,
    );
    assert.match(text, new RegExp(`Type ${one} to go on`));
    const refused = /type \S+ to say that this is what you mean/;
    await operator.mean(refused);
    terminal.type(other);
    await terminal.until(new RegExp(`name +${other}`));
    terminal.key('tab');
    await operator.mean(refused);
    terminal.key('escape');
    await terminal.until(/nothing was done/);
    assert.equal(await drainOf(0), null, 'another name means no');

    terminal.type('d');
    await operator.question('drain', 'severe');
    await operator.name(one);
    await operator.proceed();
    await eventually(async () => assert.equal((await drainOf(0))?.state, 'drained'));
    assert.deepEqual(await scene.ask(1), ['503']);
    await backAll();
  });

  await t.test('what has changed while the question stood is asked again', async () => {
    await goTo(one);
    await terminal.until((screen) => screen.some((line) => line.includes('2/2 up')));
    terminal.type('d');
    await operator.question('drain');
    await scene.client.call('drain-begin', { body: { target: other } });
    await operator.mean(/It has changed since you looked/);
    const text = await operator.question('drain', 'severe');
    assert.match(operator.fact(text, 'effect'), /^api: 0\/2 take requests then/);
    assert.equal(await drainOf(0), null);
    terminal.key('escape');
    await terminal.until(/^((?!Proceed)[\s\S])*$/);
    await backAll();
  });

  await t.test('rows that are marked are asked about together, and done in turn', async () => {
    // Whichever is the last one; held, so that the order stays as it is.
    await operator.goTo(1, 'upstream=api', /127\./);
    await terminal.until((screen) => screen.some((line) => line.includes('2/2 up')));
    terminal.type('p');
    await terminal.until(/held/i);
    const marked = async (count: number) => {
      terminal.type(' ');
      await terminal.until((screen) => screen.filter((line) => /\*127\./.test(line)).length === count);
    };
    terminal.type('G');
    await terminal.until((screen) => screen.some((line) => line.startsWith('▸') && line.includes('127.')));
    await marked(1);
    terminal.key('up');
    await marked(2);
    terminal.type('d');
    const text = await operator.question('drain', 'severe');
    for (const address of [one, other]) assert.ok(operator.fact(text, 'what').includes(`drain ${address}`), text);
    assert.match(operator.fact(text, 'effect'), /^api: 0\/2 take requests then/);
    await operator.name('2 targets');
    await operator.proceed();
    await eventually(async () => {
      const states = await Promise.all([drainOf(0), drainOf(1)]);
      assert.deepEqual(
        states.map((state) => state?.state),
        ['drained', 'drained'],
      );
    });
    terminal.type('p');
    await backAll();
  });

  await t.test('of two who drain the last pair at once one is refused, and reads why', async () => {
    await Promise.all([goTo(one), goTo(other, colleague)]);
    for (const who of [operator, colleague]) {
      await who.terminal.until((screen) => screen.some((line) => line.includes('2/2 up')));
      who.terminal.type('d');
    }
    await Promise.all([operator.question('drain'), colleague.question('drain')]);
    const answered =
      /is drain(?:ing|ed)|the state is "1\.\d+" now|It has changed since you looked|would leave api with 0\/2/;
    await Promise.all([operator.mean(answered), colleague.mean(answered)]);
    const drained = await eventually(async () => {
      const states = await Promise.all([drainOf(0), drainOf(1)]);
      const at = states.findIndex((state) => state !== null);
      if (at === -1) throw new Error('neither drains');
      return at;
    });
    const [winner, loser] = drained === 0 ? [operator, colleague] : [colleague, operator];
    await winner.terminal.until(/is drain(?:ing|ed)/);
    await loser.terminal.until(/the state is "1\.\d+" now|It has changed since you looked|would leave api with 0\/2/);
    const states = await Promise.all([drainOf(0), drainOf(1)]);
    assert.equal(states.filter((state) => state !== null).length, 1);
    await backAll();
  });
});
