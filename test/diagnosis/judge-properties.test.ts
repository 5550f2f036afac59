/** What holds of every verdict: what is not known is never well, order says nothing, and what comes on top makes nothing better. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { test } from 'node:test';
import type { Facts, SectionName } from '../../src/diagnosis/facts.ts';
import { judge, type JudgeOptions } from '../../src/diagnosis/judge.ts';
import type { Verdict } from '../../src/diagnosis/judgement.ts';
import { defaultThresholds } from '../../src/diagnosis/thresholds.ts';
import { openShelf } from '../../src/runbook/shelf.ts';
import { shelfFolders } from '../../src/runbook/shelf-folders.ts';
import { expected, type FaultName } from './expected.ts';
import { allSections, type Change, factsWith, healthyFacts, reversed, unknown } from './fact-values.ts';
import { faultFacts } from './fault-facts.ts';

const options: JudgeOptions = {
  runbooks: (await openShelf({ ...shelfFolders({}), site: null })).all(),
  thresholds: defaultThresholds,
  contacts: null,
};
const names = Object.keys(expected) as readonly FaultName[];
const mandatory = ['process', 'endpoints', 'daemon', 'traffic', 'config', 'targets', 'certificates'] as const;

const verdictOf = (facts: Facts, name?: FaultName): Verdict =>
  judge(facts, { ...options, symptom: name === undefined ? null : (faultFacts[name].symptom ?? null) });

test('nothing wrong and nothing unknown: exit 0, and silence about causes, severity and whom to page', () => {
  const verdict = verdictOf(healthyFacts());
  assert.deepEqual(
    { ...verdict, path: [], notices: [] },
    {
      status: 'ok',
      exit_code: 0,
      procedure: null,
      path: [],
      causes: [],
      notices: [],
      severity: null,
      respond_within: null,
      page: [],
      next: [],
      unknown: [],
    },
  );
  assert.deepEqual(verdict.notices, []);
  assert.ok(verdict.path.length >= 12);
});

for (const section of allSections) {
  const needed = (mandatory as readonly SectionName[]).includes(section);
  test(`without ${section} a daemon that is well is ${needed ? 'not known to be: exit 3' : 'well all the same, and that it is unknown is said'}`, () => {
    const verdict = verdictOf(factsWith(unknown(section)));
    assert.equal(verdict.exit_code, needed ? 3 : 0);
    assert.equal(verdict.status, needed ? 'unknown' : 'ok');
    assert.deepEqual(verdict.causes, []);
    assert.deepEqual(verdict.unknown, [{ section, mandatory: needed, why: 'not readable' }]);
  });
}

test('when nothing at all is known the walk stops at its first question, with exit 3 and no cause', () => {
  const verdict = verdictOf(factsWith(unknown(...allSections)));
  assert.equal(verdict.exit_code, 3);
  assert.deepEqual(verdict.causes, []);
  assert.deepEqual(
    verdict.path.map(({ question, led_to }) => [question, led_to]),
    [['process-running', null]],
  );
});

test('no section that is missing turns a fault into exit 0', () => {
  for (const name of names) {
    if (expected[name].procedure === null) continue;
    for (const section of mandatory) {
      const facts = factsWith(...faultFacts[name].changes);
      const without = unknown(section)(facts);
      assert.notEqual(verdictOf(without, name).exit_code, 0, `${name} without ${section}`);
    }
  }
});

test('a section that a fault does not touch, and that its evidence is not from, does not change the first cause', () => {
  const well = healthyFacts();
  for (const name of names) {
    const facts = factsWith(...faultFacts[name].changes);
    const [first] = verdictOf(facts, name).causes;
    if (first === undefined) continue;
    for (const section of allSections) {
      if (section === 'process' || section === 'daemon') continue;
      const touched = !isDeepStrictEqual(facts.sections[section], well.sections[section]);
      if (touched || first.evidence.some(({ source }) => source === section)) continue;
      const again = verdictOf(unknown(section)(facts), name).causes[0];
      assert.equal(again?.cause, first.cause, `${name} without ${section}`);
    }
  }
});

test('the order of targets, ports, disks and certificates changes nothing of a verdict', () => {
  for (const name of names) {
    const facts = factsWith(...faultFacts[name].changes);
    const { causes, procedure, severity, exit_code } = verdictOf(facts, name);
    const turned = verdictOf(reversed(facts), name);
    assert.deepEqual(
      {
        causes: turned.causes.map(({ detail }) => detail),
        procedure: turned.procedure,
        severity: turned.severity,
        exit_code: turned.exit_code,
      },
      { causes: causes.map(({ detail }) => detail), procedure, severity, exit_code },
      name,
    );
  }
});

test('the same facts give the same verdict', () => {
  for (const name of names) {
    const facts = factsWith(...faultFacts[name].changes);
    assert.deepEqual(verdictOf(facts, name), verdictOf(structuredClone(facts), name));
  }
});

test('a fault on top of others never makes it less severe, and each of them is still named', () => {
  const together: readonly FaultName[] = [
    'one-target-refused',
    'certificate-expired',
    'memory-high',
    'firewall',
    'upstream-500-few',
    'disk-differs',
    'maintenance-left-on',
  ];
  for (let subset = 1; subset < 1 << together.length; subset++) {
    const chosen = together.filter((_, index) => (subset & (1 << index)) !== 0);
    // Both put something else in the place of the same traffic or the same daemon.
    if (
      chosen.includes('maintenance-left-on') &&
      (chosen.includes('upstream-500-few') || chosen.includes('disk-differs'))
    )
      continue;
    const changes: readonly Change[] = ordered(chosen).flatMap((name) => faultFacts[name].changes);
    const { severity, causes, exit_code } = verdictOf(factsWith(...changes));
    const worst = chosen.map((name) => expected[name].severity ?? 'SEV4').sort()[0] as string;
    assert.equal(exit_code, 1);
    assert.ok(severity !== null && severity <= worst, `${chosen.join(' + ')}: ${severity}, alone ${worst}`);
    for (const name of chosen) {
      const one = causes.find(({ cause }) => (expected[name].first as readonly string[]).includes(cause));
      // Errors of the very target that refuses are evidence of that.
      if (name === 'upstream-500-few' && chosen.includes('one-target-refused')) continue;
      assert.ok(one !== undefined, `${name} among ${causes.map(({ cause }) => cause).join(', ')}`);
    }
  }
});

/** What sets the whole of the daemon's upstreams first: the others change parts of it. */
function ordered(chosen: readonly FaultName[]): readonly FaultName[] {
  return [...chosen].sort((a) => (a === 'one-target-refused' ? -1 : 1));
}

test('at most three commands are named, each once, and each is a line without placeholders', () => {
  for (const name of names) {
    const { next } = verdictOf(factsWith(...faultFacts[name].changes), name);
    assert.ok(next.length <= 3);
    assert.equal(new Set(next).size, next.length);
    for (const command of next) assert.doesNotMatch(command, /[<>{}\n]|undefined|null|\[object/, `${name}: ${command}`);
  }
});

test('no words of a verdict hold what is not there', () => {
  for (const name of names) {
    const text = JSON.stringify(verdictOf(factsWith(...faultFacts[name].changes), name));
    assert.doesNotMatch(text, /undefined|NaN|\[object|Infinity/, name);
  }
});
