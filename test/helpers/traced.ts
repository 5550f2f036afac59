/** A data plane and the export of its traces to a real receiver, in one process: spans are sent when the test says so. */
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { TracingConfig } from '../../src/config/model.ts';
import type { Log } from '../../src/proxy/control/logging.ts';
import { Tracing } from '../../src/proxy/control/tracing/tracing.ts';
import { proxyFields } from '../../src/proxy/shared/cells.ts';
import { config, startPlane, type TestPlane } from './data-plane.ts';
import { eventually } from './eventually.ts';
import { sceneOf, type SceneOptions, scenery } from './proxied.ts';
import { type ReceivedSpan, TraceReceiver } from './trace-receiver.ts';

export interface TracedOptions extends SceneOptions {
  /** Ports of the targets. */
  readonly ports: readonly number[];
  readonly rate?: number;
  readonly headers?: TracingConfig['backend']['headers'];
  /** Default the receiver's. */
  readonly endpoint?: string;
  /** Of the export; default the system's. */
  readonly clock?: Clock;
}

export function tracingConfig(endpoint: string, samplingRate = 1, headers: readonly [string, string][] = []) {
  return { backend: { kind: 'otlp', endpoint, headers }, samplingRate, serviceName: 'edge' } satisfies TracingConfig;
}

/** The lines that the export logs. */
export class LogLines {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Record<string, unknown> }[] = [];
  readonly log: Log;

  constructor() {
    const at = (level: string) => (message: string, fields: Record<string, unknown>) =>
      void this.lines.push({ level, message, fields });
    this.log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  events(): unknown[] {
    return this.lines.map(({ fields }) => fields['event']);
  }
}

export function exportOf(t: TestContext, plane: TestPlane, clock: Clock = systemClock) {
  const logged = new LogLines();
  const dropped = () => plane.registry.sum(plane.plan.cells.proxy, proxyFields.spansDropped);
  const tracing = new Tracing({
    clock,
    log: logged.log,
    random: () => 0.5,
    rings: [plane.spans],
    dropped,
    version: '1.2.3',
    resource: [
      ['host.name', 'edge-1'],
      ['process.pid', 42],
    ],
  });
  t.after(() => tracing.close());
  return { tracing, logged, dropped };
}

export async function traced(t: TestContext, options: TracedOptions) {
  const receiver = await TraceReceiver.start(t);
  const settings = scenery(options.ports, options);
  const wanted = tracingConfig(options.endpoint ?? receiver.url, options.rate);
  const observability = {
    ...(settings.observability ?? config({}).observability),
    tracing: { ...wanted, backend: { ...wanted.backend, headers: options.headers ?? [] } },
  };
  const plane = await startPlane(t, { ...settings, observability });
  const exporting = exportOf(t, plane, options.clock);
  exporting.tracing.follow(observability.tracing);
  /** The spans of all requests so far, once the receiver has so many. */
  const spans = async (count: number): Promise<readonly ReceivedSpan[]> => {
    await eventually(() => {
      exporting.tracing.wake();
      return receiver.spans.length >= count;
    });
    return receiver.spans;
  };
  return { ...sceneOf(t, plane), ...exporting, receiver, observability, spans };
}
