/** In the shells themselves: somebody types, presses Tab, and sees what the line has become. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { requireComponent } from '../helpers/components.ts';
import { startDaemonProcess, testFolder } from '../helpers/daemon.ts';
import { openTerminal, type Terminal } from '../tui/stage/terminal.ts';
import { programCommand } from '../helpers/program.ts';

const target = '127.0.0.77:8080';

interface Stage {
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

async function stageOf(t: TestContext): Promise<Stage> {
  const folder = testFolder(t);
  const daemon = await startDaemonProcess(t, {
    folder,
    config: `listener "http" { address "127.0.0.1:0" }
route "checkout" { upstream "payments" }
upstream "payments" { target "${target}" }
upstream "hostile; touch x" { target "127.0.0.78:1" }
`,
  });
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, 'sentinel'),
    `#!/bin/sh\nexec ${programCommand()
      .map((word) => `'${word}'`)
      .join(' ')} "$@"\n`,
    { mode: 0o755 },
  );
  mkdirSync(path.join(folder, 'incidents/INC-20261121-001'), { recursive: true });
  return {
    folder,
    env: {
      PATH: `${bin}:${process.env['PATH']}`,
      HOME: folder,
      SENTINEL_ADMIN_SOCKET: daemon.socket,
      SENTINEL_INCIDENTS: path.join(folder, 'incidents'),
      PS1: '% ',
    },
  };
}

const shells = [
  { name: 'bash', args: ['--norc', '--noprofile', '-i'], load: 'eval "$(sentinel completion bash)"' },
  { name: 'zsh', args: ['-f', '-i'], load: 'autoload -Uz compinit; compinit -u; eval "$(sentinel completion zsh)"' },
  { name: 'fish', args: ['--no-config', '-i'], load: 'sentinel completion fish | source' },
] as const;

test('commands, options, files and names are completed in bash, zsh and fish', { concurrency: true }, async (t) => {
  const stage = await stageOf(t);
  writeFileSync(path.join(stage.folder, 'only-this.kdl'), '');
  const each = shells.map(({ name, args, load }) =>
    t.test(name, async (t) => {
      const shell = requireComponent(t, name);
      if (shell === undefined) return;
      const terminal = await openTerminal(t, {
        command: shell,
        args,
        env: stage.env,
        cwd: stage.folder,
        columns: 100,
        rows: 40,
      });
      if (terminal === undefined) return;
      terminal.type(`${load}; echo rea''dy-2\r`);
      await terminal.until(/ready-2/);
      await completes(terminal, 'sentinel undr', 'sentinel undrain');
      await completes(terminal, 'sentinel drain 127.0.0.77', `sentinel drain ${target}`);
      await completes(terminal, 'sentinel drain --upstream pay', 'sentinel drain --upstream payments');
      await completes(terminal, 'sentinel maintenance on --route che', 'sentinel maintenance on --route checkout');
      await completes(terminal, 'sentinel breakers reset payments/127', `sentinel breakers reset payments/${target}`);
      await completes(terminal, 'sentinel incident show INC-2', 'sentinel incident show INC-20261121-001');
      await completes(terminal, 'sentinel diagnose --form', 'sentinel diagnose --format');
      await completes(terminal, 'sentinel diagnose --format=mark', 'sentinel diagnose --format=markdown');
      await completes(terminal, 'sentinel validate only', 'sentinel validate only-this.kdl');
      await completes(terminal, 'sentinel runbook show upstream-f', 'sentinel runbook show upstream-failure');
    }),
  );
  await Promise.all(each);
});

test('a name that a shell would read as more than a word is not offered, and where no daemon answers nothing is said', async (t) => {
  const stage = await stageOf(t);
  const ask = async (env: Readonly<Record<string, string>>, line: string): Promise<string> => {
    const terminal = await openTerminal(t, {
      command: 'sh',
      args: ['-c', `sentinel completion words --line '${line}'; echo rc-$?`],
      env,
      cwd: stage.folder,
    });
    if (terminal === undefined) return '';
    await terminal.until(/rc-\d/);
    return terminal.screen().join('\n').trim();
  };
  assert.match(await ask(stage.env, 'sentinel upstreams '), /^words\s*\npayments\s+\w+, 1 targets\nrc-0$/);
  const away = { ...stage.env, SENTINEL_ADMIN_SOCKET: path.join(stage.folder, 'none.sock') };
  assert.match(await ask(away, 'sentinel upstreams '), /^words\s*\nrc-0$/);
});

/** Types it, presses Tab, and waits until the line is so; then clears the line. */
async function completes(terminal: Terminal, typed: string, wanted: string): Promise<void> {
  terminal.type(typed);
  await terminal.until((screen) => lineOf(screen).includes(typed));
  terminal.key('tab');
  await terminal.until((screen) => lineOf(screen).trimEnd().endsWith(wanted));
  terminal.key('ctrl-u');
  await terminal.until((screen) => !lineOf(screen).includes(typed));
}

/** The last one that has the program in it. */
function lineOf(screen: readonly string[]): string {
  return screen.findLast((line) => line.includes('sentinel ') && !line.includes("rea''dy")) ?? '';
}
