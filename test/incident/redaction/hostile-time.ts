/**
 * Measures how the time of redaction grows with texts that somebody made for it: each beginning of a rule, repeated. Run by hand after a
 * rule was changed: `node test/incident/redaction/hostile-time.ts [BYTES]`. Twice the text may take twice the time, not four times.
 */
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';
import { findLeaks } from '../../../src/incident/redaction/leaks.ts';
import type { ContentKind } from '../../../src/incident/redaction/scrubber.ts';
import { known } from './planted-secrets.ts';

const values = Object.values(known);
const words =
  'eyJ|eyJa.|://a@|a://|a://b:c|http://[|bearer |Bearer a|basic |token |AKIA|ghp_|sk-|password=|password:|"password":"|\\"password\\":\\"|password="\\|password |password is |--password |-u a:|curl -u |mysql -p|mysql |login a password |machine a |<a |<a>|<password>|<![CDATA[|%70|%25|\\u0070|&#112;|&amp;|a.|a.b-|a@|a@b.|1:|a:|1.|10.0.0.1 |/a|/1|/|?a=|a=b&|{"|{"a":|[|[[|["a",|"|\\|\\"|`|cookie:|cookie:"}|authorization:|authorization: a|name="password"|key "|password "a" |A1b2|Zt7Qm2Xw9|kuh-|kuh-"|redis|1987|"1987|4111 |4111111111111111|DE89|DE89 3704 |$2y$|$6$|MII|a:22:aaa:aaa:|=|==|:=|_|-| |user |user=|/home/|%40|%2F|digest |Digest username|xox|SG.|AAAA|BEGIN |----|-----BEGIN PRIVATE KEY-----|-----BEGIN PRIVATE KEY-----A1b2|\\\\|\\n|webhook|hooks.slack.com/services/|[redacted]|{"a":"[redacted]|a1-|,a=|;a|@tcp(|a:b@tcp|a:@|SK00000000|0Q~|api key |"name":"password","value":|::|f:|1:2:|bindpw | -D a=b |snmpwalk |jdbc:oracle:thin:a/|sqlplus a/|"AUTH" "a" |AUTH PLAIN AAAA|IDENTIFIED BY |password to |recovery codes 1a2b-|recovery codes a1b2c3 |::add-mask::|issecret=true|unseal key: |CLIENT_RANDOM |/magic/|/hooks/a/|(\'password\',\'|kty"d":"|-key "a" |a-key "'.split(
    '|',
  );
const lines = [
  'token\n',
  'kind: Secret\n',
  'kind: Secret\ndata:\n  a: b\n',
  'stringData:\n',
  'password:\n',
  ' - x\n',
  'A1b2A1b2\n',
  '{"msg":"A1b2c3D4"}\n',
  '-----BEGIN PRIVATE KEY-----\n',
  '\u001b[',
  '\u200b',
];
const size = Number(process.argv[2] ?? 64 * 1024);
/** Below this a time says nothing. */
const FLOOR_MS = 60;

function cpuMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  return process.cpuUsage(before).user / 1000;
}

function timeOf(kind: ContentKind, part: string, bytes: number): number {
  const lead = kind === 'text' ? '' : '{"msg":"';
  const text = lead + part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes);
  const scrubber = createScrubber({
    profile: 'paranoid',
    key: Buffer.alloc(32),
    known: values,
    hosts: ['app.example'],
  });
  return cpuMs(() => {
    scrubber.scrub('file', kind, text);
    findLeaks([{ path: 'file', content: text }], { profile: 'share', known: values });
  });
}

const steep: string[] = [];
for (const part of [...words, ...lines])
  for (const kind of ['text', 'ndjson', 'json', 'prometheus'] as const) {
    const once = timeOf(kind, part, size);
    if (once < FLOOR_MS) continue;
    const twice = timeOf(kind, part, size * 2);
    const row = `${kind} ${JSON.stringify(part)}: ${once.toFixed(0)} ms, twice as long ${twice.toFixed(0)} ms`;
    if (twice > 3 * once) steep.push(row);
    process.stdout.write(`${row}\n`);
  }
process.stdout.write(
  `${steep.length === 0 ? 'nothing grows faster than the text' : `grows faster than the text:\n${steep.join('\n')}`}\n`,
);
process.exitCode = steep.length === 0 ? 0 : 1;
