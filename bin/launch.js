/*
 * The launcher: finds a Node that can run sentinel and becomes it, or stands between it and the caller. Plain old
 * JavaScript, because any Node may be the one that reads it. It never takes the process title: `pidof sentinel`
 * must name the daemon alone. Used by the two bins and by scripts/setup.mjs.
 */
'use strict';

var fs = require('fs');
var os = require('os');
var path = require('path');

var REQUIRED = [24, 15];
/** Words that may start the daemon, where no other command comes first; one too many costs an exec. */
var DAEMON_WORDS = ['run', 'demo', '-c', '--config'];
/**
 * USR1 is an order to the daemon, and Node's own answer to it, until a listener is there, is to open an inspector port.
 * `--disable-sigusr1` prevents that by blocking the signal for good, so that no order would arrive either. A name with
 * an empty label resolves to nothing, without a query: whatever asks for the inspector, no port can open.
 *
 * What scrapes and traces allocate on the main thread is dead at once: a small nursery costs them nothing and keeps the
 * process from growing by three times sixteen megabytes. Workers have one of their own size.
 *
 * A worker's heap holds 13 MB, and V8 collects a heap of that size whole as soon as it has grown by two: under load ten
 * times a second. Told to expect more, it does so once or twice, and the process grows no larger.
 */
var DAEMON_FLAGS = ['--inspect-port=no..inspector:9229', '--max-semi-space-size=4', '--initial-heap-size=64'];
/** How long the child may take to say that it got a signal itself; one that it did not get is forwarded then. */
var REPORT_MS = 150;
var FORWARDED = ['SIGHUP', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'];
/**
 * Tells the daemon who launched it, and how: `PID PATH`, so that it is not taken for its own by whatever the daemon starts. A
 * running daemon asks the launcher on disk what it would run (`describe`) when it is to hand over to another version.
 */
var LAUNCHER = 'SENTINEL_LAUNCHER';
var ASKED = 'SENTINEL_LAUNCH';
/** Exit status "could not determine", as in src/base/exit-codes.ts. */
var EXIT_UNKNOWN = 3;

/** Whether this version (`24.21.0`) runs sentinel. */
function fits(version) {
  var parts = version.split('.').map(Number);
  return parts[0] > REQUIRED[0] || (parts[0] === REQUIRED[0] && parts[1] >= REQUIRED[1]);
}

/** Absolute path of a Node that runs sentinel: the running one, else the package beside us; null when there is none. */
function findNode() {
  if (fits(process.versions.node)) return process.execPath;
  var inside = path.join('node_modules', 'node-' + process.platform + '-' + process.arch, 'bin', 'node');
  var directory = path.dirname(__dirname);
  for (;;) {
    var candidate = path.join(directory, inside);
    if (fs.existsSync(candidate)) return candidate;
    var parent = path.dirname(directory);
    if (parent === directory) return null;
    directory = parent;
  }
}

/** Runs the program `name` (`sentinel`, `sentinel-proxy`) with `args`; its exit status becomes ours. */
function launch(name, args) {
  var entry = path.join(path.dirname(__dirname), 'dist', 'cli', name + '.js');
  var node = findNode();
  if (node === null) return refuse(needed());
  if (!fs.existsSync(entry)) return refuse('sentinel is not built: ' + entry + ' is missing; run `npm run build`.');
  var daemon = name === 'sentinel-proxy' || mayStartDaemon(args);
  if (process.env[ASKED] === 'describe') {
    process.stdout.write(JSON.stringify({ node: node, flags: DAEMON_FLAGS, entry: entry }) + '\n');
    return;
  }
  process.env[LAUNCHER] = process.pid + ' ' + process.argv[1];
  if (node === process.execPath && !daemon) {
    process.argv = [node, entry].concat(args);
    return require(entry);
  }
  become(node, (daemon ? DAEMON_FLAGS : []).concat([entry], args));
}

/** A first word that is no option is the command. */
function mayStartDaemon(args) {
  var considered = args.length > 0 && args[0].charAt(0) !== '-' ? args.slice(0, 1) : args;
  return considered.some(function (arg) {
    return DAEMON_WORDS.indexOf(arg.split('=')[0]) !== -1;
  });
}

/** Replaces this process by `node args` where Node can do that, and otherwise stands in front of it. */
function become(node, args) {
  if (typeof process.execve === 'function') return process.execve(node, [node].concat(args), process.env);
  stand(require('child_process').spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] }));
}

/**
 * Passes signals and exit status through. The channel is the lifeline: it closes when we die, however we die, and the
 * child then ends in an orderly way. Over it the child reports the signals that it got, because a terminal, a systemd
 * cgroup and `timeout` signal both of us, and a TERM passed on twice would mean "force".
 */
function stand(child) {
  var reported = {};
  child.on('message', function (message) {
    if (message && message.received) reported[message.received] = Date.now();
  });
  child.on('error', function (error) {
    refuse('sentinel could not start ' + child.spawnfile + ': ' + error.message);
  });
  FORWARDED.forEach(function (signal) {
    process.on(signal, function () {
      var since = Date.now() - REPORT_MS;
      setTimeout(function () {
        if (!(reported[signal] >= since)) child.kill(signal);
      }, REPORT_MS);
    });
  });
  child.on('exit', function (code, signal) {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(function () {
      process.exit(128 + os.constants.signals[signal]);
    }, REPORT_MS);
  });
}

/** The one sentence for a machine without a fitting Node. */
function needed() {
  return (
    'sentinel needs Node ' +
    REQUIRED.join('.') +
    ' or newer and found ' +
    process.versions.node +
    '; install one, or ' +
    'reinstall sentinel with its optional dependencies (node-' +
    process.platform +
    '-' +
    process.arch +
    ').'
  );
}

function refuse(sentence) {
  process.stderr.write(sentence + '\n');
  process.exitCode = EXIT_UNKNOWN;
}

module.exports = { launch: launch, become: become, daemonFlags: DAEMON_FLAGS, findNode: findNode, needed: needed };
