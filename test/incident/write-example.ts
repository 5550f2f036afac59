/** Plays an outage and writes what came of it: docs/examples/outage.md, the session, and docs/examples/post-mortem.md. */
import { writeFileSync } from 'node:fs';
import { playOutage } from './outage-drill.ts';

const { postmortem, session } = await playOutage({ calm: 120, alarm: 60, step: 45, after: 90 });
const folder = new URL('../../docs/examples/', import.meta.url);
writeFileSync(new URL('post-mortem.md', folder), postmortem);
writeFileSync(
  new URL('outage.md', folder),
  `# An outage, from the first alert to the post-mortem

One of three targets of \`web\` begins to drop every request. What was typed, and what was said; the file that came of it is
[the post-mortem](post-mortem.md). Played by \`test/incident/write-example.ts\` on real processes; a longer night has more notes.

\`\`\`console
${session}\`\`\`
`,
);
