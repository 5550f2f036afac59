/**
 * The commands of the runbooks over process, service, files and configuration, in an order in which they make sense on one machine,
 * each with what has to be so when it was typed as printed. Run by `seed-machine.test.ts`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { ServiceScene } from './service-scene.ts';

export interface SeedRun {
  readonly command: string;
  /** Types it, and holds what follows against what is so. */
  readonly go: (scene: ServiceScene, command: string) => Promise<void>;
}

const hup = 'kill -HUP $(cat /var/run/sentinel.pid)';

/** What it prints, of a command that ends well. */
const prints =
  (words: RegExp, behind = ''): SeedRun['go'] =>
  async (scene, command) => {
    const { code, out } = await scene.run(command, behind);
    assert.match(out, words);
    assert.equal(code, 0);
  };

/** Starts the daemon in the foreground, which then answers. */
const starts: SeedRun['go'] = async (scene, command) => {
  await scene.begin(command);
  assert.equal(await scene.answer(), 'one');
};

/** Ends the daemon. */
const ends: SeedRun['go'] = async (scene, command) => {
  const pid = scene.pid();
  assert.equal((await scene.run(command)).code, 0);
  await scene.gone(pid);
};

/** What the daemon says of it, once more than before. */
const isHeard =
  (message: string): SeedRun['go'] =>
  async (scene, command) => {
    const before = scene.said(message);
    assert.equal((await scene.run(command)).code, 0);
    await scene.until(message, before + 1);
  };

/** The lines of the process are there, whatever others of the same name run on this machine. */
const finds =
  (line: (scene: ServiceScene) => RegExp): SeedRun['go'] =>
  async (scene, command) => {
    const { out } = await scene.run(command);
    assert.match(out, line(scene));
  };

const quiet: SeedRun['go'] = async (scene, command) => assert.deepEqual(await scene.run(command), { code: 0, out: '' });

/** Emergency limits are before the file now, and so many connections may be open at once. */
const limitHolds =
  (connections: number): SeedRun['go'] =>
  async (scene, command) => {
    await quiet(scene, command);
    await isHeard('Configuration reload completed')(scene, hup);
    const { out } = await scene.run('sentinel metrics connections_limit --raw');
    assert.match(out, new RegExp(`^sentinel_connections_limit ${connections}$`, 'm'));
  };

export const seedMachineRuns: readonly SeedRun[] = [
  // Before anything runs.
  { command: './sentinel-proxy --version', go: prints(/^sentinel(?:-proxy)? \d+\.\d+|^\d+\.\d+/) },
  { command: './sentinel-proxy --validate --config /etc/sentinel/config.kdl', go: prints(/ok/) },
  { command: './sentinel --validate --config /etc/sentinel/config.kdl', go: prints(/ok/) },
  { command: './sentinel-proxy --test-config /etc/sentinel/config.kdl', go: prints(/ok/) },
  {
    command: './sentinel-proxy --validate --config /etc/sentinel/new-config.kdl',
    go: async (scene, command) => {
      writeFileSync(scene.file('new-config.kdl'), 'rote "all" { }\n');
      assert.equal((await scene.run(command)).code, 1);
      writeFileSync(scene.file('new-config.kdl'), readFileSync(scene.file('config.kdl')));
      assert.equal((await scene.run(command)).code, 0);
    },
  },
  { command: './sentinel-proxy --print-config', go: prints(/upstream "fixed"/) },

  // In the foreground, and its end.
  { command: './sentinel-proxy', go: starts },
  { command: 'kill -TERM $(cat /var/run/sentinel.pid)', go: ends },
  { command: 'SENTINEL_CONFIG=/etc/sentinel/config.kdl ./sentinel-proxy', go: starts },
  { command: 'kill -9 $(cat /var/run/sentinel.pid)', go: ends },
  {
    command: 'RUST_LOG=debug ./sentinel-proxy',
    go: async (scene, command) => {
      await starts(scene, command);
      assert.match((await scene.run('sentinel log-level')).out, /debug/i);
    },
  },

  // The process as the machine sees it.
  { command: 'ps aux | grep sentinel-proxy', go: finds((scene) => new RegExp(`^\\S+ +${scene.pid()} .*sentinel-proxy`, 'm')) },
  { command: 'ss -tlnp | grep sentinel', go: finds((scene) => new RegExp(`127\\.0\\.0\\.1:${scene.port()}\\b.*pid=${scene.pid()},`)) },
  {
    command: 'ss -tnp | grep sentinel',
    go: async (scene, command) => {
      const kept = await fetch(`http://127.0.0.1:${scene.port()}/`, { headers: { connection: 'keep-alive' } });
      await kept.text();
      await finds(() => new RegExp(`127\\.0\\.0\\.1:${scene.port()}\\b.*pid=${scene.pid()},`))(scene, command);
    },
  },
  { command: 'pmap -x $(pidof sentinel-proxy) | tail -n 1', go: prints(/^total kB +\d+/) },
  { command: 'top -p $(pidof sentinel-proxy)', go: finds((scene) => new RegExp(`(?<!\\d)${scene.pid()} .*sentinel`)) },

  // Configuration.
  { command: hup, go: isHeard('Configuration reload completed') },
  {
    command: 'cp /etc/sentinel/config.kdl /etc/sentinel/config.kdl.$(date +%Y%m%d-%H%M%S)',
    go: async (scene, command) => {
      await quiet(scene, command);
      const [copy = ''] = readdirSync(scene.folder).filter((name) => /^config\.kdl\.\d{8}-\d{6}$/.test(name));
      assert.equal(readFileSync(scene.file(copy), 'utf8'), readFileSync(scene.file('config.kdl'), 'utf8'));
    },
  },
  { command: 'kill -USR1 $(cat /var/run/sentinel.pid)', go: isHeard('Debug logging switched on') },
  { command: 'kill -USR2 $(cat /var/run/sentinel.pid)', go: isHeard('Debug logging switched off') },

  // As a service.
  {
    command: 'systemctl start sentinel',
    go: async (scene, command) => {
      await ends(scene, 'kill -TERM $(cat /var/run/sentinel.pid)');
      assert.equal((await scene.run('systemctl status sentinel')).code, 3);
      assert.equal((await scene.run(command)).code, 0);
      assert.equal(await scene.answer(), 'one');
    },
  },
  { command: 'systemctl status sentinel', go: prints(/active \(running\)/) },
  { command: 'pmap -x $(pidof sentinel) | tail -5', go: prints(/^total kB +\d+/m) },
  {
    command: 'systemctl restart sentinel',
    go: async (scene, command) => {
      const before = scene.pid();
      assert.equal((await scene.run(command)).code, 0);
      assert.notEqual(scene.pid(), before);
      assert.equal(await scene.answer(), 'one');
    },
  },
  { command: 'sleep 5 && systemctl status sentinel', go: prints(/active \(running\)/) },
  {
    command: 'cp /etc/sentinel/config.kdl.backup /etc/sentinel/config.kdl',
    go: async (scene, command) => {
      writeFileSync(scene.file('config.kdl'), 'rote "all" { }\n');
      await quiet(scene, command);
      assert.equal((await scene.run('systemctl restart sentinel')).code, 0);
      assert.equal(await scene.answer(), 'one');
    },
  },
  { command: "cat >> /tmp/emergency-limits.kdl << 'EOF'\nlimits {\nmax-connections 5000\nmax-connections-per-client 50\n}\nEOF", go: quiet },
  { command: 'cat /etc/sentinel/config.kdl >> /tmp/emergency-limits.kdl', go: quiet },
  { command: 'mv /tmp/emergency-limits.kdl /etc/sentinel/config.kdl', go: limitHolds(5000) },
  { command: "echo 'limits { max-total-connections 1000 }' >> /tmp/emergency.kdl", go: quiet },
  { command: 'cat /etc/sentinel/config.kdl >> /tmp/emergency.kdl', go: quiet },
  { command: 'mv /tmp/emergency.kdl /etc/sentinel/config.kdl', go: limitHolds(1000) },
  {
    command: 'systemctl stop sentinel',
    go: async (scene, command) => {
      const pid = scene.pid();
      assert.equal((await scene.run(command)).code, 0);
      await scene.gone(pid);
    },
  },

  // Files and the machine.
  { command: 'ls -la /etc/sentinel/config.kdl', go: prints(/^-rw.* config\.kdl$|\/config\.kdl$/m) },
  {
    command: 'cp /path/to/new/cert.crt /etc/sentinel/certs/server.crt',
    go: async (scene, command) => {
      await scene.run(`mkdir -p /path/to/new /etc/sentinel/certs; echo crt > /path/to/new/cert.crt; echo key > /path/to/new/key.key`);
      await quiet(scene, command);
      assert.equal(readFileSync(scene.file('certs/server.crt'), 'utf8'), 'crt\n');
    },
  },
  {
    command: 'cp /path/to/new/key.key /etc/sentinel/certs/server.key',
    go: async (scene, command) => {
      await quiet(scene, command);
      assert.equal(readFileSync(scene.file('certs/server.key'), 'utf8'), 'key\n');
    },
  },
  {
    command: 'chmod 600 /etc/sentinel/certs/server.key',
    go: async (scene, command) => {
      await quiet(scene, command);
      assert.equal(statSync(scene.file('certs/server.key')).mode & 0o777, 0o600);
    },
  },
  {
    command: 'ulimit -n 65535',
    go: async (scene, command) => {
      const { out: bound } = await scene.run('ulimit -Hn');
      const mayBe = bound.trim() === 'unlimited' || Number(bound) >= 65535;
      const { out } = await scene.run(command, 'ulimit -n');
      assert.equal(out.trim() === '65535', mayBe, 'it holds for this shell, where the bound of the user allows it');
    },
  },
  { command: 'free -h', go: prints(/^Mem:/m) },
  { command: 'df -h /var /tmp', go: prints(/^Filesystem.*\n\S+/) },
  { command: 'df -h', go: prints(/^Filesystem.*\n\S+/) },
];
