/**
 * Editing until the text is right: runs the editor on the draft, checks what was written, and asks what to do with mistakes.
 * Decides nothing about what comes after; never loses a draft.
 */
import { textsOver } from '../../config/files.ts';
import { type LoadedConfig, loadConfigFile } from '../../config/load.ts';
import { renderDiagnostics } from '../../config/render/render.ts';
import type { Invocation } from '../command.ts';
import type { Draft } from './draft.ts';
import { runEditor } from './editor.ts';

export interface Subject {
  /** As the operator wrote it. */
  readonly file: string;
  /** Absolute: the file that is edited. */
  readonly path: string;
  /** Absolute: the file of the configuration that it is part of; most often the same. */
  readonly main: string;
  readonly before: Buffer;
}

export type Edited =
  | { readonly kind: 'ready'; readonly text: string; readonly loaded: LoadedConfig }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'thrown-away' }
  /** With mistakes; there was nobody to ask, or they wanted to go on later. */
  | { readonly kind: 'kept'; readonly mistakes: number }
  | { readonly kind: 'interrupted' };

/** @throws SNT-P061 the editor · SNT-C001 the draft cannot be read */
export async function editUntilRight(invocation: Invocation, subject: Subject, draft: Draft): Promise<Edited> {
  const { signal } = invocation.interruption();
  for (;;) {
    await runEditor(invocation.context.environment, draft.path);
    if (signal.aborted) return { kind: 'interrupted' };
    const bytes = draft.read();
    if (bytes.equals(subject.before)) return { kind: 'unchanged' };
    const text = bytes.toString('utf8');
    const mistakes = check(invocation, subject, text);
    if (typeof mistakes !== 'number') return { kind: 'ready', text, loaded: mistakes };
    const answer = await ask(invocation, mistakes);
    if (signal.aborted) return { kind: 'interrupted' };
    if (answer === 't') return { kind: 'thrown-away' };
    if (answer !== 'e') return { kind: 'kept', mistakes };
  }
}

/** The configuration that it would be, or how many mistakes it has; those are shown. */
function check(invocation: Invocation, { path, main }: Subject, text: string): LoadedConfig | number {
  const { stderr, version, context } = invocation;
  const result = loadConfigFile(main, context.environment, textsOver(new Map([[path, text]]), false));
  if (result.kind === 'ok') return result;
  if (result.kind === 'unreadable') throw result.error;
  const options = { colour: stderr.style.coloured, version };
  stderr.write(`${renderDiagnostics(result.diagnostics, 'text', options)}\n`);
  return result.diagnostics.filter(({ level }) => level === 'error').length;
}

/** `e` edit again, `t` throw away, everything else: keep. */
async function ask(invocation: Invocation, mistakes: number): Promise<string> {
  const { stdin, stderr } = invocation;
  if (!stdin.isTerminal || !stderr.isTerminal) return 'k';
  const count = `${mistakes} ${mistakes === 1 ? 'mistake' : 'mistakes'}`;
  stderr.write(
    `${stderr.style.red('✗')} ${count}. [e]dit again, [t]hrow away, or [k]eep the draft for later? [E/t/k] `,
  );
  const answer = (await stdin.readUpTo(1)).toString('latin1').toLowerCase();
  return answer === '\n' || answer === '\r' ? 'e' : answer;
}
