/** One JSON log line as a line for people: `time LEVEL message key=value …`. Values stay JSON, so no control byte gets through. */

export function prettyLine(json: string): string {
  const { level, time, message, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${String(time)} ${String(level).padEnd(5)} ${printable(String(message))}${rest.join('')}`;
}

/** The message without its quotes, control bytes escaped. */
function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}
