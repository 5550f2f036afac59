/** The terminal of the tests shows what programs write, hands on what is typed, and knows how they ended. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { openTerminal } from './terminal.ts';

test('what a program writes stands on the screen with its colours, and modes are known until they are taken back', async (t) => {
  const script = String.raw`
printf '\033[?1049h\033[?25l\033[?2004h\033[?1003h\033[H\033[1;31mred\033[0m plain \033[7msel\033[0m 漢 é\r\n'
read -r answer
printf '\033]52;c;%s\007' "$(printf 'to copy' | base64)"
stty size
read -r answer
printf '\033[?1003l\033[?2004l\033[?25h\033[?1049lbye\n'
exit 7`;
  const terminal = await openTerminal(t, { command: 'sh', args: ['-c', script], columns: 40, rows: 6 });
  if (terminal === undefined) return;
  await terminal.until(/red plain sel 漢 é/);
  const [first] = terminal.cells();
  assert.deepEqual(
    [0, 4, 10, 14, 15].map((column) => {
      const { text, width, colour, bold, inverse } = first?.[column] ?? assert.fail('no such cell');
      return { text, width, colour, bold, inverse };
    }),
    [
      { text: 'r', width: 1, colour: 1, bold: true, inverse: false },
      { text: 'p', width: 1, colour: null, bold: false, inverse: false },
      { text: 's', width: 1, colour: null, bold: false, inverse: true },
      { text: '漢', width: 2, colour: null, bold: false, inverse: false },
      { text: '', width: 0, colour: null, bold: false, inverse: false },
    ],
  );
  assert.deepEqual(terminal.modes(), {
    alternateScreen: true,
    cursorVisible: false,
    mouse: 'any',
    bracketedPaste: true,
    focusEvents: false,
    applicationCursorKeys: false,
    wraparound: true,
    keyboardFlags: 0,
  });
  terminal.resize(60, 10);
  terminal.key('enter');
  await terminal.until(/^10 60$/m);
  assert.deepEqual(terminal.copied(), ['to copy']);
  await assert.rejects(terminal.until(/never/, 1), /not seen in 1 ms: \/never\/\n│red plain sel/);
  terminal.paste('x\r');
  assert.deepEqual(await terminal.exit(), { code: 7, signal: null });
  const { alternateScreen, cursorVisible, mouse, bracketedPaste } = terminal.modes();
  assert.deepEqual(
    { alternateScreen, cursorVisible, mouse, bracketedPaste },
    { alternateScreen: false, cursorVisible: true, mouse: 'none', bracketedPaste: false },
  );
  assert.equal(terminal.screen()[0], 'bye');
  assert.ok(terminal.output().includes('\x1b[?1049l'));
  await assert.rejects(terminal.until(/never/), /the program ended \(\{"code":7,"signal":null\}\)/);
});

test('a terminal that is closed hangs up, and a signal is told by its name', async (t) => {
  const closed = await openTerminal(t, { command: 'sh', args: ['-c', 'echo up; read -r answer; read -r answer'] });
  const killed = await openTerminal(t, { command: 'sh', args: ['-c', 'echo up; read -r answer'] });
  if (closed === undefined || killed === undefined) return;
  await Promise.all([closed.until(/up/), killed.until(/up/)]);
  closed.close();
  killed.key('ctrl-c');
  assert.deepEqual(await closed.exit(), { code: null, signal: 'SIGHUP' });
  assert.deepEqual(await killed.exit(), { code: null, signal: 'SIGINT' });
});
