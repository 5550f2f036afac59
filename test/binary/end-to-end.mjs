/** Which tests are run against the single binary (`npm run test:binary`), and which of theirs it cannot answer, with the reason. Data only. */

/** Each starts the program as an operator does, or a daemon of it, and looks from outside. */
export const files = [
  'test/e2e/commands.test.ts',
  'test/daemon/reload.test.ts',
  'test/daemon/worker-restart.test.ts',
  'test/daemon/auto-reload.test.ts',
  'test/daemon/block-lists.test.ts',
  'test/daemon/maintenance.test.ts',
  'test/daemon/metrics.test.ts',
  'test/daemon/stopping.test.ts',
  'test/runtime/commands.test.ts',
  'test/traffic/commands.test.ts',
  'test/drains/commands.test.ts',
  'test/health/commands.test.ts',
  'test/diagnosis/command-live.test.ts',
  'test/incident/bundle/commands.test.ts',
  'test/runbook/run-command.test.ts',
  'test/completion/shells.test.ts',
  'test/websocket/daemon.test.ts',
  'test/http2/daemon.test.ts',
  'test/grpc/daemon.test.ts',
  'test/cli/events.test.ts',
  'test/cli/logs.test.ts',
  'test/cli/requests.test.ts',
  'test/cli/top.test.ts',
  'test/cli/top-streams.test.ts',
  'test/tui/stage/scripted-daemon.test.ts',
  'test/tui/flows/drain-keys.test.ts',
];

/** Titles, with why. */
export const leftOut = [
  ['a worker that says nothing of itself is named', 'puts a thread of its own in the place of the worker'],
  ['a new worker that cannot start leaves the old one serving', 'puts a thread of its own in the place of the worker'],
  [
    'the WebSockets of a worker that dies are over for both ends',
    'puts a thread of its own in the place of the worker',
  ],
];
