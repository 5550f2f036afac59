/** A data plane and the export of its traces to a real receiver, in one process: spans are sent when the test says so. */
import type { TestContext } from 'node:test';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Config, TracingConfig } from '../../src/config/model.ts';
import type { Log } from '../../src/proxy/control/logging.ts';
import { Tracing } from '../../src/proxy/control/tracing/tracing.ts';
import { proxyFields } from '../../src/proxy/shared/cells.ts';
import { config, startPlane, type TestPlane } from './data-plane.ts';
import { eventually } from './eventually.ts';
import { sceneOf, type SceneOptions, scenery } from './proxied.ts';
import { type ReceivedSpan, TraceReceiver } from './trace-receiver.ts';

export interface TracedOptions extends SceneOptions {
  /** Share of the traces that begin here; default all. */
  readonly rate?: number;
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

/** `observability` with traces of a share of the requests; where they go is the export's business. */
export function tracedSettings(rate = 1): Pick<Config, 'observability'> {
  const { observability } = config({});
  return { observability: { ...observability, tracing: tracingConfig('http://127.0.0.1:1', rate) } };
}

/** A receiver, and the export to it of what `plane` tells. */
export async function received(t: TestContext, plane: TestPlane, clock?: Clock) {
  const receiver = await TraceReceiver.start(t);
  const exporting = exportOf(t, plane, clock);
  exporting.tracing.follow(tracingConfig(receiver.url));
  /** All spans so far, once there are so many. */
  const spans = (count: number): Promise<readonly ReceivedSpan[]> =>
    eventually(() => {
      exporting.tracing.wake();
      if (receiver.spans.length < count) throw new Error(`only ${receiver.spans.length} spans were received`);
      return receiver.spans;
    });
  return { ...exporting, receiver, spans };
}

/** A plane in front of targets on these ports, and the export of its traces. */
export async function traced(t: TestContext, ports: readonly number[], options: TracedOptions = {}) {
  const settings = scenery(ports, options);
  const { tracing } = tracedSettings(options.rate).observability;
  const plane = await startPlane(t, { ...settings, observability: { ...settings.observability, tracing } });
  return { ...sceneOf(t, plane), ...(await received(t, plane, options.clock)), ring: plane.spans };
}
