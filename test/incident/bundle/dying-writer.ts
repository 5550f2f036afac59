/** Writes a bundle into a folder and kills itself at a step: `node dying-writer.ts FOLDER STEP`. */
import { mkdirSync } from 'node:fs';
import { writeBundle } from '../../../src/incident/bundle/write.ts';
import { dyingSteps } from '../../helpers/dying-steps.ts';
import { found, orderIn } from './bundles.ts';

const [, , folder = '', step = ''] = process.argv;
mkdirSync(folder);
const items = [found('state/a.txt', 'a\n'), found('logs/b.log', 'one\ntwo\n', { class: 'logs' })];
await writeBundle(orderIn(folder, { items, steps: dyingSteps(Number(step)) }));
