/** How certificates and keys are read from disk: bounded and never waiting. The one place that reads them, for `config` too. */
import { readPlainFile } from '../base/plain-file.ts';

/** Far more than the bundle of a system's authorities (about 250 KiB). */
const maxPemBytes = 4 << 20;

/** @throws the system's error, or one whose message is the reason: `readReason` has the words */
export function readPemFile(path: string): Buffer {
  return Buffer.from(readPlainFile(path, maxPemBytes));
}
