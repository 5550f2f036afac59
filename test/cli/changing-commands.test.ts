/** Which command lines change something: every command says so, and the log of commands stands on it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Invocation } from '../../src/cli/command.ts';
import { invocationOf } from '../../src/cli/main.ts';
import { parseCommandLine } from '../../src/cli/parser.ts';
import { allCommands } from '../../src/cli/tree.ts';
import { changesSomething } from '../../src/cli/changing.ts';

function changes(line: string): boolean {
  const parsed = parseCommandLine('sentinel', '0', line.split(' '));
  assert.equal(parsed.kind, 'command', line);
  if (parsed.kind !== 'command') return false;
  return changesSomething(parsed.spec, invocationOf({} as Invocation, parsed.values));
}

test('every command says whether it changes something', () => {
  for (const { path, changes: said } of allCommands)
    assert.match(typeof said, /^(?:boolean|function)$/, path.join(' '));
});

test('what asks for a reason or a yes changes something, at least in some of its forms', () => {
  const asking = allCommands.filter(({ options }) =>
    options.some(({ flags }) => /^--(?:reason|yes|confirm)\b/.test(flags)),
  );
  assert.ok(asking.length > 20);
  for (const { path, changes: said } of asking) assert.notEqual(said, false, path.join(' '));
});

for (const line of [
  'drain 10.1.1.10:8080',
  'undrain 10.1.1.10:8080',
  'override limits max-total-connections=5',
  'override rate-limit api 5',
  'override timeout api 60s',
  'override health api unhealthy-threshold=9',
  'override fallback api',
  'override weight api/10.1.1.10:8080 0',
  'override clear --all',
  'maintenance on --all',
  'maintenance off',
  'block add 203.0.113.7',
  'block remove 203.0.113.7',
  'breakers reset api/10.1.1.10:8080',
  'breakers open route/api',
  'config apply new.kdl',
  'config confirm c-1',
  'config extend c-1 5m',
  'config rollback',
  'config edit',
  'reload',
  'reload --certs',
  'target add api 10.1.1.10:8080',
  'target remove api 10.1.1.10:8080',
  'target weight api 10.1.1.10:8080 1',
  'log-level debug',
  'log-level reset',
  'restart --workers',
  'upgrade',
  'inflight kill 0-1',
  'logs reopen',
  'runbook run upstream-failure',
  'validate --apply-suggestions sentinel.kdl',
]) {
  test(`\`${line}\` changes something`, () => assert.equal(changes(line), true));
}

for (const line of [
  'drain 10.1.1.10:8080 --dry-run',
  'drains',
  'override list',
  'maintenance',
  'block list',
  'breakers',
  'config plan new.kdl',
  'config diff',
  'config history',
  'config fmt sentinel.kdl',
  'init',
  'log-level',
  'restart --workers --follow',
  'upgrade --follow',
  'inflight',
  'logs',
  'runbook run upstream-failure --dry-run',
  'runbook lint',
  'run',
  'demo',
  'validate sentinel.kdl',
  'check',
  'status',
  'diagnose',
]) {
  test(`\`${line}\` changes nothing`, () => assert.equal(changes(line), false));
}
