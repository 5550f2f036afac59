/**
 * Every piece of configuration that the seed runbooks print is valid as printed: pasted into a file that has what it
 * refers to. What it does then is `seed-blocks-effect.test.ts`.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadConfigText } from '../../src/config/load.ts';
import { seedBlocks, seedFiles } from './seed-blocks.ts';

/** What the file around the pasted block has. */
const surroundings = `
listener "http" { address "0.0.0.0:8080" }
route "everything" { upstream "service" }
upstream "service" { target "10.0.0.1:8080" }
`;

const targetsByName: Readonly<Record<string, string>> = {
  'api-backend': 'upstream "api-backend" { target "10.1.1.10:8080" }',
  'primary-backend': 'upstream "primary-backend" { target "10.1.2.10:8080" }',
  'backup-backend': 'upstream "backup-backend" { target "10.1.3.10:8080" }',
};

/** The block in a file, with the upstreams that it names; a `target` in the block that it belongs in. */
function pasted(text: string): string {
  const placed = text.startsWith('target ') ? `upstream "api-backend" {\n    targets {\n${text}\n    }\n}` : text;
  const needed = Object.entries(targetsByName).filter(
    ([name]) => text.includes(`upstream "${name}"\n`) && !text.startsWith(`upstream "${name}"`),
  );
  return [placed, surroundings, ...needed.map(([, upstream]) => upstream)].join('\n');
}

const blocks = seedFiles.flatMap(seedBlocks);

for (const { name, text } of blocks) {
  test(`${name} is valid as printed`, () => {
    const result = loadConfigText(pasted(text), { fileName: name });
    assert.equal(
      result.kind,
      'ok',
      JSON.stringify(result, (key, value: unknown) => (key === 'source' ? undefined : value)),
    );
  });
}

test('every fence of configuration in the seeds is among the blocks', () => {
  assert.equal(blocks.length, 20);
});

test('the emergency limits of the runbook, put before a file, are the ones in force', () => {
  const emergency = blocks.find(({ name }) => name === 'operational-runbook.md:458 limits');
  const tuned = blocks.find(({ name }) => name === 'operational-runbook.md:393 server');
  assert.ok(emergency !== undefined && tuned !== undefined);
  const result = loadConfigText([emergency.text, tuned.text, surroundings, 'limits { max-total-connections 50000 }'].join('\n'));
  assert.equal(result.kind, 'ok');
  if (result.kind !== 'ok') return;
  assert.equal(result.config.limits.maxTotalConnections, 1000);
  assert.ok(result.diagnostics.every(({ level }) => level === 'warning'));
  assert.ok(result.diagnostics.length > 0);
});

test('the throughput tuning of the runbook is in force as printed', () => {
  const printed = blocks.filter(({ name }) => /^operational-runbook\.md:(?:393|399|406) /.test(name)).map(({ text }) => text);
  const result = loadConfigText([...printed, surroundings].join('\n'));
  assert.equal(result.kind, 'ok');
  if (result.kind !== 'ok') return;
  const [service] = result.config.upstreams;
  assert.equal(result.config.limits.maxTotalConnections, 50_000);
  assert.equal(service?.pool.maxIdle, 50);
  assert.equal(service?.pool.idleTimeoutMs, 120_000);
  assert.equal(service?.timeouts.requestMs, 30_000);
});
