/** `${…}` in values: what is put in, and that it never comes out again. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { LoadedConfig } from '../../src/config/load.ts';
import { effectiveSettings } from '../../src/config/origin.ts';
import { printConfig } from '../../src/config/print.ts';
import { renderDiagnostics } from '../../src/config/render/render.ts';
import { loadConfigText } from '../../src/config/load.ts';
import { caseSecrets, loadCase } from './case-files.ts';

function loaded(): LoadedConfig {
  const result = loadCase('ok', 'references');
  assert.equal(result.kind, 'ok');
  return result as LoadedConfig;
}

test('variables and files are put in, and a doubled dollar is a literal one', () => {
  const { config } = loaded();
  assert.deepEqual(config.routes[0]?.policies.requestHeaders.set, [
    ['Authorization', 'Bearer s3cr3t-from-environment'],
    ['X-Literal', '${CASE_SECRET}'],
    ['X-File', 's3cr3t-from-file'],
  ]);
  assert.deepEqual(config.listeners[0]?.address, { kind: 'tcp', host: '127.0.0.1', port: 8080 });
  assert.equal(config.upstreams[0]?.targets[0]?.address, 'backend.example:3000');
});

test('printed and listed values show the reference, not what it stands for', () => {
  const result = loaded();
  const shown = printConfig(result, { origin: true }) + JSON.stringify(effectiveSettings(result));
  for (const secret of caseSecrets) assert.ok(!shown.includes(secret));
  assert.ok(shown.includes('Bearer ${CASE_SECRET}'));
});

test('a wrong value that came from a reference is not shown in any format', () => {
  const text = `
    listener "a" { address "\${S}" }
    listener "b" { address "\${T}"; backlog "\${S}"; default-route "\${S}" }
    listener "c" { address "\${T}" }
    route "x" { upstream "\${S}"; priority "\${S}"; matches { path "\${S}"; host "\${S} \${S}"; client-ip "\${S}"; method "\${S}"; path-regex "(\${S}" } }
    upstream "u" { target "\${S}"; target "\${T}"; target "\${T}"; static { body-file "/\${S}" } }
    observability { admin { token "t" { role "\${S}"; hash "\${S}" } }; logging { level "\${S}" } }
  `;
  const result = loadConfigText(text, { env: { S: 'hunter2', T: 'hunter2.example:80' } });
  assert.equal(result.kind, 'invalid');
  if (result.kind !== 'invalid') return;
  assert.ok(result.diagnostics.length >= 10);
  for (const format of ['text', 'json', 'short', 'github', 'sarif'] as const) {
    const shown = renderDiagnostics(result.diagnostics, format, { colour: false, version: '0' });
    assert.ok(!shown.includes('hunter2'), format);
  }
});
