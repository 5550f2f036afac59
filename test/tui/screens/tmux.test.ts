/** `top` inside tmux, where most people on call have it: draws, follows its size, outlives a detach, copies, and leaves all as it was. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { requireComponent } from '../../helpers/components.ts';
import { testFolder } from '../../helpers/daemon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { degraded } from '../stage/scenes/degraded.ts';
import { playScene } from '../stage/scripted-daemon.ts';
import { openTerminal } from '../stage/terminal.ts';
import { program } from '../stage/top.ts';

test('in tmux it draws, is resized, detached and attached, copies into the buffer, and gives the pane back', async (t) => {
  const tmux = requireComponent(t, 'tmux');
  if (tmux === undefined) return;
  // Its server outlives its clients; it ends before its folder goes.
  const ask = (...args: string[]): string => execFileSync(tmux, ['-S', server, ...args], { encoding: 'utf8' });
  t.after(() => {
    if (existsSync(server)) ask('kill-server');
  });
  const folder = testFolder(t);
  const { socket } = await playScene(t, degraded);
  const server = join(folder, 'tmux.sock');
  const settings = join(folder, 'tmux.conf');
  writeFileSync(
    settings,
    'set -s escape-time 0\nset -s set-clipboard on\nset -g status off\nset -g default-terminal tmux-256color\n',
  );
  const shell = `echo typed before; ${program.join(' ')} top; echo "left with $?"; read -r end`;
  const attach = (args: readonly string[]) =>
    openTerminal(t, {
      command: tmux,
      args: ['-S', server, '-f', settings, ...args],
      env: { SENTINEL_ADMIN_SOCKET: socket, NODE_NO_WARNINGS: '1' },
    });
  const first = await attach(['new-session', '-s', 'oncall', 'sh', '-c', shell]);
  if (first === undefined) return;
  await first.until((screen) => /10\.1\.1\.12:8080/.test(screen.join('\n')) && (screen[23] ?? '') !== '');
  assert.equal(ask('display', '-p', '#{alternate_on} #{cursor_flag}').trim(), '1 0');

  first.resize(120, 34);
  await first.until((screen) => screen.length === 34 && (screen[33] ?? '') !== '' && (screen[0]?.length ?? 0) > 100);

  first.key('ctrl-b');
  first.type('d');
  await first.exit();
  const second = await attach(['attach', '-t', 'oncall']);
  assert.ok(second);
  await second.until((screen) => /10\.1\.1\.12:8080/.test(screen.join('\n')) && (screen[23] ?? '') !== '');

  second.type('y');
  await second.until(/copy/i);
  second.key('enter');
  await eventually(() => assert.match(ask('show-buffer'), /api-backend/));

  second.type('q');
  await second.until(/left with 0/);
  assert.match(second.screen().join('\n'), /typed before/);
  assert.equal(ask('display', '-p', '#{alternate_on} #{cursor_flag} #{mouse_any_flag}').trim(), '0 1 0');
});
