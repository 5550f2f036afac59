#!/usr/bin/env node
process.on('SIGUSR1', function () {}); // before anything else: without a listener Node opens an inspector port
require('./launch.js').launch('sentinel', process.argv.slice(2));
