/** What tests of bundles are made from: items, facts and an order that puts them into a folder of the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { FoundItem, MissingItem } from '../../../src/incident/bundle/item.ts';
import type { BundleFacts } from '../../../src/incident/bundle/manifest.ts';
import type { BundleOrder } from '../../../src/incident/bundle/write.ts';
import type { Scrubber } from '../../../src/incident/redaction/scrubber.ts';
import { createScrubber } from '../../../src/incident/redaction/bundle-scrubber.ts';

export const started = '2026-11-20T14:05:12.000Z';

export function found(name: string, content: string, rest: Partial<FoundItem> = {}): FoundItem {
  return {
    path: name,
    class: 'state',
    kind: 'text',
    content,
    source: `GET /admin/${name}`,
    started,
    ms: 3,
    truncated: null,
    ...rest,
  };
}

export function missing(name: string, error: string): MissingItem {
  return { path: name, class: 'system', source: 'journalctl -u sentinel', started, ms: 5000, error };
}

export const facts: BundleFacts = {
  incident: 'INC-001',
  title: 'checkout is slow',
  host: 'prod-1',
  created: '2026-11-20T14:05:12.345Z',
  window: { since: '2026-11-20T13:50:12.345Z', until: '2026-11-20T14:05:12.345Z' },
  tool: { version: '0.1.0', node: '24.21.0' },
  daemon: 'running, generation 41',
  complete: true,
  incomplete: [],
  verdict: {
    status: 'problems',
    severity: 'SEV2',
    words: ['upstream failure', '2 of 3 targets of api are down'],
    next: ['sentinel upstreams'],
  },
  journal: { seq: 7, hash: 'ab'.repeat(32) },
};

export const key = Buffer.alloc(32, 7);

/** Takes nothing out, and says `internal`: for tests of what is done with contents. */
export const keepingAll: Scrubber = {
  profile: 'internal',
  scrub: (_path, _kind, content) => content,
  report: () => ({ profile: 'internal', by_rule: {}, by_file: {}, tokens: {} }),
  map: () => new Map(),
};

/** An empty folder that goes with the test. */
export function folderOf(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-bundle-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function orderIn(folder: string, rest: Partial<BundleOrder> & Pick<BundleOrder, 'items'>): BundleOrder {
  const known = ['hunter2-of-prod'];
  return {
    path: path.join(folder, 'INC-001-prod-1-20261120T140512Z.tar.gz'),
    facts,
    scrubber: createScrubber({ profile: 'internal', key, known }),
    known,
    ...rest,
  };
}
