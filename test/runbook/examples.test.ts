/** The transcripts in docs/examples are of the runbooks as they are: whoever changes a runbook plays its drill anew. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { partsOf } from '../../src/runbook/run/parts.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';

const again = 'play it anew: node test/runbook/write-examples.ts';

for (const id of ['process-crash', 'upstream-failure']) {
  test(`the transcript of ${id} has the steps, sections and questions that the runbook has`, async () => {
    const text = readFileSync(new URL(`../../docs/examples/${id}.md`, import.meta.url), 'utf8');
    const runbook = (await openShelf({ ...shelfFolders({}), site: null })).get(id);
    assert.ok(runbook !== null);
    const parts = partsOf(runbook);
    const steps = new Set(
      parts.flatMap((part) =>
        part.kind === 'step'
          ? [`**Step ${part.number}: ${part.step.name}** (${part.step.effect}) ${part.step.words}`]
          : [],
      ),
    );
    const played = text.split('\n').filter((line) => line.startsWith('**Step '));
    assert.ok(played.length >= 4, 'a drill does something');
    for (const line of played) assert.ok(steps.has(line), `${line}\n${again}`);
    const titles = new Set(runbook.sections.map(({ title }) => title));
    for (const [, title = ''] of text.matchAll(/^##+ (.+)$/gm)) assert.ok(titles.has(title), `${title}\n${again}`);
    assert.match(text, /\*\*✓ finished\*\*/);
    assert.match(text, id === 'process-crash' ? /\$ sentinel run -c / : /\$ sentinel drain /);
  });
}
