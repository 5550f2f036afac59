/**
 * Entry of the single binary, which is launcher, program and child in one: what it is to be stands in its name and in the variable that
 * launchers understand (`bin/launch.js`).
 */
import { basename } from 'node:path';
import { ownVariables, processEnvironment } from '../base/environment.ts';

// Before anything is loaded: until somebody listens, USR1 makes Node open an inspector.
process.on('SIGUSR1', () => undefined);

switch (processEnvironment[ownVariables.launch]) {
  case 'describe':
    // To a daemon that is to hand over to this program.
    process.stdout.write(`${JSON.stringify({ node: process.execPath, flags: [], entry: null })}\n`);
    break;
  case 'relay':
    void import('../proxy/data/socket-relay-child.ts');
    break;
  default: {
    const program = basename(process.argv0) === 'sentinel-proxy' ? 'sentinel-proxy' : 'sentinel';
    void import('./process.ts').then(({ runProcess }) => runProcess(program));
  }
}
