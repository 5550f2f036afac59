/** `sentinel top --stream` as a process of its own: what its lines are, and what ends it; and what none of the printed forms loads. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { compileCache } from '../helpers/compile-cache.ts';
import { playScene } from '../tui/stage/scripted-daemon.ts';
import { healthy } from '../tui/stage/scenes/healthy.ts';
import { programCommand } from '../helpers/program.ts';

const [program, ...first] = programCommand();

interface Line {
  readonly schema?: string;
  readonly view?: string;
  readonly nodes?: readonly { readonly node: string; readonly answers: boolean }[];
}

test('a stream names its schema first, then says what is seen again and again, until its reader goes or it is ended', async (t) => {
  const daemon = await playScene(t, healthy);
  const begin = () => {
    const child = spawn(program, [...first, 'top', '--stream', '--interval', '250ms'], {
      env: { PATH: process.env['PATH'], ...compileCache(), SENTINEL_ADMIN_SOCKET: daemon.socket },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    return {
      child,
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
      ended: once(child, 'close'),
    };
  };
  const next = async (lines: AsyncIterator<string>): Promise<Line> => {
    const { value, done } = await lines.next();
    assert.ok(done !== true, 'the stream has ended');
    return JSON.parse(value as string) as Line;
  };
  const [closed, terminated] = [begin(), begin()];
  for (const { lines } of [closed, terminated]) {
    assert.deepEqual(await next(lines), { schema: 'sentinel.top.stream/1' });
    for (let count = 0; count < 2; count += 1) {
      const { view, nodes } = await next(lines);
      assert.deepEqual([view, nodes?.map(({ node, answers }) => [node, answers])], ['upstreams', [['local', true]]]);
    }
  }
  terminated.child.kill('SIGTERM');
  closed.child.stdout.destroy();
  assert.deepEqual(await terminated.ended, [143, null]);
  assert.deepEqual(await closed.ended, [0, null]);
});
