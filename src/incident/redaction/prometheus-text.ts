/** Metrics as text: what may say something about a secret are the values of labels. For the rules of redaction. */
import { isSecretValue, promiseOf } from './secret-names.ts';

/** Names, numbers and helps stay; `scrub` is shown each value of a label, decoded. */
export function rewriteMetrics(text: string, scrub: (value: string, label: string) => string): string {
  return text.replace(/^[A-Za-z_:][\w:]*\{[^\n]*$/gm, (line) =>
    line.replace(/([A-Za-z_]\w{0,100})="((?:[^"\\]|\\.)*)"/g, (whole, label: string, raw: string) => {
      const value = raw.replace(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one));
      const instead = scrub(value, label);
      return instead === value ? whole : `${label}="${instead.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
    }),
  );
}

/** Whether the name of a label gives its value away. Results and versions have such names too: `session="resumed"`. */
export function isSecretLabel(label: string, value: string): boolean {
  const promise = promiseOf(label);
  return promise !== 'none' && isSecretValue(promise === 'possible' ? promise : 'likely', value);
}
