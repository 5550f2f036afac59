/** A folder with authorities and pairs, a configuration around them, and `cert-check` called on it; for the tests of this folder. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { callSentinel } from '../cli/command-line.ts';
import { type Made, type Wish, Workshop, serverExtensions } from './workshop.ts';

export interface Row {
  readonly name: string;
  readonly source: string;
  readonly use: string;
  readonly certificate: {
    readonly fingerprint: string;
    readonly names: readonly string[];
    readonly key_type: string;
  } | null;
  readonly chain: readonly { readonly subject: string }[];
  readonly days_left: number | null;
  readonly standing: string | null;
  readonly loaded: SeenData;
  readonly served: SeenData;
  readonly findings: readonly string[];
}

interface SeenData {
  readonly state: 'same' | 'differs' | 'none' | 'unknown';
  readonly fingerprint: string | null;
  readonly why: string | null;
}

export interface Answer {
  readonly code: number | null;
  readonly status: string;
  readonly rows: readonly Row[];
  readonly data: Readonly<Record<string, unknown>>;
  /** `SNT-T010 error`, sorted. */
  readonly found: readonly string[];
  readonly details: string;
  readonly notes: readonly string[];
}

export class CertScene {
  readonly shop: Workshop;
  readonly root: Made;
  readonly middle: Made;
  #count = 0;

  constructor(t: { after(end: () => void): void }) {
    const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-cert-check-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    this.shop = new Workshop(folder);
    this.root = this.shop.authority(null, 'Scene Root');
    this.middle = this.shop.authority(this.root, 'Scene Intermediate');
  }

  /** A pair with its chain, for servers unless wished otherwise. */
  pair(names = 'DNS:www.example.com', wish: Wish = {}): Made {
    const made = this.shop.issue(this.middle, { extensions: serverExtensions(names), ...wish });
    return { cert: this.shop.bundle(`pair-${++this.#count}.pem`, made.cert, this.middle.cert), key: made.key };
  }

  /** Writes a configuration. `{pair}` puts the keys of a pair. */
  config(text: string): string {
    return this.shop.file(`config-${++this.#count}.kdl`, text);
  }

  async check(...args: readonly string[]): Promise<Answer> {
    return this.#call(args, { SENTINEL_ADMIN_SOCKET: this.shop.path('none.sock') });
  }

  /** With the daemon that listens at `socket`. */
  async checkBeside(socket: string, ...args: readonly string[]): Promise<Answer> {
    return this.#call(args, { SENTINEL_ADMIN_SOCKET: socket });
  }

  async #call(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Answer> {
    const ended = await callSentinel(['cert-check', ...args, '--json'], { environment });
    assert.equal(ended.stderr, '');
    const envelope = JSON.parse(ended.stdout) as {
      readonly status: string;
      readonly exit_code: number;
      readonly data: (Readonly<Record<string, unknown>> & { readonly certificates?: readonly Row[] }) | null;
      readonly findings: readonly { readonly code: string; readonly severity: string; readonly detail: string }[];
      readonly warnings: readonly string[];
    };
    assert.equal(envelope.exit_code, ended.code);
    return {
      code: ended.code,
      status: envelope.status,
      rows: envelope.data?.certificates ?? [],
      data: envelope.data ?? {},
      found: envelope.findings.map(({ code, severity }) => `${code} ${severity}`).sort(),
      details: envelope.findings.map(({ detail }) => detail).join('\n'),
      notes: envelope.warnings,
    };
  }
}

export function pairKeys({ cert, key }: Made): string {
  return `cert-file "${cert}"; key-file "${key}"`;
}

/** One listener `https` with what stands in its `tls` block, and one route. */
export function tlsConfig(tls: string, more = '', matches = ''): string {
  return `
listeners { listener "https" { address "127.0.0.1:0"; protocol "https"; tls { ${tls} } } }
route "all" { upstream "fixed"; ${matches} }
upstream "fixed" { static { status 200; body "hello" } }
${more}
`;
}
