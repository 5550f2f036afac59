/** Entry of the program `sentinel`, started by the launcher in `bin/`. */

// Before anything is loaded: until somebody listens, USR1 makes Node open an inspector.
process.on('SIGUSR1', () => undefined);

void import('./process.ts').then(({ runProcess }) => runProcess('sentinel'));
