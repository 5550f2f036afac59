/** The seed runbooks are kept as they were given: what tests say of them is said of the real text. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { seedFiles, seedText } from './seed-blocks.ts';

const digests: Readonly<Record<(typeof seedFiles)[number], string>> = {
  'incident-response-page.md': 'ea79ae613128a21e0826a35cd0978383a5b70eff95f364504ceb1d733c999671',
  'incident-response-runbook.md': '00f8f52487018737959afa95f364b2b2ba8a29c33a7b6e85e1d5a12d28dd31be',
  'operational-runbook.md': '9d81e5c62507dddebabe146f513d8209d02c770e3c9370130ab5a27cc62655ef',
};

for (const file of seedFiles) {
  test(`${file} is verbatim`, () => {
    assert.equal(createHash('sha256').update(seedText(file)).digest('hex'), digests[file]);
  });
}
