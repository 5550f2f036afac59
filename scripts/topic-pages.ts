/** Manual pages of topics: metrics, signals, exit codes, the card. Made from the tables that the program uses. Writes nothing. */
import { exitCodeMeanings } from '../src/base/exit-codes.ts';
import { cardCommands, cardMetrics } from '../src/cli/manual/card.ts';
import { Mdoc } from '../src/config/schema/mdoc.ts';
import { type MetricFacts } from '../src/proxy/shared/metric-facts.ts';
import { metricCatalogue } from '../src/proxy/shared/metric-catalogue.ts';
import { signalEffects, signalNotes } from '../src/proxy/shared/signal-effects.ts';
import { manualDate } from './manual.ts';

/** `sentinel-metrics.7`. */
export function renderMetricsMan(): string {
  const page = topicPage('metrics', 'the series that sentinel exposes');
  page.text(
    '`GET /metrics` on the metrics address and on the admin socket, as Prometheus text, or as OpenMetrics when Accept asks for it. Label values come from the configuration or from closed lists. Counters survive reloads and the death of workers.',
  );
  page.line('.Bl -tag -width Ds');
  for (const { name, type, labels, unit, help } of Object.values<MetricFacts>(metricCatalogue)) {
    page.item([labels.length === 0 ? name : `${name}{${labels.join(',')}}`]);
    page.text(
      `${help} ${type === 'histogram' ? 'Histogram' : type === 'summary' ? 'Summary' : type === 'counter' ? 'Counter' : 'Gauge'}, ${unit}.`,
    );
  }
  page.line('.El');
  return ended(page, ['sentinel-config-alerts 1', 'sentinel-metrics 1']);
}

/** `sentinel-signals.7`. */
export function renderSignalsMan(): string {
  const page = topicPage('signals', 'what signals do to the daemon');
  page.line('.Bl -tag -width Ds');
  for (const { signal, effect, command } of signalEffects) {
    page.item([signal]);
    page.text(`${capital(effect)}.${command === null ? '' : ` The same by command: \`${command}\`.`}`);
  }
  page.line('.El');
  for (const note of signalNotes) {
    page.line('.Pp');
    page.text(note);
  }
  return ended(page, ['sentinel-log-level 1', 'sentinel-reload 1', 'sentinel-run 1']);
}

/** `sentinel-exit-codes.7`. */
export function renderExitCodesMan(): string {
  const page = topicPage('exit-codes', 'what the exit status of a command says');
  page.text(
    'One table for all commands; which of them a command returns, and when, stands on its own page. The output format never changes the status.',
  );
  page.line('.Bl -tag -width Ds');
  for (const [code, meaning] of exitCodeMeanings) {
    page.line(`.It ${code}`);
    page.text(`${capital(meaning)}.`);
  }
  page.line('.El');
  return ended(page, ['sentinel 1']);
}

/** `sentinel-card.7`: the quick reference card. */
export function renderCardMan(): string {
  const page = topicPage('card', 'the quick reference card');
  page.text('Stay calm, communicate clearly, and document everything.');
  page.heading('Commands');
  page.line('.Bl -tag -width Ds');
  for (const [meaning, command] of cardCommands) {
    page.item([command]);
    page.text(`${capital(meaning)}.`);
  }
  page.line('.El');
  page.heading('Metrics to look at first');
  page.line('.Bl -tag -width Ds');
  for (const [name, meaning] of cardMetrics) {
    page.item([name]);
    page.text(`${capital(meaning)}.`);
  }
  page.line('.El');
  return ended(page, ['sentinel-diagnose 1', 'sentinel-runbooks 7']);
}

function topicPage(topic: string, summary: string): Mdoc {
  const page = new Mdoc();
  page.line(
    `.Dd ${manualDate}`,
    `.Dt SENTINEL-${topic.toUpperCase()} 7`,
    '.Os',
    '.Sh NAME',
    `.Nm sentinel-${topic}`,
    `.Nd ${summary}`,
    '.Sh DESCRIPTION',
  );
  return page;
}

function ended(page: Mdoc, references: readonly string[]): string {
  page.line(
    '.Sh SEE ALSO',
    ...references.map((one, index) => `.Xr ${one}${index === references.length - 1 ? '' : ' ,'}`),
  );
  return page.toString();
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
