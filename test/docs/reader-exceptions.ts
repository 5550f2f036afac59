/** Commands of the pages that end with another status than 0, and those that are not typed at all, each with why. */

/** Read only, and right with another status than 0. */
export const otherExits: Readonly<Record<string, readonly number[]>> = {
  // Ended by Ctrl-C.
  "sentinel tap --filter 'status=5xx or duration>500ms'": [130],
  "sentinel tap --filter 'status=5xx or duration>1s'": [130],
  "sentinel tap --filter 'status=5xx or p99>500ms'": [130],
  'sentinel tap --filter client=203.0.113.7 --limit 20': [130],
  'sentinel tap --json --filter path~^/api | jq .request.duration_ms': [124],
  'sentinel events -f': [130],
  'sentinel logs -f': [130],
  'sentinel top --stream --interval 5s': [130],
  'sentinel top --plain': [130],
  "sentinel top --stream --view routes --interval 10s | jq -c 'select(.table) | .table.rows[] | {route: .name} + .values'":
    [124],
  // All is well, or not all: that is a matter of this machine.
  'sentinel diagnose': [0, 1, 3],
  'sentinel status': [0, 1],
  'sentinel status --runtime': [0, 1],
  'sentinel status --daemon 127.0.0.1:9090': [0, 1],
  'sentinel status --daemon 127.0.0.1:9191': [0, 1],
  'sentinel top': [0, 1],
  'sentinel top --once': [0, 1],
  'sentinel top --once --view errors': [0, 1],
  'sentinel top --json': [0, 1],
  'sentinel top --view routes --sort p99': [0, 1],
  "sentinel top --filter 'upstream=api' --faults-only": [0, 1],
  'sentinel top --daemon 10.0.0.1:9090,10.0.0.2:9090': [0, 1],
  'sentinel top --json --faults-only | jq -r \'.data.table.rows[] | "\\(.name) \\(.standing): \\(.why)"\'': [0, 1],
  'sentinel diagnose -c sentinel.kdl': [0, 1, 3],
  'sentinel diagnose --short': [0, 1, 3],
  'sentinel diagnose --format slack': [0, 1, 3],
  'sentinel diagnose --wait --timeout 5m': [0, 130],
  // Nothing is down, and the journal of this machine knows no such unit: grep finds nothing.
  "curl -s localhost:9090/metrics | grep 'upstream_health{' | grep ' 0'": [0, 1],
  'journalctl -u sentinel --since "5 minutes ago" | grep -oP \'error[^,]*\' | sort | uniq -c | sort -rn | head': [0, 1],
  'journalctl -u sentinel --since "5 minutes ago" | grep -oP \'path="[^"]*"\' | sort | uniq -c | sort -rn | head -20': [
    0, 1,
  ],
};

/** Not run here: why, and the test that does run it where there is one. */
export const apart: Readonly<Record<string, { readonly why: string; readonly test?: string }>> = {
  'dig +short backend.service.internal': { why: 'asks a name server, which is not of this machine' },
  'dig +short backend.service.internal @10.0.0.53': { why: 'as above' },
  'npm start': { why: 'takes the ports that it names; the same as the demo', test: 'test/e2e/commands.test.ts' },
  'npm link': { why: 'changes what this machine has installed', test: 'test/accept/packages.test.ts' },
  'npm install -g sentinel@0.2.0': { why: 'asks a registry for another version', test: 'test/accept/packages.test.ts' },
  'sentinel demo': { why: 'takes the ports that it names', test: 'test/e2e/commands.test.ts' },
  'sentinel run': { why: 'a daemon that goes on: it would be a second one here', test: 'test/e2e/commands.test.ts' },
  'sentinel run -c sentinel.kdl': { why: 'as above', test: 'test/e2e/commands.test.ts' },
  'sentinel run -c /srv/drill/config.kdl': { why: 'as above', test: 'test/e2e/commands.test.ts' },
  'sentinel run --to 127.0.0.1:3000': { why: 'as above, on port 8080', test: 'test/e2e/commands.test.ts' },
  'sentinel upgrade': {
    why: 'another process takes over, for which a test needs a scene of its own',
    test: 'test/upgrade/command.test.ts',
  },
  'sentinel upgrade --reason "0.2.0"': { why: 'as above', test: 'test/upgrade/command.test.ts' },
  'sentinel upgrade --binary /opt/sentinel-0.9/bin/sentinel.js --yes': {
    why: 'as above',
    test: 'test/upgrade/command.test.ts',
  },
  'sentinel upgrade --binary /opt/sentinel-0.1.0/bin/sentinel.js': {
    why: 'as above',
    test: 'test/upgrade/command.test.ts',
  },
  'eval "$(sentinel completion bash)"': {
    why: 'for the file that a shell reads as it starts',
    test: 'test/completion/shells.test.ts',
  },
  'eval "$(sentinel completion zsh)"': { why: 'as above', test: 'test/completion/shells.test.ts' },
  'sentinel completion fish | source': { why: 'as above', test: 'test/completion/shells.test.ts' },
  'sentinel runbook run process-crash': {
    why: 'it watches a while, and needs a daemon that is dead',
    test: 'test/runbook/run-command.test.ts',
  },
  'sentinel runbook run process-crash -c /tmp/sentinel-demo-cAvKyl/sentinel.kdl': {
    why: 'as above',
    test: 'test/runbook/examples.test.ts',
  },
  'sentinel runbook run upstream-failure --step drain --set upstream=api --set target=10.1.1.12:8080': {
    why: 'asks more than once, and starts processes of its own',
    test: 'test/runbook/run-command.test.ts',
  },
  'sentinel runbook run process-crash --resume': { why: 'as above', test: 'test/runbook/run-command.test.ts' },
  'sentinel top --charts': { why: 'draws on a terminal only', test: 'test/tui/charts/wall.test.ts' },
  'sentinel top --charts --daemon 10.0.0.1:9090,10.0.0.2:9090': {
    why: 'as above',
    test: 'test/tui/charts/wall.test.ts',
  },
};
