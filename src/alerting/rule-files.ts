/** Rules → the YAML that Prometheus reads. Writes only what rules need: mappings, lists and texts. Pure. */
import { type AlertRule, type RecordingRule, type RuleGroup } from './rule.ts';
import { type Rules, runbookOf } from './rules.ts';

type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

/** Recording rules alone. */
export function recordingFile({ recording }: Rules, origin: string): string {
  return ruleFile([recordingGroup(recording)], origin);
}

/** Alerts alone; they need the recording rules beside them. */
export function alertsFile({ alerts }: Rules, origin: string): string {
  return ruleFile(alerts.map(alertGroup), origin);
}

/** Everything in one file. */
export function rulesFile({ recording, alerts }: Rules, origin: string): string {
  return ruleFile([recordingGroup(recording), ...alerts.map(alertGroup)], origin);
}

/** @param origin What stands in the first line: who made it from what. */
function ruleFile(groups: readonly Yaml[], origin: string): string {
  return `# ${origin}\n${block({ groups }, '').join('\n')}\n`;
}

function recordingGroup({ name, rules }: RuleGroup<RecordingRule>): Yaml {
  return { name, rules: rules.map(({ record, expr }) => ({ record, expr })) };
}

function alertGroup({ name, rules }: RuleGroup<AlertRule>): Yaml {
  return {
    name,
    rules: rules.map((rule) => ({
      alert: rule.alert,
      expr: rule.expr,
      for: rule.for,
      labels: { severity: rule.severity },
      annotations: {
        summary: rule.summary,
        description: rule.description,
        action: rule.action,
        runbook: runbookOf(rule),
      },
    })),
  };
}

function block(value: Exclude<Yaml, string>, indent: string): readonly string[] {
  if (isList(value)) {
    return value.flatMap((item) => {
      if (typeof item === 'string') return [`${indent}- ${text(item, indent)}`];
      const [first = '', ...rest] = block(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === 'string'
      ? [`${indent}${key}: ${text(item, indent)}`]
      : [`${indent}${key}:`, ...block(item, `${indent}  `)],
  );
}

/** Several lines as a literal block, a plain word as it is, all else in quotes. */
function text(value: string, indent: string): string {
  if (value.includes('\n')) return ['|-', ...value.split('\n').map((line) => `${indent}  ${line}`)].join('\n');
  return /^[A-Za-z][\w:/.#-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(value)
    ? value
    : `'${value.replaceAll("'", "''")}'`;
}

function isList(value: Exclude<Yaml, string>): value is readonly Yaml[] {
  return Array.isArray(value);
}
