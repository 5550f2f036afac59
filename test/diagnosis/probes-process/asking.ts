/** Prints the facts that the user of this process finds out: `asking.ts FOLDER CONFIG`. Started by tests as somebody else. */
import { factsOf } from './probe-scene.ts';

const [folder = '', configFile = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await factsOf({ folder, configFile })));
