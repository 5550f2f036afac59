/** The walk in a few words each: what a fork found, and what a procedure is called. Words only. */
import type { QuestionName } from '../questions.ts';

/** By question: said where the answer is yes, and where it is no. A `NOT` is seen also without colour. */
const forks: Readonly<Record<QuestionName, readonly [yes: string, no: string]>> = {
  'process-running': ['running', 'NOT running'],
  'clients-get-in': ['clients get in', 'clients do NOT get in'],
  'health-answers': ['health ok', 'health does NOT answer'],
  'under-attack': ['UNDER ATTACK', 'no attack'],
  'memory-enough': ['memory ok', 'memory NOT enough'],
  'maintenance-off': ['no maintenance', 'maintenance ON'],
  'any-upstream-up': ['an upstream is up', 'NO upstream is up'],
  'upstreams-healthy': ['upstreams healthy', 'upstreams NOT healthy'],
  'certificates-usable': ['certificates ok', 'certificates NOT usable'],
  'error-rate-normal': ['errors normal', 'errors NOT normal'],
  'errors-by-upstream-answers': ['errors of the upstream', 'errors of the proxy'],
  'errors-502': ['mostly 502', 'not 502'],
  'errors-503': ['mostly 503', 'not 503'],
  'errors-504': ['mostly 504', 'not 504'],
  'errors-500': ['mostly 500', 'not 500'],
  'refusals-high': ['MUCH refused', 'little refused'],
  'config-in-force': ['config in force', 'config NOT in force'],
  'latency-normal': ['latency normal', 'latency NOT normal'],
  'upstream-is-slow': ['upstream slow', 'upstream quick'],
  'listener-bound': ['bound', 'NOT bound'],
  'port-free': ['ports free', 'port TAKEN'],
  'disk-has-room': ['disk has room', 'disk FULL'],
  'config-loads': ['config loads', 'config does NOT load'],
  'files-permitted': ['files permitted', 'files NOT permitted'],
  'systemd-runs-it': ['systemd runs it', 'systemd does NOT run it'],
  'descriptors-enough': ['descriptors ok', 'descriptors NOT enough'],
  'clock-right': ['clock right', 'clock WRONG'],
};

/** Of a question that a runbook of the site has made up, its name. */
export function forkWords(question: string, answer: 'yes' | 'no' | 'unknown'): string {
  const [yes, no] = Object.hasOwn(forks, question) ? forks[question as QuestionName] : [question, `NOT ${question}`];
  return answer === 'unknown' ? `${yes.toLowerCase()}?` : answer === 'yes' ? yes : no;
}

const capitals: Readonly<Record<string, string>> = { tls: 'TLS', ddos: 'DDoS' };

/** `upstream-failure` → `Upstream Failure`. */
export function procedureTitle(id: string): string {
  return id
    .split('-')
    .map((word) => capitals[word] ?? `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(' ');
}
