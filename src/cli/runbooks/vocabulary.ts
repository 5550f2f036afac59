/**
 * What runbooks may name, from the tables that the program itself uses: commands, metrics, endpoints, codes, events, probes,
 * questions, causes. Made when somebody asks for a lint; holds no facts of its own.
 */
import { endpoints, openPaths } from '../../admin/contract/endpoints.ts';
import { codes } from '../../base/codes.ts';
import { causes } from '../../diagnosis/causes.ts';
import type { SectionName } from '../../diagnosis/facts.ts';
import { questions } from '../../diagnosis/questions.ts';
import type { SubjectKind } from '../../filter/fields.ts';
import { parseFilter } from '../../filter/parse.ts';
import { causeList } from '../../proxy/shared/causes.ts';
import { eventCatalogue } from '../../proxy/shared/event-catalogue.ts';
import { metricCatalogue } from '../../proxy/shared/metric-catalogue.ts';
import type { MetricFacts } from '../../proxy/shared/metric-facts.ts';
import type { Vocabulary } from '../../runbook/lint/vocabulary.ts';
import { parseCommandLine } from '../parser.ts';
import { translateSeedSpelling } from '../seed-spellings.ts';
import { configMistakes } from './config-fragment.ts';

/** Every section of the facts; one that is forgotten here does not compile. */
const probes: Readonly<Record<SectionName, true>> = {
  process: true,
  death: true,
  config: true,
  ports: true,
  permissions: true,
  disk: true,
  memory: true,
  descriptors: true,
  kernel: true,
  firewall: true,
  clock: true,
  endpoints: true,
  daemon: true,
  threads: true,
  traffic: true,
  clients: true,
  targets: true,
  certificates: true,
  changes: true,
};

/** Of the process itself, as every program with the Prometheus client of Node exposes them. */
const processSeries = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_used_bytes',
  'nodejs_heap_size_total_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_gc_duration_seconds',
];

const open = 'X';

export function runbookVocabulary(): Vocabulary {
  const metrics: readonly MetricFacts[] = Object.values(metricCatalogue);
  return {
    probes: new Set(Object.keys(probes)),
    questions: new Set(Object.keys(questions)),
    causes: new Map(Object.entries(causes)),
    sharing: new Map([['total-upstream-failure', 'upstream-failure']]),
    codes: new Set(Object.keys(codes)),
    metrics: new Set([...metrics.flatMap(seriesOf), ...processSeries]),
    labels: new Set([...metrics.flatMap(({ labels }) => labels), 'le', 'quantile']),
    events: new Set(Object.keys(eventCatalogue)),
    requestCauses: new Set(causeList),
    endpoints: [...new Set(Object.values(endpoints).map(({ path }) => path)), ...Object.values(openPaths), metricsPath],
    commandMistake,
    open,
    ownSpelling,
    configMistakes,
  };
}

/** Its default; a site that moves it says so in its own runbooks. */
const metricsPath = '/metrics';

function seriesOf({ name, type }: MetricFacts): readonly string[] {
  if (type === 'histogram') return [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
  return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name];
}

const filtered: Readonly<Record<string, SubjectKind>> = {
  requests: 'requests',
  tap: 'requests',
  inflight: 'inflight',
  clients: 'clients',
  events: 'events',
  logs: 'logs',
};

function commandMistake(words: readonly string[], whole: boolean): string | null {
  const parsed = parseCommandLine('sentinel', '', words);
  if (parsed.kind === 'mistake') {
    if (!whole && parsed.message.startsWith('missing required argument')) return null;
    // What is put in later may be one of the choices.
    return parsed.message.includes(`argument '${open}' is invalid. Allowed choices`) ? null : parsed.message;
  }
  if (parsed.kind === 'print') return parsed.exitCode === 0 ? null : 'it names no command';
  const { options } = parsed.values;
  const filter = options.get('filter');
  const kind = options.get('access') === true ? 'requests' : filtered[parsed.spec.path.join(' ')];
  if (typeof filter !== 'string' || kind === undefined || filter.includes(open)) return null;
  const read = parseFilter(filter, kind);
  return read.ok ? null : read.problem.words;
}

function ownSpelling(program: string, words: readonly string[]): string | null {
  const known = program === 'sentinel' ? program : 'sentinel-proxy';
  const { args, notice } = translateSeedSpelling(known, words);
  return notice === null && known === 'sentinel' ? null : ['sentinel', ...args].join(' ');
}
